"""Serves one ONNX graph in MLServer, by ONNX Runtime on the CPU."""

import os

import numpy

# ONNX Runtime 1.29 reports its use from Linux and macOS otherwise.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.errors import InferenceError
from mlserver.types import InferenceRequest, InferenceResponse
from mlserver.utils import get_model_uri

TYPES = {"tensor(float)": ("FP32", numpy.float32), "tensor(int64)": ("INT64", numpy.int64)}


class KanervaGraph(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            await get_model_uri(self._settings), options, providers=["CPUExecutionProvider"]
        )
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        expected = {value.name: value for value in self._session.get_inputs()}
        found = {value.name: value for value in payload.inputs}
        if set(found) != set(expected) or len(payload.inputs) != len(expected):
            raise InferenceError(f"{self.name}: expected inputs {sorted(expected)}, found {sorted(found)}")
        feeds = {name: self._array(expected[name], value) for name, value in found.items()}
        names = [value.name for value in self._session.get_outputs()]
        wanted = [value.name for value in payload.outputs or []] or names
        if not set(wanted) <= set(names):
            raise InferenceError(f"{self.name}: expected outputs among {names}, found {wanted}")
        try:
            arrays = self._session.run(wanted, feeds)
        except Exception as e:
            raise InferenceError(f"{self.name}: expected inputs that the graph takes, found others ({e})") from e
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            outputs=[NumpyCodec.encode_output(name, array) for name, array in zip(wanted, arrays)],
        )

    def _array(self, expected, value) -> numpy.ndarray:
        datatype, dtype = TYPES[expected.type]
        sizes = [size if isinstance(size, int) else -1 for size in expected.shape]
        fits = len(value.shape) == len(sizes) and all(s in (-1, v) for s, v in zip(sizes, value.shape))
        if value.datatype != datatype or not fits:
            raise InferenceError(
                f"{self.name}: input {value.name}: expected {datatype} {sizes}, found {value.datatype} {value.shape}"
            )
        try:
            return numpy.ascontiguousarray(NumpyCodec.decode_input(value), dtype)
        except ValueError as e:
            raise InferenceError(f"{self.name}: input {value.name}: expected {value.shape} numbers, {e}") from e
