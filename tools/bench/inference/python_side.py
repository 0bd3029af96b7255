"""Recall and write by Python's onnxruntime: the same graphs, threads and options as the Java runtime.

Usage: python_side.py FOLDER SECONDS. Prints "python CASE MICROSECONDS".
"""

import sys
import time

import numpy
import onnxruntime

EPISODE = 32


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def report(name, seconds, call):
    end = time.perf_counter() + seconds / 2
    while time.perf_counter() < end:
        call()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
    print(f"python {name} {numpy.median(times) * 1e6:.2f}")


def standardised(images):
    """[N, L] to [N, L + 1]: pixels minus their mean, then the mean, normalised to unit length."""
    mean = images.mean(axis=1, keepdims=True, dtype=numpy.float64)
    rows = numpy.concatenate([images - mean, 0.1 * numpy.sqrt(images.shape[1]) * (mean - 0.5)], axis=1)
    return rows / numpy.sqrt((rows * rows).sum(axis=1, keepdims=True))


def main(folder, seconds):
    channels, height, width, *_ = map(int, open(f"{folder}/sizes.txt").read().split())
    images = numpy.fromfile(f"{folder}/images.f32", "<f4").reshape(-1, channels, height, width)
    writer = session(f"{folder}/bundle/write.onnx")
    reader = session(f"{folder}/bundle/index.onnx")

    def write(episodes):
        return writer.run(["memory", "pointers"], {"images": episodes})

    def decoded(memory, read_keys):
        return reader.run(["contents"], {"memory": memory, "pointers": read_keys})[0]

    memory, pointers = write(images[None, :EPISODE])
    contents = standardised(decoded(memory, pointers).reshape(EPISODE, -1)).T

    def recall(queries):
        found = (standardised(queries) @ contents).argmax(axis=1)
        return decoded(memory, pointers[:, found])

    for count in (1, 16, 64):
        queries = images[:count].reshape(count, -1)
        report(f"recall-{count}", seconds, lambda: recall(queries))
        print(f"check recall-{count} {recall(queries).sum(dtype=numpy.float64):.4f}")
    for count in (1, 16, 64):
        batch = -(-count // EPISODE)
        episodes = images[:count].reshape(batch, count // batch, channels, height, width)
        report(f"write-{count}", seconds, lambda: write(episodes))
        print(f"check write-{count} {write(episodes)[0].sum(dtype=numpy.float64):.4f}")


main(sys.argv[1], float(sys.argv[2]))
