package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;

import ai.djl.ndarray.NDArray;
import io.kanerva.exporter.onnx.MethodSamples.Sample;
import io.kanerva.exporter.trace.InputSpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Calls of methods of {@code NDArray}, by {@code NDArray.SIGNATURE}. */
abstract class NDArraySamples {
    final Map<String, Sample> samples = new TreeMap<>();
    final InputSpec volume = input("x", "B", "T", 6);
    final InputSpec square = input("x", "B", 6, 6);

    /** A call on {@link #volume}. */
    final void put(String signature, UnaryOperator<NDArray> call) {
        put(signature, volume, call);
    }

    final void put(String signature, InputSpec input, UnaryOperator<NDArray> call) {
        samples.put("NDArray." + signature, new Sample(List.of(input), list -> call.apply(list.get(0))));
    }

    final void pair(String signature, InputSpec a, InputSpec b, BinaryOperator<NDArray> call) {
        samples.put("NDArray." + signature, new Sample(List.of(a, b), list -> call.apply(list.get(0), list.get(1))));
    }
}
