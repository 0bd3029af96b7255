package io.kanerva.conformance.check;

import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The outputs of a model that come from a TopK which need not sort: their order is open, but not what they hold.
 *
 * @param values position of the output of its values; -1 if they are no output
 * @param indices position of the output of its indices; -1 if they are no output
 */
record TopKOrder(int values, int indices, int axis) {
    /** Those of a model. */
    static List<TopKOrder> of(ModelProto model) {
        List<String> outputs = model.getGraph().getOutputList().stream()
                .map(output -> output.getName())
                .toList();
        List<TopKOrder> orders = new ArrayList<>();
        for (NodeProto node : model.getGraph().getNodeList()) {
            if (node.getOpType().equals("TopK") && !sorts(node)) {
                int axis = WrittenOut.attribute(node, "axis")
                        .map(AttributeProto::getI)
                        .orElse(-1L)
                        .intValue();
                int indices = node.getOutputCount() < 2 ? -1 : outputs.indexOf(node.getOutput(1));
                TopKOrder order = new TopKOrder(outputs.indexOf(node.getOutput(0)), indices, axis);
                if (order.values >= 0 || order.indices >= 0) {
                    orders.add(order);
                }
            }
        }
        return orders;
    }

    /** Whether a TopK gives its results in order. */
    static boolean sorts(NodeProto node) {
        return WrittenOut.attribute(node, "sorted").map(one -> one.getI() != 0).orElse(true);
    }

    boolean has(int output) {
        return output == values || output == indices;
    }

    /** What is found, in the order of what is expected; values stay with their indices. */
    List<Tensor> arranged(List<Tensor> expected, List<Tensor> found) {
        int key = indices >= 0 ? indices : values;
        if (expected.size() != found.size() || Math.max(values, indices) >= found.size()) {
            return found;
        }
        Tensor right = expected.get(key);
        if (!fits(right, found.get(key)) || right.shape().length == 0) {
            return found;
        }
        int[] from = permutation(right, found.get(key));
        List<Tensor> arranged = new ArrayList<>(found);
        for (int output = 0; output < found.size(); output++) {
            if (has(output) && Arrays.equals(right.shape(), found.get(output).shape())) {
                arranged.set(output, moved(found.get(output), from));
            }
        }
        return arranged;
    }

    private static boolean fits(Tensor expected, Tensor found) {
        return (expected.type().isFloat() || expected.type().isInteger())
                && expected.type() == found.type()
                && Arrays.equals(expected.shape(), found.shape());
    }

    /** For each element of what is expected, the element of the same rank along the axis in what is found. */
    private int[] permutation(Tensor expected, Tensor found) {
        long[] shape = expected.shape();
        int along = axis < 0 ? axis + shape.length : axis;
        int size = (int) shape[along];
        int step = (int) Arrays.stream(shape, along + 1, shape.length).reduce(1, Math::multiplyExact);
        List<Object> one = expected.elements();
        List<Object> other = found.elements();
        int[] from = new int[one.size()];
        for (int line = 0; size > 0 && line < from.length / size; line++) {
            int first = line / step * size * step + line % step;
            int[] to = ranked(one, first, size, step);
            int[] taken = ranked(other, first, size, step);
            for (int i = 0; i < size; i++) {
                from[to[i]] = taken[i];
            }
        }
        return from;
    }

    private static int[] ranked(List<Object> elements, int first, int size, int step) {
        return IntStream.range(0, size)
                .mapToObj(i -> first + i * step)
                .sorted(Comparator.comparing(at -> ((Number) elements.get(at)).doubleValue()))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static Tensor moved(Tensor tensor, int[] from) {
        byte[] bytes = tensor.bytes();
        byte[] moved = bytes.clone();
        int width = (int) tensor.type().bytes(1);
        for (int i = 0; i < from.length; i++) {
            System.arraycopy(bytes, from[i] * width, moved, i * width, width);
        }
        return Tensor.ofBytes(tensor.type(), moved, tensor.shape()).named(tensor.name());
    }
}
