package io.kanerva.runtime.bundle;

import static io.kanerva.runtime.bundle.SizeRules.positive;

import io.kanerva.runtime.bundle.ProtoMessage.MalformedException;

/** The rules of the operators that move a window over images [N, C, ...]. */
final class WindowRules {

    private WindowRules() {}

    static GraphValue convolved(NodeInputs node) {
        long[] weights = weights(node);
        long[] images = node.in(0).shape();
        if (images[1] != Math.multiplyExact(weights[1], node.node().integer("group", 1))) {
            throw new MalformedException("as many channels as its weights take");
        }
        long[] shape = images.clone();
        shape[1] = weights[0];
        for (int axis = 2; axis < shape.length; axis++) {
            shape[axis] = steps(node, axis, images[axis], weights[axis]);
        }
        return GraphValue.of(shape);
    }

    static GraphValue spread(NodeInputs node) {
        long[] weights = weights(node);
        long[] shape = node.in(0).shape().clone();
        if (shape[1] != weights[0] || node.node().integers().containsKey("output_shape")) {
            throw new MalformedException("as many channels as its weights take, and no size of its own");
        }
        int sides = shape.length - 2;
        shape[1] = Math.multiplyExact(weights[1], node.node().integer("group", 1));
        for (int axis = 2; axis < shape.length; axis++) {
            long moved = Math.multiplyExact(attribute(node, "strides", axis - 2, 1), shape[axis] - 1);
            long window = Math.multiplyExact(attribute(node, "dilations", axis - 2, 1), weights[axis] - 1) + 1;
            long pads = attribute(node, "pads", axis - 2, 0) + attribute(node, "pads", axis - 2 + sides, 0);
            long more = attribute(node, "output_padding", axis - 2, 0);
            shape[axis] = positive(Math.addExact(moved, window) - pads + more);
        }
        return GraphValue.of(shape);
    }

    static GraphValue pooled(NodeInputs node) {
        long[] images = node.in(0).shape();
        long[] shape = images.clone();
        for (int axis = 2; axis < shape.length; axis++) {
            shape[axis] = steps(node, axis, images[axis], attribute(node, "kernel_shape", axis - 2, 0));
        }
        return GraphValue.of(shape);
    }

    private static long[] weights(NodeInputs node) {
        long[] weights = node.in(1).shape();
        if (weights.length < 3 || weights.length != node.in(0).rank()) {
            throw new MalformedException("images and weights of one rank");
        }
        return weights;
    }

    /** How many places a window has along an axis. */
    private static long steps(NodeInputs node, int axis, long size, long kernel) {
        String automatic = node.node().texts().getOrDefault("auto_pad", "NOTSET");
        if (!automatic.equals("NOTSET")) {
            throw new MalformedException("pads that are given");
        }
        int sides = node.in(0).rank() - 2;
        long window = Math.multiplyExact(attribute(node, "dilations", axis - 2, 1), kernel - 1) + 1;
        long stride = attribute(node, "strides", axis - 2, 1);
        long padded = size + attribute(node, "pads", axis - 2, 0) + attribute(node, "pads", axis - 2 + sides, 0);
        if (kernel < 1 || stride < 1 || window < 1) {
            throw new MalformedException("a window and steps of at least 1");
        }
        long room = positive(padded - window);
        boolean roundsUp = node.node().integer("ceil_mode", 0) != 0;
        return (roundsUp ? (room + stride - 1) / stride : room / stride) + 1;
    }

    private static long attribute(NodeInputs node, String name, int index, long absent) {
        long[] values = node.node().integers(name);
        return values.length == 0 ? absent : positive(values[index]);
    }
}
