package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * Operators of opset 23 for what a block computes in several operations, where shapes and numbers are exactly those
 * that the operator has. The nodes of those operations are removed with all others that nothing reads.
 */
final class Patterns {
    private static final int SINCE = 23;

    private Patterns() {}

    /** x / sqrt(mean(x^2) + epsilon) over the last axis is an RMSNormalization without weights. */
    static Optional<Value> quotient(GraphBuilder g, Operation op, List<Value> in) {
        return isPossible(g, op, 2)
                ? radicand(g, in.get(1).name()).flatMap(sum -> normalized(g, op, in.get(0), sum))
                : Optional.empty();
    }

    /** The same as a product with the inverse of the root; or its product with a vector of weights. */
    static Optional<Value> product(GraphBuilder g, Operation op, List<Value> in) {
        if (!isPossible(g, op, 2)) {
            return Optional.empty();
        }
        for (int i = 0; i < 2; i++) {
            Value x = in.get(i);
            Value other = in.get(1 - i);
            Optional<Value> found = inverseRoot(g, other.name())
                    .flatMap(sum -> normalized(g, op, x, sum))
                    .or(() -> weighted(g, op, x, other));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static boolean isPossible(GraphBuilder g, Operation op, int inputs) {
        return g.opset() >= SINCE
                && op.inputs().size() == inputs
                && op.output().type() == ElementType.FLOAT32
                && op.inputs().stream().allMatch(operand -> operand.type() == ElementType.FLOAT32);
    }

    /** What a value is the square root of. */
    private static Optional<Node> radicand(GraphBuilder g, String name) {
        return producer(g, name, "Sqrt").flatMap(root -> producer(g, root.input(0), "Add"));
    }

    /** What a value is the inverse of the square root of. */
    private static Optional<Node> inverseRoot(GraphBuilder g, String name) {
        Optional<Node> power = producer(g, name, "Pow");
        OptionalDouble exponent =
                power.isEmpty() ? OptionalDouble.empty() : number(g, power.get().input(1));
        if (exponent.stream().anyMatch(p -> p == -0.5)) {
            return producer(g, power.get().input(0), "Add");
        }
        if (exponent.stream().anyMatch(p -> p == -1)) {
            return radicand(g, power.get().input(0));
        }
        return producer(g, name, "Div")
                .filter(inverse -> number(g, inverse.input(0)).stream().anyMatch(one -> one == 1))
                .flatMap(inverse -> radicand(g, inverse.input(1)));
    }

    /** The normalisation of x, if a sum is the mean of its squares and a small number. */
    private static Optional<Value> normalized(GraphBuilder g, Operation op, Value x, Node sum) {
        List<Size> shape = op.output().shape();
        Size last = shape.isEmpty() ? Size.unknown() : shape.get(shape.size() - 1);
        for (int i = 0; i < 2; i++) {
            OptionalDouble epsilon = number(g, sum.input(i));
            Optional<Node> mean = producer(g, sum.input(1 - i), "ReduceMean");
            if (epsilon.isPresent()
                    && last.isFixed()
                    && shape.equals(shapeOf(g, x.name()))
                    && mean.isPresent()
                    && isOfLastAxis(g, mean.get(), shape.size())
                    && isSquare(g, mean.get().input(0), x.name())) {
                Value ones = g.constant(Tensor.filled(ElementType.FLOAT32, 1, last.value()));
                return Optional.of(g.node(
                        "RMSNormalization", List.of(x, ones), "axis", -1, "epsilon", (float) epsilon.getAsDouble()));
            }
        }
        return Optional.empty();
    }

    private static boolean isOfLastAxis(GraphBuilder g, Node mean, int rank) {
        long[] axes = mean.inputs().size() < 2
                ? new long[0]
                : g.tensor(mean.input(1)).map(Tensor::longs).orElse(new long[0]);
        return axes.length == 1
                && Math.floorMod(axes[0], (long) rank) == rank - 1
                && mean.attributes().get("keepdims").equals(1L);
    }

    private static boolean isSquare(GraphBuilder g, String name, String x) {
        boolean isProduct = producer(g, name, "Mul")
                .filter(node -> node.input(0).equals(x) && node.input(1).equals(x))
                .isPresent();
        return isProduct
                || producer(g, name, "Pow")
                        .filter(node -> node.input(0).equals(x))
                        .filter(node -> number(g, node.input(1)).stream().anyMatch(p -> p == 2))
                        .isPresent();
    }

    private static Optional<Value> weighted(GraphBuilder g, Operation op, Value normal, Value weights) {
        List<Size> shape = op.output().shape();
        return producer(g, normal.name(), "RMSNormalization")
                .filter(node -> shape.subList(shape.size() - 1, shape.size()).equals(shapeOf(g, weights.name())))
                .filter(node -> g.tensor(node.input(1)).stream()
                        .flatMapToDouble(ones -> DoubleStream.of(ones.doubles()))
                        .allMatch(one -> one == 1))
                .map(node -> g.node(
                        "RMSNormalization",
                        List.of(new Value(node.input(0), null, null), weights),
                        "axis",
                        -1,
                        "epsilon",
                        node.attributes().get("epsilon")));
    }

    /** softmax(c Q K^T + mask) V of four dimensions is an Attention. */
    static Optional<Value> attention(GraphBuilder g, Operation op, List<Value> in) {
        if (!isPossible(g, op, 2)
                || op.input().rank() != 4
                || op.inputs().get(1).rank() != 4) {
            return Optional.empty();
        }
        return producer(g, in.get(0).name(), "Softmax")
                .filter(softmax ->
                        List.of(-1L, 3L).contains(softmax.attributes().get("axis")))
                .flatMap(softmax -> attention(g, op, softmax.input(0), in.get(1)));
    }

    private static Optional<Value> attention(GraphBuilder g, Operation op, String logits, Value values) {
        Optional<Node> sum = producer(g, logits, "Add");
        if (sum.isEmpty()) {
            return attention(g, op, logits, Value.ABSENT, values);
        }
        for (int i = 0; i < 2; i++) {
            Value mask =
                    new Value(sum.get().input(1 - i), null, shapeOf(g, sum.get().input(1 - i)));
            Optional<Value> found = attention(g, op, sum.get().input(i), mask, values);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static Optional<Value> attention(GraphBuilder g, Operation op, String scaled, Value mask, Value values) {
        double scale = 1;
        String scores = scaled;
        for (String operator : List.of("Mul", "Div")) {
            Optional<Node> node = producer(g, scaled, operator);
            OptionalDouble factor = node.isEmpty()
                    ? OptionalDouble.empty()
                    : number(g, node.get().input(1));
            if (factor.isPresent()) {
                scale = operator.equals("Mul") ? factor.getAsDouble() : 1 / factor.getAsDouble();
                scores = node.get().input(0);
            }
        }
        Optional<Node> product = producer(g, scores, "MatMul");
        Optional<Node> transposed = product.flatMap(node -> producer(g, node.input(1), "Transpose"));
        if (transposed.isEmpty() || !(scale > 0) || !hasShapes(g, op, product.get(), scores, mask, values)) {
            return Optional.empty();
        }
        Value queries = new Value(product.get().input(0), null, null);
        Value keys = keys(g, transposed.get());
        List<Value> inputs = mask == Value.ABSENT
                ? List.of(queries, keys, values)
                : List.of(queries, keys, values, new Value(mask.name(), null, null));
        return Optional.of(g.node("Attention", inputs, "scale", (float) scale));
    }

    /** Whether nothing is broadcast but the mask's leading axes, which must be two at least in all. */
    private static boolean hasShapes(
            GraphBuilder g, Operation op, Node product, String scores, Value mask, Value values) {
        List<Size> queries = shapeOf(g, product.input(0));
        List<Size> keys = shapeOf(g, product.input(1));
        List<Size> weights = shapeOf(g, scores);
        List<Size> out = op.output().shape();
        List<Size> read = shapeOf(g, values.name());
        boolean isWhole = queries.size() == 4
                && keys.size() == 4
                && weights.size() == 4
                && read.size() == 4
                && queries.subList(0, 2).equals(keys.subList(0, 2))
                && queries.subList(0, 2).equals(read.subList(0, 2))
                && weights.equals(op.input().shape())
                && out.subList(0, 3).equals(queries.subList(0, 3));
        if (!isWhole || mask == Value.ABSENT) {
            return isWhole;
        }
        List<Size> shape = mask.shape();
        boolean fits = shape.size() >= 2
                && shape.size() <= 4
                && shape.subList(shape.size() - 2, shape.size()).equals(weights.subList(2, 4));
        for (int i = 0; fits && i < shape.size() - 2; i++) {
            fits = shape.get(i).is(1) || shape.get(i).equals(weights.get(4 - shape.size() + i));
        }
        return fits;
    }

    /** The keys before their last two axes were swapped. */
    private static Value keys(GraphBuilder g, Node transposed) {
        List<Long> order = transposed.longs("perm", List.of());
        long[] kept = {order.get(0), order.get(1), order.get(3), order.get(2)};
        Value keys = new Value(transposed.input(0), null, null);
        return Arrays.equals(kept, new long[] {0, 1, 2, 3}) ? keys : g.node("Transpose", List.of(keys), "perm", kept);
    }

    private static Optional<Node> producer(GraphBuilder g, String name, String operator) {
        return g.producer(name).filter(node -> node.is(operator));
    }

    /** The number, if a value is a constant without dimensions. */
    private static OptionalDouble number(GraphBuilder g, String name) {
        return g.tensor(name).filter(tensor -> tensor.shape().length == 0).stream()
                .flatMapToDouble(tensor -> DoubleStream.of(tensor.doubles()))
                .findFirst();
    }

    /** Empty if it is not known. */
    private static List<Size> shapeOf(GraphBuilder g, String name) {
        List<Size> shape = g.known(name)
                .map(Value::shape)
                .or(() -> g.tensor(name)
                        .map(tensor -> Arrays.stream(tensor.shape())
                                .mapToObj(Size::fixed)
                                .toList()))
                .orElse(List.of());
        return shape.stream().allMatch(Size::isKnown) ? shape : List.of();
    }
}
