package io.kanerva.bench.inference;

import java.util.List;
import java.util.stream.Collectors;

/**
 * One run of one node, from ONNX Runtime's profiler.
 *
 * @param name the node's name in ONNX Runtime's optimised graph
 * @param operator ONNX's, or ONNX Runtime's own
 * @param inputs shapes, without those of absent inputs and of packed weights of matrix products
 * @param outputs shapes
 * @param microseconds wall-clock time
 */
record NodeRun(String name, String operator, List<List<Long>> inputs, List<List<Long>> outputs, long microseconds) {

    /**
     * Returns the multiply-adds of a convolution or a matrix product; 0 for any other operator.
     *
     * <p>A convolution has one per output, input channel of its group and kernel position, including padding and
     * channels that ONNX Runtime adds to fill its blocks. A product has one per output and column of the first matrix,
     * which is not transposed.
     *
     * @throws IllegalStateException if the shapes do not determine it
     */
    long multiplyAdds() {
        return switch (operator) {
            case "Conv", "FusedConv" ->
                Math.multiplyExact(product(outputs.get(0)), product(weight().subList(1, weight().size())));
            case "Gemm", "FusedGemm", "MatMul", "FusedMatMul" -> Math.multiplyExact(product(outputs.get(0)), columns());
            default -> 0;
        };
    }

    /** The label of the node's group. */
    String group() {
        return switch (operator) {
            case "Conv", "FusedConv" ->
                "%s: %d to %d channels, %s, onto %s"
                        .formatted(
                                name,
                                inputs.get(0).get(1),
                                outputs.get(0).get(1),
                                sizes(weight()),
                                sizes(outputs.get(0)));
            case "ReorderInput", "ReorderOutput" -> "layout conversions";
            default -> operator;
        };
    }

    /** [output channels, input channels of a group, kernel height, kernel width]. */
    private List<Long> weight() {
        if (inputs.size() < 2
                || inputs.get(1).size() != outputs.get(0).size()
                || outputs.get(0).size() < 3) {
            throw new IllegalStateException("node %s: expected the shapes of a convolution's input and weight, found %s"
                    .formatted(name, inputs));
        }
        return inputs.get(1);
    }

    private long columns() {
        List<Long> first = inputs.get(0);
        List<Long> output = outputs.get(0);
        int rank = first.size();
        if (rank < 2 || output.size() < 2 || !first.get(rank - 2).equals(output.get(output.size() - 2))) {
            throw new IllegalStateException(
                    "node %s: expected a first matrix with as many rows as the product %s, found %s"
                            .formatted(name, output, first));
        }
        return first.get(rank - 1);
    }

    private static long product(List<Long> sizes) {
        return sizes.stream().reduce(1L, Math::multiplyExact);
    }

    /** Formats height and width, the third and fourth dimensions of a shape. */
    private static String sizes(List<Long> shape) {
        return shape.stream().skip(2).map(String::valueOf).collect(Collectors.joining(" x "));
    }
}
