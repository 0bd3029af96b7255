package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A block's computation, for all sizes of its dynamic dimensions.
 *
 * @param inputs in the order of the input specifications
 * @param operations in the order in which the block ran them, without those on constants only
 * @param outputs in the order in which the block returned them
 * @param assumptions expressions that were inferred from numbers at a few sizes without proof, one sentence each
 */
public record Program(
        List<Operand> inputs, List<Operation> operations, List<Operand> outputs, List<String> assumptions) {

    /** The multiplications that one run takes at given sizes, about; reading an input counts, used or not. */
    double cost(Map<String, Long> sizes) {
        return elements(inputs, sizes)
                + operations.stream()
                        .mapToDouble(operation -> cost(operation, sizes))
                        .sum();
    }

    /** The number of values that go in and come out at given sizes. */
    double values(Map<String, Long> sizes) {
        return elements(inputs, sizes) + elements(outputs, sizes);
    }

    private static double cost(Operation operation, Map<String, Long> sizes) {
        double factors = switch (operation.name()) {
            case "matMul", "dot" -> last(operation.input(), sizes);
            // Each output is a sum over a filter.
            case "linear", "convolution" ->
                product(
                        operation
                                .inputs()
                                .get(1)
                                .shape()
                                .subList(1, operation.inputs().get(1).rank()),
                        sizes);
            case "rnn", "gru", "lstm" -> last(operation.input(), sizes) + last(operation.output(), sizes);
            default -> 1;
        };
        return (elements(operation.inputs(), sizes) + elements(operation.outputs(), sizes)) * factors;
    }

    private static double last(Operand operand, Map<String, Long> sizes) {
        return operand.rank() == 0 ? 1 : product(operand.shape().subList(operand.rank() - 1, operand.rank()), sizes);
    }

    private static double elements(List<Operand> operands, Map<String, Long> sizes) {
        return operands.stream()
                .filter(Objects::nonNull)
                .mapToDouble(operand -> product(operand.shape(), sizes))
                .sum();
    }

    private static double product(List<Size> shape, Map<String, Long> sizes) {
        return shape.stream()
                .filter(Size::isKnown)
                .mapToDouble(size -> size.at(sizes))
                .reduce(1, (a, b) -> a * b);
    }
}
