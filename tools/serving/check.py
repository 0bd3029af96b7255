"""check.py LAYOUTS BUNDLES: what tools/serving/check says."""

import contextlib
import ctypes
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy
import onnxruntime
import tritonclient.http as http
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

PART = pathlib.Path(__file__).resolve().parent
TYPES = {"tensor(float)": "FP32", "tensor(int64)": "INT64"}
GRAPHS = ["decoder", "encoder", "generate", "index", "memory-writer", "reader", "recall", "score", "write"]
STARTS_WITHIN = 240


def session(graph):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def tensors(values):
    """Name, type and sizes of a graph's inputs or outputs, -1 for those of a request's choice."""
    return [(v.name, TYPES[v.type], [s if isinstance(s, int) else -1 for s in v.shape]) for v in values]


def check_triton(repository, bundle):
    """Triton's own definitions read each config.pbtxt, which says what the graph's file says."""
    assert sorted(path.name for path in repository.iterdir()) == GRAPHS
    for name in GRAPHS:
        assert sorted(str(p.relative_to(repository / name)) for p in (repository / name).rglob("*.*")) == [
            "1/model.onnx",
            "config.pbtxt",
        ]
        config = text_format.Parse((repository / name / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
        file = repository / name / "1" / "model.onnx"
        assert file.read_bytes() == (bundle / f"{name}.onnx").read_bytes()
        graph = session(file)
        assert (config.name, config.platform, config.max_batch_size) == (name, "onnxruntime_onnx", 64)
        for found, values in ((config.input, graph.get_inputs()), (config.output, graph.get_outputs())):
            described = [(t.name, model_config_pb2.DataType.Name(t.data_type), [-1, *t.dims]) for t in found]
            assert described == [(n, "TYPE_" + t, s) for n, t, s in tensors(values)], name


def check_mlserver(folder, bundle):
    assert sorted(path.name for path in folder.iterdir()) == GRAPHS
    for name in GRAPHS:
        settings = json.loads((folder / name / "model-settings.json").read_text())
        graph = session(folder / name / "model.onnx")
        assert (folder / name / "model.onnx").read_bytes() == (bundle / f"{name}.onnx").read_bytes()
        assert settings["name"] == name
        for found, values in ((settings["inputs"], graph.get_inputs()), (settings["outputs"], graph.get_outputs())):
            assert [(t["name"], t["datatype"], t["shape"]) for t in found] == tensors(values), name


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def serving(command, environment, port, log):
    """A client of a server, which is ended afterwards, however that comes."""
    with open(log, "wb") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=out, stderr=out, start_new_session=True
        )
    try:
        client = http.InferenceServerClient(f"127.0.0.1:{port}", network_timeout=60)
        end = time.monotonic() + STARTS_WITHIN
        while not ready(client):
            if process.poll() is not None or time.monotonic() > end:
                text = pathlib.Path(log).read_text()
                raise SystemExit(f"{command[0]}: expected a server that is ready, found:\n{text}")
            time.sleep(0.1)
        yield client
        client.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ready(client):
    try:
        return client.is_server_ready() and all(client.is_model_ready(name) for name in GRAPHS)
    except Exception:
        return False


def triton(repository, folder):
    # Found, not imported: of the package only Triton's own program is wanted.
    server = pathlib.Path(importlib.util.find_spec("pytriton").origin).parent / "tritonserver"
    backends = folder / "backends"
    shutil.copytree(server / "backends" / "python", backends / "python", dirs_exist_ok=True)
    stub = server / "python_backend_stubs" / f"{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy(stub / "triton_python_backend_stub", backends / "python")
    os.chmod(backends / "python" / "triton_python_backend_stub", 0o755)
    shutil.copytree(PART / "triton-onnxruntime", backends / "onnxruntime", dirs_exist_ok=True)
    os.chmod(server / "bin" / "tritonserver", 0o755)
    port, = free_ports(1)
    command = [
        str(server / "bin" / "tritonserver"),
        f"--model-repository={repository}",
        f"--backend-directory={backends}",
        "--http-address=127.0.0.1",
        f"--http-port={port}",
        "--allow-grpc=false",
        "--allow-metrics=false",
        "--disable-auto-complete-config",
    ]
    packages = pathlib.Path(onnxruntime.__file__).parent.parent
    environment = {"PACKAGES": str(packages), "LD_LIBRARY_PATH": str(packages / "nvidia_pytriton.libs")}
    return serving(command, environment, port, folder / "triton.log")


def mlserver(folder, models):
    ports = free_ports(3)
    environment = {
        "MLSERVER_HOST": "127.0.0.1",
        "MLSERVER_HTTP_PORT": str(ports[0]),
        "MLSERVER_GRPC_PORT": str(ports[1]),
        "MLSERVER_METRICS_PORT": str(ports[2]),
        "MLSERVER_PARALLEL_WORKERS": "0",
    }
    command = [str(pathlib.Path(sys.executable).parent / "mlserver"), "start", str(models)]
    return serving(command, environment, ports[0], folder / "mlserver.log")


def infer(client, graph, feeds, binary):
    inputs = []
    for name, array in feeds.items():
        value = http.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        inputs.append(value.set_data_from_numpy(array, binary_data=binary))
    return client.infer(graph, inputs)


def refused(client, graph, feeds, binary, sentence):
    try:
        infer(client, graph, feeds, binary)
    except InferenceServerException as e:
        assert sentence in str(e), e
        return
    raise AssertionError(f"{graph}: expected a refusal, found an answer")


def check_calls(client, bundle, binary):
    """Writes, indexes, recalls, generates and scores: each answer is the graph's own, to the bit."""
    random = numpy.random.default_rng(5)
    values = {"images": random.random((2, 3, 1, 28, 28), numpy.float32)}
    values["queries"] = values["images"][:, 1:] * numpy.float32(0.5)
    compared = 0
    for name in ("write", "index", "recall", "generate", "score"):
        graph = session(bundle / f"{name}.onnx")
        feeds = {}
        for value in graph.get_inputs():
            if value.name in ("key_noise", "noise"):
                count = 3 if name == "score" else 4
                feeds[value.name] = random.standard_normal((2, count, *value.shape[2:]), numpy.float32)
            else:
                feeds[value.name] = values[value.name]
        names = [value.name for value in graph.get_outputs()]
        expected = dict(zip(names, graph.run(names, feeds)))
        answer = infer(client, name, feeds, binary)
        for output, array in expected.items():
            found = answer.as_numpy(output)
            assert found.dtype == array.dtype and found.shape == array.shape, (name, output)
            assert found.tobytes() == array.tobytes(), (name, output)
            compared += 1
        values.update(expected)
    assert (values["sample"] == [[1, 2], [1, 2]]).all()
    return compared


def check_server_of_triton(layouts, bundle, wide, named):
    library = f"libpython{sys.version_info.major}.{sys.version_info.minor}.so.1.0"
    try:
        ctypes.CDLL(library)
    except OSError:
        sentence = f"expected {library}, which its backend for Python takes, found none"
        print(f"NOT CHECKED, Triton: {sentence}", file=sys.stderr)
        return
    with triton(layouts / "triton" / "fashion-mnist", layouts) as client:
        version = client.get_server_metadata()["version"]
        print(f"Triton {version}: {check_calls(client, bundle, True)} outputs to the bit")
        many = {"images": numpy.zeros((65, 1, 1, 28, 28), numpy.float32)}
        refused(client, "write", many, True, "batch-size must be <= 64")
        refused(client, "write", wide, True, "unexpected shape for input 'images'")
        refused(client, "write", named, True, "unexpected inference input 'image'")


def main():
    layouts, bundles = map(pathlib.Path, sys.argv[1:])
    for name in ("fashion-mnist", "mnist-pooled-fp16"):
        check_triton(layouts / "triton" / name, bundles / name)
    check_mlserver(layouts / "mlserver" / "fashion-mnist", bundles / "fashion-mnist")
    bundle = bundles / "fashion-mnist"
    wide = {"images": numpy.zeros((1, 2, 1, 28, 27), numpy.float32)}
    named = {"image": numpy.zeros((1, 2, 1, 28, 28), numpy.float32)}
    check_server_of_triton(layouts, bundle, wide, named)
    with mlserver(layouts, layouts / "mlserver" / "fashion-mnist") as client:
        version = client.get_server_metadata()["version"]
        print(f"MLServer {version}: {check_calls(client, bundle, False)} outputs to the bit")
        sentence = "input images: expected FP32 [-1, -1, 1, 28, 28], found FP32 [1, 2, 1, 28, 27]"
        refused(client, "write", wide, False, sentence)
        refused(client, "write", named, False, "expected inputs ['images'], found ['image']")


if __name__ == "__main__":
    main()
