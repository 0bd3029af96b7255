package io.kanerva.runtime.bundle;

import io.kanerva.runtime.bundle.ProtoMessage.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the operators of a bundle's graphs do to shapes, as ONNX's operator set 17 defines them. An operator without a
 * rule here is in no bundle. None of these can run for ever, and the size of whatever they make follows from the sizes
 * that they take; sizes that depend on values which are only known at run time are refused.
 */
final class SizeRules {

    private SizeRules() {}

    /**
     * What a node makes of what it takes; null for an operator that is in no bundle.
     *
     * @param inputs null for one that is left out
     * @throws MalformedException if it cannot take that, or makes something whose size is not known
     */
    static GraphValue[] apply(GraphNode node, List<GraphValue> inputs) {
        try {
            return apply(node.operator(), new NodeInputs(node, inputs));
        } catch (ArithmeticException | IndexOutOfBoundsException | NegativeArraySizeException e) {
            throw new MalformedException("inputs that fit the operator");
        }
    }

    // A switch: a table of lambdas would take a fresh JVM ten times as long.
    private static GraphValue[] apply(String operator, NodeInputs node) {
        return switch (operator) {
            case "Abs",
                    "BatchNormalization",
                    "Ceil",
                    "Clip",
                    "DequantizeLinear",
                    "Elu",
                    "Erf",
                    "Exp",
                    "Floor",
                    "Identity",
                    "InstanceNormalization",
                    "IsNaN",
                    "LayerNormalization",
                    "LeakyRelu",
                    "Log",
                    "LogSoftmax",
                    "Neg",
                    "Not",
                    "Reciprocal",
                    "Relu",
                    "Round",
                    "Selu",
                    "Sigmoid",
                    "Sign",
                    "Sinh",
                    "Softmax",
                    "Softplus",
                    "Sqrt",
                    "Tanh" -> same(node);
            case "And",
                    "Equal",
                    "Greater",
                    "GreaterOrEqual",
                    "Less",
                    "LessOrEqual",
                    "Max",
                    "Min",
                    "Or",
                    "Pow",
                    "Where" -> fitted(node);
            case "Add", "Div", "Mul", "Sub" -> arithmetic(node, operator);
            case "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum" -> reduced(node);
            case "ArgMax" -> reduced(node, node.axis("axis", 0, node.in(0).rank()));
            case "AveragePool", "MaxPool" -> one(WindowRules.pooled(node));
            case "Cast" -> one(node.in(0));
            case "Concat" -> LayoutRules.joined(node);
            case "Constant" -> one(node.constant());
            case "ConstantOfShape" -> one(GraphValue.of(node.integers(0)));
            case "Conv" -> one(WindowRules.convolved(node));
            case "ConvTranspose" -> one(WindowRules.spread(node));
            case "Expand" -> one(GraphValue.of(fit(node.in(0).shape(), node.integers(1))));
            case "Flatten" -> LayoutRules.flat(node);
            case "Gather" -> LayoutRules.gathered(node);
            case "Gemm" -> affine(node);
            case "GridSample" -> sampled(node);
            case "MatMul" -> product(node);
            case "Pad" -> LayoutRules.padded(node);
            case "Range" -> one(LayoutRules.counted(node));
            case "Reshape" -> LayoutRules.reshaped(node);
            case "Shape" -> LayoutRules.shape(node);
            case "Slice" -> LayoutRules.sliced(node);
            case "Split" -> LayoutRules.split(node);
            case "Squeeze" -> LayoutRules.squeezed(node);
            case "Tile" -> LayoutRules.tiled(node);
            case "Transpose" -> LayoutRules.transposed(node);
            case "Unsqueeze" -> LayoutRules.unsqueezed(node);
            default -> null;
        };
    }

    static long fail(String expected) {
        throw new MalformedException(expected);
    }

    static int axis(long axis, int rank) {
        long found = axis < 0 ? axis + rank : axis;
        return (int) (found < 0 || found >= rank ? fail("an axis of its input") : found);
    }

    static GraphValue[] one(GraphValue value) {
        return new GraphValue[] {value};
    }

    /** Further outputs, such as a normalisation's mean, are never larger. */
    private static GraphValue[] same(NodeInputs node) {
        GraphValue[] outputs = new GraphValue[node.node().outputs().size()];
        Arrays.fill(outputs, GraphValue.of(node.in(0).shape()));
        if (node.node().operator().equals("Identity")) {
            outputs[0] = node.in(0);
        }
        return outputs;
    }

    private static GraphValue[] fitted(NodeInputs node) {
        long[] shape = node.in(0).shape();
        for (int i = 1; i < node.inputs().size(); i++) {
            shape = fit(shape, node.in(i).shape());
        }
        return one(GraphValue.of(shape));
    }

    /** Broadcasts two shapes. */
    static long[] fit(long[] first, long[] second) {
        long[] shape = new long[Math.max(first.length, second.length)];
        for (int i = 1; i <= shape.length; i++) {
            long a = i <= first.length ? first[first.length - i] : 1;
            long b = i <= second.length ? second[second.length - i] : 1;
            if (a != b && a != 1 && b != 1 || a < 0 || b < 0) {
                throw new MalformedException("shapes that fit each other");
            }
            shape[shape.length - i] = a == 1 ? b : a;
        }
        return shape;
    }

    private static GraphValue[] arithmetic(NodeInputs node, String operator) {
        GraphValue a = node.in(0);
        GraphValue b = node.in(1);
        long[] shape = fit(a.shape(), b.shape());
        if (a.integers() == null || b.integers() == null || shape.length > 1) {
            return one(GraphValue.of(shape));
        }
        long[] values = new long[shape.length == 0 ? 1 : (int) shape[0]];
        for (int i = 0; i < values.length; i++) {
            long left = a.integers()[a.integers().length == 1 ? 0 : i];
            long right = b.integers()[b.integers().length == 1 ? 0 : i];
            values[i] = switch (operator) {
                case "Add" -> Math.addExact(left, right);
                case "Sub" -> Math.subtractExact(left, right);
                case "Mul" -> Math.multiplyExact(left, right);
                default -> right == 0 ? fail("no division by 0") : left / right;
            };
        }
        return one(new GraphValue(shape, values));
    }

    private static GraphValue[] reduced(NodeInputs node) {
        return reduced(node, node.has(1) ? node.integers(1) : node.node().integers("axes"));
    }

    private static GraphValue[] reduced(NodeInputs node, long... axes) {
        long[] shape = node.in(0).shape();
        boolean keeps = node.node().integer("keepdims", 1) != 0;
        if (axes.length == 0 && node.node().integer("noop_with_empty_axes", 0) != 0) {
            return one(GraphValue.of(shape));
        }
        boolean[] reduces = new boolean[shape.length];
        Arrays.fill(reduces, axes.length == 0);
        for (long axis : axes) {
            reduces[axis(axis, shape.length)] = true;
        }
        List<Long> left = new ArrayList<>();
        for (int i = 0; i < shape.length; i++) {
            if (!reduces[i] || keeps) {
                left.add(reduces[i] ? 1 : shape[i]);
            }
        }
        return one(GraphValue.of(array(left)));
    }

    private static GraphValue[] affine(NodeInputs node) {
        long[] a = node.in(0).shape();
        long[] b = node.in(1).shape();
        boolean flipsA = node.node().integer("transA", 0) != 0;
        boolean flipsB = node.node().integer("transB", 0) != 0;
        if (a.length != 2 || b.length != 2 || a[flipsA ? 0 : 1] != b[flipsB ? 1 : 0]) {
            fail("matrices that fit each other");
        }
        return one(GraphValue.of(a[flipsA ? 1 : 0], b[flipsB ? 0 : 1]));
    }

    private static GraphValue[] product(NodeInputs node) {
        long[] a = node.in(0).shape();
        long[] b = node.in(1).shape();
        if (a.length < 2 || b.length < 2 || a[a.length - 1] != b[b.length - 2]) {
            fail("matrices that fit each other");
        }
        long[] batch = fit(Arrays.copyOf(a, a.length - 2), Arrays.copyOf(b, b.length - 2));
        long[] shape = Arrays.copyOf(batch, batch.length + 2);
        shape[batch.length] = a[a.length - 2];
        shape[batch.length + 1] = b[b.length - 1];
        return one(GraphValue.of(shape));
    }

    private static GraphValue[] sampled(NodeInputs node) {
        long[] images = node.in(0).shape();
        long[] grid = node.in(1).shape();
        if (images.length != 4 || grid.length != 4 || images[0] != grid[0] || grid[3] != 2) {
            fail("images [N, C, H, W] and a grid [N, h, w, 2]");
        }
        return one(GraphValue.of(images[0], images[1], grid[1], grid[2]));
    }

    static long positive(long size) {
        return size < 0 ? fail("no negative size") : size;
    }

    static long[] array(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }
}
