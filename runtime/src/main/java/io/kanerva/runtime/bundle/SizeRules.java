package io.kanerva.runtime.bundle;

import io.kanerva.runtime.bundle.ProtoMessage.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
            return apply(node.operator(), new Node(node, inputs));
        } catch (ArithmeticException | IndexOutOfBoundsException | NegativeArraySizeException e) {
            throw new MalformedException("inputs that fit the operator");
        }
    }

    // A switch: a table of lambdas would take a fresh JVM ten times as long.
    private static GraphValue[] apply(String operator, Node node) {
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
            case "Concat" -> joined(node);
            case "Constant" -> one(node.constant());
            case "ConstantOfShape" -> one(GraphValue.of(node.integers(0)));
            case "Conv" -> one(WindowRules.convolved(node));
            case "ConvTranspose" -> one(WindowRules.spread(node));
            case "Expand" -> one(GraphValue.of(fit(node.in(0).shape(), node.integers(1))));
            case "Flatten" -> flat(node);
            case "Gather" -> gathered(node);
            case "Gemm" -> affine(node);
            case "GridSample" -> sampled(node);
            case "MatMul" -> product(node);
            case "Pad" -> padded(node);
            case "Range" -> one(counted(node));
            case "Reshape" -> reshaped(node);
            case "Shape" -> shape(node);
            case "Slice" -> sliced(node);
            case "Split" -> split(node);
            case "Squeeze" -> squeezed(node);
            case "Tile" -> tiled(node);
            case "Transpose" -> transposed(node);
            case "Unsqueeze" -> unsqueezed(node);
            default -> null;
        };
    }

    /** A node with what it takes. */
    record Node(GraphNode node, List<GraphValue> inputs) {

        GraphValue in(int index) {
            if (!has(index)) {
                throw new MalformedException("an input " + index);
            }
            return inputs.get(index);
        }

        boolean has(int index) {
            return index < inputs.size() && inputs.get(index) != null;
        }

        /** The values of an integer input, which must be known. */
        long[] integers(int index) {
            long[] values = in(index).integers();
            if (values == null) {
                throw new MalformedException("sizes that follow from those of the graph's inputs");
            }
            return values;
        }

        int axis(String attribute, long absent, int rank) {
            return SizeRules.axis(node.integer(attribute, absent), rank);
        }

        GraphValue constant() {
            if (node.value() != null) {
                return node.value();
            }
            long[] list = node.integers().get("value_ints");
            long[] single = node.integers().get("value_int");
            return list != null ? GraphValue.integers(list) : new GraphValue(new long[0], single);
        }
    }

    private static long fail(String expected) {
        throw new MalformedException(expected);
    }

    static int axis(long axis, int rank) {
        long found = axis < 0 ? axis + rank : axis;
        return (int) (found < 0 || found >= rank ? fail("an axis of its input") : found);
    }

    private static GraphValue[] one(GraphValue value) {
        return new GraphValue[] {value};
    }

    /** Further outputs, such as a normalisation's mean, are never larger. */
    private static GraphValue[] same(Node node) {
        GraphValue[] outputs = new GraphValue[node.node().outputs().size()];
        Arrays.fill(outputs, GraphValue.of(node.in(0).shape()));
        if (node.node().operator().equals("Identity")) {
            outputs[0] = node.in(0);
        }
        return outputs;
    }

    private static GraphValue[] fitted(Node node) {
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

    private static GraphValue[] arithmetic(Node node, String operator) {
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

    private static GraphValue[] reduced(Node node) {
        return reduced(node, node.has(1) ? node.integers(1) : node.node().integers("axes"));
    }

    private static GraphValue[] reduced(Node node, long... axes) {
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

    private static GraphValue[] joined(Node node) {
        long[] shape = node.in(0).shape().clone();
        int axis = node.axis("axis", 0, shape.length);
        List<Long> values = new ArrayList<>();
        shape[axis] = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            long[] part = node.in(i).shape();
            for (int d = 0; d < Math.max(shape.length, part.length); d++) {
                if (d == axis) {
                    shape[d] = Math.addExact(shape[d], part[d]);
                } else if (shape[d] != part[d]) {
                    fail("shapes that fit each other");
                }
            }
            long[] known = node.in(i).integers();
            values = known == null ? null : values;
            for (int v = 0; values != null && v < known.length; v++) {
                values.add(known[v]);
            }
        }
        boolean known = values != null && values.size() <= GraphValue.MAX_INTEGERS;
        return one(new GraphValue(shape, known ? array(values) : null));
    }

    private static GraphValue[] flat(Node node) {
        long[] shape = node.in(0).shape();
        long axis = node.node().integer("axis", 1);
        int at = axis == shape.length ? shape.length : axis(axis, shape.length);
        long before = GraphValue.of(Arrays.copyOf(shape, at)).size();
        return one(GraphValue.of(
                before,
                GraphValue.of(Arrays.copyOfRange(shape, at, shape.length)).size()));
    }

    private static GraphValue[] gathered(Node node) {
        GraphValue data = node.in(0);
        GraphValue indices = node.in(1);
        int axis = node.axis("axis", 0, data.rank());
        long[] shape = new long[data.rank() - 1 + indices.rank()];
        System.arraycopy(data.shape(), 0, shape, 0, axis);
        System.arraycopy(indices.shape(), 0, shape, axis, indices.rank());
        System.arraycopy(data.shape(), axis + 1, shape, axis + indices.rank(), data.rank() - axis - 1);
        if (data.rank() != 1 || data.integers() == null || indices.integers() == null) {
            return one(GraphValue.of(shape));
        }
        long[] values = Arrays.stream(indices.integers())
                .map(index -> data.integers()[axis(index, data.integers().length)])
                .toArray();
        return one(new GraphValue(shape, values));
    }

    private static GraphValue[] affine(Node node) {
        long[] a = node.in(0).shape();
        long[] b = node.in(1).shape();
        boolean flipsA = node.node().integer("transA", 0) != 0;
        boolean flipsB = node.node().integer("transB", 0) != 0;
        if (a.length != 2 || b.length != 2 || a[flipsA ? 0 : 1] != b[flipsB ? 1 : 0]) {
            fail("matrices that fit each other");
        }
        return one(GraphValue.of(a[flipsA ? 1 : 0], b[flipsB ? 0 : 1]));
    }

    private static GraphValue[] product(Node node) {
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

    private static GraphValue[] sampled(Node node) {
        long[] images = node.in(0).shape();
        long[] grid = node.in(1).shape();
        if (images.length != 4 || grid.length != 4 || images[0] != grid[0] || grid[3] != 2) {
            fail("images [N, C, H, W] and a grid [N, h, w, 2]");
        }
        return one(GraphValue.of(images[0], images[1], grid[1], grid[2]));
    }

    private static GraphValue[] padded(Node node) {
        long[] shape = node.in(0).shape().clone();
        long[] pads = node.integers(1);
        if (pads.length != 2 * shape.length) {
            fail("two pads for each dimension");
        }
        for (int i = 0; i < shape.length; i++) {
            shape[i] = positive(Math.addExact(shape[i], Math.addExact(pads[i], pads[i + shape.length])));
        }
        return one(GraphValue.of(shape));
    }

    static long positive(long size) {
        return size < 0 ? fail("no negative size") : size;
    }

    private static GraphValue counted(Node node) {
        long start = node.integers(0)[0];
        long limit = node.integers(1)[0];
        long step = node.integers(2)[0];
        long room = step == 0 ? fail("a step") : Math.subtractExact(limit, start);
        // Rounded up: the limit itself is not counted.
        return GraphValue.of(Math.max(0, -Math.floorDiv(-room, step)));
    }

    private static GraphValue[] reshaped(Node node) {
        GraphValue data = node.in(0);
        long[] shape = node.integers(1).clone();
        boolean copies = node.node().integer("allowzero", 0) == 0;
        int open = -1;
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] == -1 && open < 0) {
                open = i;
                shape[i] = 1;
            } else if (shape[i] == 0 && copies) {
                shape[i] = data.shape()[i];
            }
            positive(shape[i]);
        }
        long rest = GraphValue.of(shape).size();
        if (open >= 0) {
            shape[open] = rest == 0 ? 0 : data.size() / rest;
        }
        if (GraphValue.of(shape).size() != data.size()) {
            fail("a shape for as many values as its input has");
        }
        return one(new GraphValue(shape, data.integers()));
    }

    private static GraphValue[] shape(Node node) {
        long[] shape = node.in(0).shape();
        long from = node.node().integer("start", 0);
        long to = node.node().integer("end", shape.length);
        int start = (int) Math.max(0, Math.min(shape.length, from < 0 ? from + shape.length : from));
        int end = (int) Math.max(start, Math.min(shape.length, to < 0 ? to + shape.length : to));
        return one(GraphValue.integers(Arrays.copyOfRange(shape, start, end)));
    }

    private static GraphValue[] sliced(Node node) {
        GraphValue data = node.in(0);
        long[] shape = data.shape().clone();
        long[] starts = node.integers(1);
        long[] ends = node.integers(2);
        long[] values = data.rank() == 1 ? data.integers() : null;
        for (int i = 0; i < starts.length; i++) {
            int axis = axis(node.has(3) ? node.integers(3)[i] : i, shape.length);
            long step = node.has(4) ? node.integers(4)[i] : 1;
            long size = data.shape()[axis];
            boolean down = step < 0;
            long start = limited(starts[i] < 0 ? starts[i] + size : starts[i], down, size);
            long end = limited(ends[i] < 0 ? Math.max(ends[i] + size, -1) : ends[i], down, size);
            shape[axis] = step == 0
                    ? fail("no step of 0")
                    : Math.max(0, down ? (start - end - step - 1) / -step : (end - start + step - 1) / step);
            if (values != null) {
                long[] taken = new long[(int) shape[axis]];
                for (int v = 0; v < taken.length; v++) {
                    taken[v] = values[(int) (start + v * step)];
                }
                values = taken;
            }
        }
        return one(new GraphValue(shape, values));
    }

    private static long limited(long index, boolean down, long size) {
        return Math.max(down ? -1 : 0, Math.min(down ? size - 1 : size, index));
    }

    private static GraphValue[] split(Node node) {
        long[] shape = node.in(0).shape();
        int axis = node.axis("axis", 0, shape.length);
        GraphValue[] parts = new GraphValue[node.node().outputs().size()];
        if (!node.has(1) && shape[axis] % parts.length != 0) {
            fail("equal parts");
        }
        long left = shape[axis];
        for (int i = 0; i < parts.length; i++) {
            long[] part = shape.clone();
            part[axis] = positive(node.has(1) ? node.integers(1)[i] : shape[axis] / parts.length);
            left -= part[axis];
            parts[i] = GraphValue.of(part);
        }
        if (left != 0) {
            fail("parts that make up the whole");
        }
        return parts;
    }

    private static GraphValue[] squeezed(Node node) {
        long[] shape = node.in(0).shape();
        boolean[] drops = new boolean[shape.length];
        long[] axes = node.has(1) ? node.integers(1) : new long[0];
        for (long axis : axes) {
            drops[axis(axis, shape.length)] = true;
        }
        List<Long> left = new ArrayList<>();
        for (int i = 0; i < shape.length; i++) {
            if (drops[i] && shape[i] != 1) {
                fail("sizes of 1 to leave out");
            }
            if (!drops[i] && (axes.length > 0 || shape[i] != 1)) {
                left.add(shape[i]);
            }
        }
        return one(new GraphValue(array(left), node.in(0).integers()));
    }

    private static GraphValue[] tiled(Node node) {
        long[] shape = node.in(0).shape().clone();
        long[] times = node.integers(1);
        if (times.length != shape.length) {
            fail("a number for each dimension");
        }
        for (int i = 0; i < shape.length; i++) {
            shape[i] = positive(Math.multiplyExact(shape[i], times[i]));
        }
        return one(GraphValue.of(shape));
    }

    private static GraphValue[] transposed(Node node) {
        long[] shape = node.in(0).shape();
        long[] order = node.node().integers("perm");
        long[] moved = new long[shape.length];
        List<Integer> unused = new ArrayList<>();
        for (int i = 0; i < shape.length; i++) {
            unused.add(i);
        }
        if (order.length == 0) {
            Collections.reverse(unused);
            order = unused.stream().mapToLong(Integer::longValue).toArray();
        }
        if (order.length != shape.length) {
            fail("a place for each dimension");
        }
        for (int i = 0; i < order.length; i++) {
            if (!unused.remove(Integer.valueOf((int) order[i]))) {
                fail("a place for each dimension");
            }
            moved[i] = shape[(int) order[i]];
        }
        return one(GraphValue.of(moved));
    }

    private static GraphValue[] unsqueezed(Node node) {
        long[] axes = node.integers(1);
        long[] shape = node.in(0).shape();
        boolean[] isNew = new boolean[shape.length + axes.length];
        for (long axis : axes) {
            int at = axis(axis, isNew.length);
            if (isNew[at]) {
                fail("each axis once");
            }
            isNew[at] = true;
        }
        long[] wider = new long[isNew.length];
        int from = 0;
        for (int i = 0; i < wider.length; i++) {
            wider[i] = isNew[i] ? 1 : shape[from++];
        }
        return one(new GraphValue(wider, node.in(0).integers()));
    }

    private static long[] array(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }
}
