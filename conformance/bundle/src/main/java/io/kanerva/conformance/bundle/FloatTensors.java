package io.kanerva.conformance.bundle;

import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.FloatTensor;
import java.util.Arrays;

/** The runtime's tensors as ONNX's, and the other way round. */
public final class FloatTensors {
    private FloatTensors() {}

    /** A tensor of the runtime under a name. */
    public static Tensor of(String name, FloatTensor tensor) {
        return Tensor.of(
                name,
                tensor.data(),
                Arrays.stream(tensor.shape()).asLongStream().toArray());
    }

    /** The same tensor as the runtime takes it; only for float32. */
    public static FloatTensor of(Tensor tensor) {
        return new FloatTensor(
                tensor.floats(),
                Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray());
    }
}
