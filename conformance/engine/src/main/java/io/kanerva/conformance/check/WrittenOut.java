package io.kanerva.conformance.check;

import com.google.protobuf.ByteString;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import io.kanerva.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Nodes that take the place of one, for models whose meaning is written out. */
final class WrittenOut {
    private final NodeProto node;
    private final int opset;
    private final List<NodeProto> nodes = new ArrayList<>();

    /**
     * @param node the one that is replaced; names of values within its place begin with that of its first output
     * @param opset of the model, which decides where operators have their axes
     */
    WrittenOut(NodeProto node, int opset) {
        this.node = node;
        this.opset = opset;
    }

    /** That of the node that is replaced. */
    String operator() {
        return node.getOpType();
    }

    List<NodeProto> nodes() {
        return nodes;
    }

    /** Name of one of the node's inputs; empty if it has none there. */
    String input(int index) {
        return index < node.getInputCount() ? node.getInput(index) : "";
    }

    /** A number among the node's attributes. */
    float number(String name, float otherwise) {
        return attribute(node, name).map(AttributeProto::getF).orElse(otherwise);
    }

    static Optional<AttributeProto> attribute(NodeProto node, String name) {
        return node.getAttributeList().stream()
                .filter(one -> one.getName().equals(name))
                .findFirst();
    }

    /** Adds the node itself, with other inputs and without an attribute. */
    void itself(List<String> inputs, String without) {
        List<AttributeProto> kept = node.getAttributeList().stream()
                .filter(one -> !one.getName().equals(without))
                .toList();
        nodes.add(node.toBuilder()
                .clearInput()
                .addAllInput(inputs)
                .clearAttribute()
                .addAllAttribute(kept)
                .build());
    }

    /** Adds the node itself. */
    void unchanged() {
        nodes.add(node);
    }

    /** Adds the node itself; the name that its first result is given instead of its own. */
    String unchangedApart() {
        String name = node.getOutput(0) + "/itself";
        nodes.add(node.toBuilder().setOutput(0, name).build());
        return name;
    }

    /** Adds the node itself, with one attribute that is another. */
    void itself(String attribute, Object value) {
        NodeProto.Builder other = node.toBuilder().clearAttribute();
        node.getAttributeList().stream()
                .filter(one -> !one.getName().equals(attribute))
                .forEach(other::addAttribute);
        nodes.add(with(other, attribute, value).build());
    }

    /** Adds the node itself, with another operator and another first input. */
    void as(String operator, String first) {
        nodes.add(node.toBuilder().setOpType(operator).setInput(0, first).build());
    }

    /** Adds the node itself, with another first input. */
    void itselfWith(String first) {
        nodes.add(node.toBuilder().setInput(0, first).build());
    }

    /**
     * Adds the node itself, and then its results in another order along an axis.
     *
     * @param reverses whether the order is turned around; else the first moves to the end
     */
    void reordering(long axis, boolean reverses) {
        NodeProto.Builder itself = node.toBuilder();
        int at = nodes.size();
        for (int i = 0; i < node.getOutputCount(); i++) {
            if (node.getOutput(i).isEmpty()) {
                continue;
            }
            String ordered = node.getOutput(i) + "/other-order";
            itself.setOutput(i, ordered);
            if (reverses) {
                node(node.getOutput(i), "Slice", backwards(ordered, axis));
            } else {
                String along = constant(Tensor.of(new long[] {axis}, 1));
                String one = constant(Tensor.of(new long[] {1}, 1));
                String from = constant(Tensor.of(new long[] {0}, 1));
                String end = constant(Tensor.of(new long[] {Long.MAX_VALUE}, 1));
                String first = add("Slice", List.of(ordered, from, one, along));
                String rest = add("Slice", List.of(ordered, one, end, along));
                node(node.getOutput(i), "Concat", List.of(rest, first), "axis", axis);
            }
        }
        nodes.add(at, itself.build());
    }

    /** Inputs of a Slice that gives the other order along an axis. */
    List<String> backwards(String value, long axis) {
        return List.of(
                value,
                constant(Tensor.of(new long[] {-1}, 1)),
                constant(Tensor.of(new long[] {-Long.MAX_VALUE}, 1)),
                constant(Tensor.of(new long[] {axis}, 1)),
                constant(Tensor.of(new long[] {-1}, 1)));
    }

    /** Adds a node whose result is the replaced node's first. */
    void result(String operator, List<String> inputs, Object... attributes) {
        node(node.getOutput(0), operator, inputs, attributes);
    }

    /** Adds a node; the name of its result. */
    String add(String operator, List<String> inputs, Object... attributes) {
        String name = node.getOutput(0) + "/written-out-" + nodes.size();
        node(name, operator, inputs, attributes);
        return name;
    }

    /** Adds a constant; its name. */
    String constant(Tensor value) {
        return add("Constant", List.of(), "value", value);
    }

    /** Adds a reduction along axes that keeps them, with size 1. */
    String reduced(String operator, String value, long... axes) {
        boolean given = opset >= (operator.equals("ReduceSum") ? 13 : 18);
        return given
                ? add(operator, List.of(value, constant(Tensor.of(axes, axes.length))))
                : add(operator, List.of(value), "axes", axes);
    }

    /**
     * Adds a Pad of the axes after the second.
     *
     * @param before elements before each of them
     * @param after elements after each of them
     */
    String padded(String value, long[] before, long[] after, float with) {
        long[] pads = new long[2 * (before.length + 2)];
        System.arraycopy(before, 0, pads, 2, before.length);
        System.arraycopy(after, 0, pads, before.length + 4, after.length);
        return opset < 11
                ? add("Pad", List.of(value), "pads", pads, "value", with)
                : add("Pad", List.of(value, constant(Tensor.of(pads, pads.length)), number(ElementType.FLOAT32, with)));
    }

    /** Adds a scalar. */
    String number(ElementType type, double value) {
        return constant(Tensor.of(type, new double[] {value}));
    }

    private void node(String output, String operator, Collection<String> inputs, Object... attributes) {
        NodeProto.Builder made = NodeProto.newBuilder()
                .setName(output)
                .setOpType(operator)
                .addAllInput(inputs)
                .addOutput(output);
        for (int i = 0; i < attributes.length; i += 2) {
            with(made, (String) attributes[i], attributes[i + 1]);
        }
        nodes.add(made.build());
    }

    private static NodeProto.Builder with(NodeProto.Builder made, String name, Object value) {
        AttributeProto.Builder attribute = made.addAttributeBuilder().setName(name);
        if (value instanceof Tensor tensor) {
            attribute.setType(AttributeType.TENSOR).setT(tensor.toProto());
        } else if (value instanceof long[] several) {
            attribute
                    .setType(AttributeType.INTS)
                    .addAllInts(Arrays.stream(several).boxed().toList());
        } else if (value instanceof String text) {
            attribute.setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(text));
        } else if (value instanceof Float number) {
            attribute.setType(AttributeType.FLOAT).setF(number);
        } else {
            attribute.setType(AttributeType.INT).setI(((Number) value).longValue());
        }
        return made;
    }
}
