package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Values that the specification leaves open, so that engines differ and none is wrong: what a number beyond an integer
 * type's range is cast to, NaN is quantised to, or a division of integers by 0 gives; which of two updates of one
 * element counts; the order of what a TopK need not sort. The model is changed to others that choose differently
 * wherever there is a choice; the elements in which their outputs differ are open.
 */
final class OpenValues {
    private final Map<String, ValueFacts> values;
    private final int choice;

    /** @param choice which of the choices, 0 to 2; where there are two, the last two are the same */
    private OpenValues(Map<String, ValueFacts> values, int choice) {
        this.values = values;
        this.choice = choice;
    }

    /** Two models that choose differently, or three where there are as many choices; empty if nothing is left open. */
    static Optional<List<byte[]>> choices(ModelProto model) {
        Map<String, ValueFacts> values = new GraphWalk(model).graph(model.getGraph(), Map.of());
        byte[] first = new OpenValues(values, 0).chosen(model);
        byte[] second = new OpenValues(values, 1).chosen(model);
        byte[] third = new OpenValues(values, 2).chosen(model);
        return Arrays.equals(first, second)
                ? Optional.empty()
                : Optional.of(Arrays.equals(second, third) ? List.of(first, second) : List.of(first, second, third));
    }

    private byte[] chosen(ModelProto model) {
        ModelProto.Builder all = model.toBuilder();
        GraphProto.Builder graph = all.getGraphBuilder().clearNode();
        int opset = opset(model);
        for (OperatorSetIdProto.Builder one : all.getOpsetImportBuilderList()) {
            one.setVersion(one.getDomain().isEmpty() ? opset : one.getVersion());
        }
        for (NodeProto node : model.getGraph().getNodeList()) {
            WrittenOut written = new WrittenOut(node, opset);
            switch (node.getOpType()) {
                case "Cast" -> cast(node, written);
                case "QuantizeLinear" -> quantise(written);
                case "ScatterND", "ScatterElements", "Scatter" -> scatter(node, written);
                case "TopK" -> sort(node, written);
                case "Div", "Mod" -> divide(node, written);
                default -> {
                    // it leaves nothing open
                }
            }
            graph.addAllNode(written.nodes().isEmpty() ? List.of(node) : written.nodes());
        }
        return all.build().toByteArray();
    }

    /**
     * The model's opset, or the first one with all operators that choices are written in: from 7 on, few operators
     * changed until then, and a model that has one of them is refused, so that nothing is left open.
     */
    private static int opset(ModelProto model) {
        int opset = OpsetReadings.opset(model);
        boolean slices = model.getGraph().getNodeList().stream()
                .anyMatch(node -> node.getOpType().equals("Scatter"));
        return opset < 7 ? opset : Math.max(opset, slices ? 10 : 9);
    }

    private ElementType floats(String value) {
        ElementType type = values.getOrDefault(value, ValueFacts.NOTHING).type();
        return type != null && type.isFloat() ? type : null;
    }

    private void cast(NodeProto node, WrittenOut to) {
        ElementType from = floats(to.input(0));
        ElementType type = WrittenOut.attribute(node, "to")
                .flatMap(one -> ElementType.of((int) one.getI()))
                .orElse(null);
        if (from == null || type == null || !type.isInteger()) {
            return;
        }
        int bits = (int) (8 * type.bytes(1));
        boolean signed = type.name().startsWith("INT");
        double least = signed ? -Math.scalb(1.0, bits - 1) : 0;
        double above = Math.scalb(1.0, signed ? bits - 1 : bits);
        // Numbers are truncated, so that a fraction of 1 below the least is within; of 64 bits, float64 has none there.
        double below = Math.min(least - 1, Math.nextDown(least));
        double greatest = Math.min(above - 1, Math.nextDown(above));
        String wide = to.add("Cast", List.of(to.input(0)), "to", ElementType.FLOAT64.number());
        String more = to.add("Greater", List.of(wide, to.number(ElementType.FLOAT64, below)));
        String less = to.add("Less", List.of(wide, to.number(ElementType.FLOAT64, above)));
        String within = to.add("And", List.of(more, less));
        // Engines give the nearest, the least or 0; what follows may take any two of them for the same.
        double chosen = choice == 0 ? least : choice == 1 ? greatest : 0;
        to.itself(List.of(to.add("Where", List.of(within, wide, to.number(ElementType.FLOAT64, chosen)))), "");
    }

    private void quantise(WrittenOut to) {
        ElementType from = floats(to.input(0));
        if (from != null) {
            String open = to.add("IsNaN", List.of(to.input(0)));
            String chosen = to.number(from, choice > 0 ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY);
            to.itselfWith(to.add("Where", List.of(open, chosen, to.input(0))));
        }
    }

    private void divide(NodeProto node, WrittenOut to) {
        ElementType type = values.getOrDefault(to.input(1), ValueFacts.NOTHING).type();
        if (type != null && type.isInteger()) {
            String open = to.add("Equal", List.of(to.input(1), to.number(type, 0)));
            String divisor = to.add("Where", List.of(open, to.number(type, 1), to.input(1)));
            long truncates =
                    WrittenOut.attribute(node, "fmod").map(AttributeProto::getI).orElse(0L);
            List<String> both = List.of(to.input(0), divisor);
            String whole =
                    node.getOpType().equals("Div") ? to.add("Div", both) : to.add("Mod", both, "fmod", truncates);
            to.result("Where", List.of(open, to.number(type, choice > 0 ? 1 : 0), whole));
        }
    }

    private void scatter(NodeProto node, WrittenOut to) {
        boolean reduces = WrittenOut.attribute(node, "reduction")
                .map(one -> !one.getS().toStringUtf8().equals("none"))
                .orElse(false);
        if (choice > 0 && !reduces) {
            String indices = to.input(1);
            String updates = to.input(2);
            long axis = axis(node, 0);
            if (node.getOpType().equals("ScatterND")) {
                String tuple = part(to, to.add("Shape", List.of(indices)), whole(to, -1));
                String rest = part(to, to.add("Shape", List.of(to.input(0))), tuple);
                indices = listed(to, indices, tuple);
                updates = listed(to, updates, rest);
            }
            to.itself(List.of(to.input(0), reversed(to, indices, axis), reversed(to, updates, axis)), "");
        }
    }

    private static String whole(WrittenOut to, long number) {
        return to.constant(Tensor.of(new long[] {number}, 1));
    }

    /** Elements of a list, from one on. */
    private static String part(WrittenOut to, String list, String from) {
        return to.add("Slice", List.of(list, from, whole(to, Long.MAX_VALUE)));
    }

    /** A list of all parts of a shape that a value consists of. */
    private static String listed(WrittenOut to, String value, String shape) {
        return to.add("Reshape", List.of(value, to.add("Concat", List.of(whole(to, -1), shape), "axis", 0)));
    }

    private void sort(NodeProto node, WrittenOut to) {
        if (choice > 0 && !TopKOrder.sorts(node)) {
            to.reordering(axis(node, -1), choice == 2);
        }
    }

    private static long axis(NodeProto node, long otherwise) {
        return WrittenOut.attribute(node, "axis").map(AttributeProto::getI).orElse(otherwise);
    }

    private static String reversed(WrittenOut to, String value, long axis) {
        return to.add("Slice", to.backwards(value, axis));
    }

    /** Elements in which two outputs differ; none if they are of different sizes. */
    static BitSet differing(Tensor one, Tensor other) {
        BitSet open = new BitSet();
        if (one.type() == other.type() && Arrays.equals(one.shape(), other.shape())) {
            List<Object> first = one.elements();
            List<Object> second = other.elements();
            for (int i = 0; i < first.size(); i++) {
                open.set(i, !first.get(i).equals(second.get(i)));
            }
        }
        return open;
    }

    static boolean hasNan(Tensor tensor) {
        return tensor.type().isFloat() && Arrays.stream(tensor.doubles()).anyMatch(Double::isNaN);
    }

    /** Elements that are finite in the first tensor alone; none if they are of different sizes. */
    static BitSet infinite(Tensor meant, Tensor found) {
        BitSet infinite = new BitSet();
        if (meant.type().isFloat() && meant.type() == found.type() && Arrays.equals(meant.shape(), found.shape())) {
            double[] finite = meant.doubles();
            double[] values = found.doubles();
            for (int i = 0; i < finite.length; i++) {
                infinite.set(i, Double.isFinite(finite[i]) && !Double.isFinite(values[i]));
            }
        }
        return infinite;
    }

    /** A tensor with those elements of another one. */
    static Tensor filled(Tensor tensor, Tensor from, BitSet elements) {
        byte[] bytes = tensor.bytes().clone();
        byte[] others = from.bytes();
        int width = (int) tensor.type().bytes(1);
        elements.stream().forEach(i -> System.arraycopy(others, i * width, bytes, i * width, width));
        return Tensor.ofBytes(tensor.type(), bytes, tensor.shape());
    }
}
