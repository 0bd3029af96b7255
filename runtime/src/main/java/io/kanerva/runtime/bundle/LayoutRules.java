package io.kanerva.runtime.bundle;

import static io.kanerva.runtime.bundle.SizeRules.axis;
import static io.kanerva.runtime.bundle.SizeRules.fail;
import static io.kanerva.runtime.bundle.SizeRules.one;
import static io.kanerva.runtime.bundle.SizeRules.positive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The rules of the operators that move values, repeat them or leave some out. */
final class LayoutRules {

    private LayoutRules() {}

    static GraphValue[] joined(NodeInputs node) {
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
        return one(new GraphValue(shape, known ? SizeRules.array(values) : null));
    }

    static GraphValue[] flat(NodeInputs node) {
        long[] shape = node.in(0).shape();
        long axis = node.node().integer("axis", 1);
        int at = axis == shape.length ? shape.length : axis(axis, shape.length);
        long before = GraphValue.of(Arrays.copyOf(shape, at)).size();
        return one(GraphValue.of(
                before,
                GraphValue.of(Arrays.copyOfRange(shape, at, shape.length)).size()));
    }

    static GraphValue[] gathered(NodeInputs node) {
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

    static GraphValue[] padded(NodeInputs node) {
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

    static GraphValue counted(NodeInputs node) {
        long start = node.integers(0)[0];
        long limit = node.integers(1)[0];
        long step = node.integers(2)[0];
        long room = step == 0 ? fail("a step") : Math.subtractExact(limit, start);
        // Rounded up: the limit itself is not counted.
        return GraphValue.of(Math.max(0, -Math.floorDiv(-room, step)));
    }

    static GraphValue[] reshaped(NodeInputs node) {
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

    static GraphValue[] shape(NodeInputs node) {
        long[] shape = node.in(0).shape();
        long from = node.node().integer("start", 0);
        long to = node.node().integer("end", shape.length);
        int start = (int) Math.max(0, Math.min(shape.length, from < 0 ? from + shape.length : from));
        int end = (int) Math.max(start, Math.min(shape.length, to < 0 ? to + shape.length : to));
        return one(GraphValue.integers(Arrays.copyOfRange(shape, start, end)));
    }

    static GraphValue[] sliced(NodeInputs node) {
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

    static GraphValue[] split(NodeInputs node) {
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

    static GraphValue[] squeezed(NodeInputs node) {
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
        return one(new GraphValue(SizeRules.array(left), node.in(0).integers()));
    }

    static GraphValue[] tiled(NodeInputs node) {
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

    static GraphValue[] transposed(NodeInputs node) {
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

    static GraphValue[] unsqueezed(NodeInputs node) {
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
}
