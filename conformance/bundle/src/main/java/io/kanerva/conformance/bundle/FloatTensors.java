package io.kanerva.conformance.bundle;

import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.FloatTensor;
import java.util.Arrays;

/** Converts the runtime's tensors to ONNX's, and back. */
public final class FloatTensors {
    private FloatTensors() {}

    /** A runtime's tensor as ONNX's, with a name. */
    public static Tensor of(String name, FloatTensor tensor) {
        return Tensor.of(
                name,
                tensor.data(),
                Arrays.stream(tensor.shape()).asLongStream().toArray());
    }

    /** A float32 tensor as the runtime takes it. */
    public static FloatTensor of(Tensor tensor) {
        return new FloatTensor(
                tensor.floats(),
                Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray());
    }
}
