"""Runs model.onnx where Triton's backend for ONNX Runtime is not installed: for the check of layouts."""

import os
import sys

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
sys.path.append(os.environ["PACKAGES"])  # Triton's Python takes none from PYTHONPATH

import onnxruntime
import triton_python_backend_utils as triton


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config):
        return config

    def initialize(self, arguments):
        path = os.path.join(arguments["model_repository"], arguments["model_version"], "model.onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        names = [value.name for value in self.session.get_outputs()]
        try:
            feeds = {value.name(): value.as_numpy() for value in request.inputs()}
            arrays = self.session.run(names, feeds)
        except Exception as e:
            return triton.InferenceResponse(error=triton.TritonError(str(e)))
        wanted = request.requested_output_names()
        return triton.InferenceResponse(
            output_tensors=[triton.Tensor(name, array) for name, array in zip(names, arrays) if name in wanted]
        )
