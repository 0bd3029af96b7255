package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A block's own answers, and whether a graph's are the same. */
public final class Comparison {
    private Comparison() {}

    /** What the block computes on the engine. */
    public static List<Tensor> compute(Block block, List<InputSpec> inputs, Map<String, Tensor> feeds) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDList list = new NDList();
            for (InputSpec input : inputs) {
                NDArray array = DjlTensors.toArray(feeds.get(input.name()), scope);
                array.setName(input.name());
                list.add(array);
            }
            return block.forward(new ParameterStore(scope, false), list, false).stream()
                    .map(DjlTensors::copyOf)
                    .toList();
        }
    }

    /** Two answers that are not the same. */
    public static final class Difference extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Difference(String message) {
            super(message);
        }
    }

    /**
     * The largest absolute difference of finite numbers.
     *
     * @param tolerance largest accepted one, times the expected value where that is above 1; integers must be equal
     * @throws Difference if one is larger, or shapes or types are not the same
     */
    public static double difference(List<Tensor> expected, List<Tensor> found, double tolerance) {
        double largest = 0;
        if (expected.size() != found.size()) {
            throw new Difference(expected.size() + " outputs are expected and " + found.size() + " found");
        }
        for (int k = 0; k < expected.size(); k++) {
            if (!Arrays.equals(expected.get(k).shape(), found.get(k).shape())
                    || expected.get(k).type() != found.get(k).type()) {
                throw new Difference(expected.get(k) + " is expected and " + found.get(k) + " found");
            }
            if (expected.get(k).type().isNumeric() && !expected.get(k).type().isFloat()) {
                if (!expected.get(k).elements().equals(found.get(k).elements())) {
                    throw new Difference("output " + k + " is " + found.get(k).elements() + " instead of "
                            + expected.get(k).elements());
                }
                continue;
            }
            double[] wanted = expected.get(k).doubles();
            double[] got = found.get(k).doubles();
            for (int i = 0; i < got.length; i++) {
                if (Double.compare(got[i], wanted[i]) != 0 && got[i] != wanted[i]) {
                    double apart = Math.abs(got[i] - wanted[i]);
                    if (!(apart <= tolerance * Math.max(1, Math.abs(wanted[i])) && Double.isFinite(apart))) {
                        throw new Difference(
                                "element " + i + " of output " + k + " is " + got[i] + " instead of " + wanted[i]);
                    }
                    largest = Math.max(largest, apart);
                }
            }
        }
        return largest;
    }
}
