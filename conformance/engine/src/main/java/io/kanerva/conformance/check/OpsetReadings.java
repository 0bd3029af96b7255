package io.kanerva.conformance.check;

import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Operators that mean one thing in the model's opset and another in a different one, or that engines are known to take
 * for something else. Each is written out as nodes that can be read in one way only, once as the specification of the
 * model's opset has it and once for each mistake, so that what an engine gives tells how it has read the model.
 */
final class OpsetReadings {
    private static final Set<String> SOFTMAX = Set.of("Softmax", "LogSoftmax", "Hardmax");
    private static final int SOFTMAX_ALONG_AXIS = 13;
    private static final int NEGATIVE_INDICES = 11;

    /**
     * Operators whose definition was made more precise or changed in an opset, and that are not written out here: where
     * several engines stand against several, the model alone does not tell who is right.
     */
    private static final Map<String, Integer> REVISED =
            Map.of("Resize", 11, "Upsample", 10, "RoiAlign", 16, "AveragePool", 19, "MaxPool", 22, "ConvTranspose", 11);

    /** A way to write a node out. */
    private record Way(String words, Consumer<WrittenOut> write) {}

    /**
     * What a model means.
     *
     * @param right the model with its nodes written out as its opset has them
     * @param others the same with the nodes of one kind taken for something else, by what they are taken for:
     *     {@code Softmax 'y' of opset 11 as in opset 13: along its axis alone}
     */
    record Readings(byte[] right, Map<String, byte[]> others) {}

    private final ModelProto model;
    private final int opset;

    private OpsetReadings(ModelProto model) {
        this.model = model;
        opset = opset(model);
    }

    /** The opset of a model's standard operators. */
    static int opset(ModelProto model) {
        return (int) model.getOpsetImportList().stream()
                .filter(one -> one.getDomain().isEmpty() || one.getDomain().equals("ai.onnx"))
                .mapToLong(one -> one.getVersion())
                .max()
                .orElse(1);
    }

    /** The readings of a model; empty if none of its nodes can be mistaken. */
    static Optional<Readings> of(ModelProto model) {
        return new OpsetReadings(model).readings();
    }

    /** The first node whose definition another opset revised, as {@code Resize 'y' of opset 10}; empty if none. */
    static Optional<String> revised(ModelProto model) {
        int opset = opset(model);
        return model.getGraph().getNodeList().stream()
                .filter(node -> opset < REVISED.getOrDefault(node.getOpType(), 0))
                .filter(node -> !node.getOpType().endsWith("Pool")
                        || WrittenOut.attribute(node, "ceil_mode")
                                .filter(one -> one.getI() != 0)
                                .isPresent())
                .map(node -> described(node, opset))
                .findFirst();
    }

    private static String described(NodeProto node, int opset) {
        return "%s '%s' of opset %d".formatted(node.getOpType(), node.getOutput(0), opset);
    }

    private Optional<Readings> readings() {
        Map<Integer, List<Way>> ways = new LinkedHashMap<>();
        Set<String> mistakes = new LinkedHashSet<>();
        List<NodeProto> nodes = model.getGraph().getNodeList();
        for (int i = 0; i < nodes.size(); i++) {
            List<Way> own = ways(nodes.get(i));
            if (!own.isEmpty()) {
                ways.put(i, own);
                own.stream().skip(1).map(Way::words).forEach(mistakes::add);
            }
        }
        if (ways.isEmpty()) {
            return Optional.empty();
        }
        Map<String, byte[]> others = new LinkedHashMap<>();
        for (String mistake : mistakes) {
            NodeProto first = null;
            for (Map.Entry<Integer, List<Way>> entry : ways.entrySet()) {
                boolean has = entry.getValue().stream().anyMatch(way -> way.words.equals(mistake));
                first = first == null && has ? nodes.get(entry.getKey()) : first;
            }
            others.put(described(first, opset) + " " + mistake, written(ways, mistake));
        }
        return Optional.of(new Readings(written(ways, ""), others));
    }

    /** The model with each node in its first way, or, where it has it, in that of these words. */
    private byte[] written(Map<Integer, List<Way>> ways, String words) {
        ModelProto.Builder all = model.toBuilder();
        GraphProto.Builder graph = all.getGraphBuilder().clearNode();
        for (int i = 0; i < model.getGraph().getNodeCount(); i++) {
            NodeProto node = model.getGraph().getNode(i);
            List<Way> own = ways.get(i);
            if (own == null) {
                graph.addNode(node);
            } else {
                WrittenOut written = new WrittenOut(node, opset);
                own.stream()
                        .filter(way -> way.words.equals(words))
                        .findFirst()
                        .orElse(own.get(0))
                        .write
                        .accept(written);
                graph.addAllNode(written.nodes());
            }
        }
        return all.build().toByteArray();
    }

    /** The right way to write a node out, then those of mistakes; none if it is not known to be mistaken. */
    private List<Way> ways(NodeProto node) {
        boolean standard = node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
        if (!standard) {
            return List.of();
        }
        if (SOFTMAX.contains(node.getOpType())) {
            return softmax(node);
        }
        return switch (node.getOpType()) {
            case "BatchNormalization" -> normalisation(node);
            case "OneHot" -> oneHot();
            case "Clip" -> clip(node);
            default -> node.getOpType().startsWith("Reduce") ? reduction(node) : List.of();
        };
    }

    private List<Way> softmax(NodeProto node) {
        Optional<Long> given = WrittenOut.attribute(node, "axis").map(one -> one.getI());
        if (opset < SOFTMAX_ALONG_AXIS) {
            long axis = given.orElse(1L);
            List<Way> ways = new ArrayList<>(List.of(
                    new Way("", to -> flattened(to, axis)),
                    new Way("as in opset 13: along its axis alone", to -> along(to, axis))));
            if (given.isEmpty()) {
                ways.add(new Way("as in opset 13: along the last axis", to -> along(to, -1)));
            }
            return ways;
        }
        List<Way> ways = new ArrayList<>(List.of(
                new Way("", to -> along(to, given.orElse(-1L))),
                new Way("as before opset 13: over all axes from its own on", to -> flattened(to, given.orElse(1L)))));
        if (given.isEmpty()) {
            ways.add(new Way("with the axis of opsets before 13", to -> along(to, 1)));
        }
        return ways;
    }

    private static void flattened(WrittenOut to, long axis) {
        String shape = to.add("Shape", List.of(to.input(0)));
        String flat = to.add("Flatten", List.of(to.input(0)), "axis", axis);
        String result = to.add(to.operator(), List.of(flat), "axis", 1);
        to.result("Reshape", List.of(result, shape));
    }

    private static void along(WrittenOut to, long axis) {
        if (to.operator().equals("Hardmax")) {
            String index = to.constant(Tensor.of(new long[] {axis}, 1));
            String depth = to.add("Gather", List.of(to.add("Shape", List.of(to.input(0))), index));
            String largest = to.add("ArgMax", List.of(to.input(0)), "axis", axis, "keepdims", 0);
            String values = to.constant(Tensor.of(new float[] {0, 1}, 2));
            to.result("OneHot", List.of(largest, depth, values), "axis", axis);
            return;
        }
        String shifted = to.add("Sub", List.of(to.input(0), to.reduced("ReduceMax", to.input(0), axis)));
        String powers = to.add("Exp", List.of(shifted));
        String sum = to.reduced("ReduceSum", powers, axis);
        if (to.operator().equals("Softmax")) {
            to.result("Div", List.of(powers, sum));
        } else {
            to.result("Sub", List.of(shifted, to.add("Log", List.of(sum))));
        }
    }

    private List<Way> normalisation(NodeProto node) {
        boolean oneResult = node.getOutputList().stream().skip(1).allMatch(String::isEmpty);
        boolean trains = WrittenOut.attribute(node, "training_mode")
                .map(one -> one.getI() != 0)
                .orElse(false);
        boolean whole = WrittenOut.attribute(node, "spatial")
                .map(one -> one.getI() == 0)
                .orElse(false);
        return opset < 7 || !oneResult || trains || whole
                ? List.of()
                : List.of(
                        new Way("", to -> normalised(to, false)),
                        new Way("as in training: with the mean and variance of its input", to -> normalised(to, true)));
    }

    private static void normalised(WrittenOut to, boolean ofInput) {
        String shape = to.add("Shape", List.of(to.input(0)));
        String x = to.add("Reshape", List.of(to.input(0), to.constant(Tensor.of(new long[] {0, 0, -1}, 3))));
        String channels = to.constant(Tensor.of(new long[] {1, -1, 1}, 3));
        List<String> given = new ArrayList<>();
        for (int i = 1; i < 5; i++) {
            given.add(to.add("Reshape", List.of(to.input(i), channels)));
        }
        String mean = ofInput ? to.reduced("ReduceMean", x, 0, 2) : given.get(2);
        String shifted = to.add("Sub", List.of(x, mean));
        String variance =
                ofInput ? to.reduced("ReduceMean", to.add("Mul", List.of(shifted, shifted)), 0, 2) : given.get(3);
        String epsilon = to.constant(Tensor.of(new float[] {to.number("epsilon", 1e-5f)}));
        String deviation = to.add("Sqrt", List.of(to.add("Add", List.of(variance, epsilon))));
        String scaled = to.add("Mul", List.of(to.add("Div", List.of(shifted, deviation)), given.get(0)));
        to.result("Reshape", List.of(to.add("Add", List.of(scaled, given.get(1))), shape));
    }

    /** Negative indices count from the end since opset 11, and name nothing before. */
    private List<Way> oneHot() {
        Way off = new Way("as before opset 11: negative indices name nothing", to -> indexed(to, false));
        Way counted = new Way("as in opset 11: negative indices count from the end", to -> indexed(to, true));
        return opset < 9 ? List.of() : opset < NEGATIVE_INDICES ? List.of(off, counted) : List.of(counted, off);
    }

    private static void indexed(WrittenOut to, boolean fromEnd) {
        String indices = to.add("Cast", List.of(to.input(0)), "to", 7);
        String depth = to.add(
                "Reshape",
                List.of(to.add("Cast", List.of(to.input(1)), "to", 7), to.constant(Tensor.of(new long[] {1}, 1))));
        String zero = to.constant(Tensor.of(new long[] {0}, 1));
        String moved = fromEnd
                ? to.add(
                        "Where",
                        List.of(
                                to.add("Less", List.of(indices, zero)),
                                to.add("Add", List.of(indices, depth)),
                                indices))
                : indices;
        // What is still below 0 names nothing, like the size itself.
        String named = to.add("Where", List.of(to.add("Less", List.of(moved, zero)), depth, moved));
        to.itself(List.of(named, to.input(1), to.input(2)), "");
    }

    /** Where the least value is above the greatest, the greatest counts. */
    private List<Way> clip(NodeProto node) {
        boolean both = node.getInputCount() == 3 && node.getInputList().stream().noneMatch(String::isEmpty);
        return both && opset >= 12
                ? List.of(
                        new Way("", to -> limited(to, 1, "Max", 2, "Min")),
                        new Way("with its limits in the other order", to -> limited(to, 2, "Min", 1, "Max")))
                : List.of();
    }

    private static void limited(WrittenOut to, int first, String operator, int second, String then) {
        to.result(then, List.of(to.add(operator, List.of(to.input(0), to.input(first))), to.input(second)));
    }

    /** A reduction over no axes at all, which is over all of them or over none. */
    private List<Way> reduction(NodeProto node) {
        boolean given = opset >= (node.getOpType().equals("ReduceSum") ? 13 : 18);
        boolean none = node.getInputCount() < 2 || node.getInput(1).isEmpty() || isEmpty(node.getInput(1));
        if (!given || !none) {
            return List.of();
        }
        boolean leaves = WrittenOut.attribute(node, "noop_with_empty_axes")
                .map(one -> one.getI() != 0)
                .orElse(false);
        Way all = new Way("over all axes", to -> to.itself(List.of(to.input(0)), "noop_with_empty_axes"));
        Way each = new Way("over no axes: each element by itself", OpsetReadings::eachByItself);
        Way nothing = new Way("over no axes: nothing is computed", to -> to.result("Identity", List.of(to.input(0))));
        return leaves ? List.of(each, all, nothing) : List.of(all, each, nothing);
    }

    private static void eachByItself(WrittenOut to) {
        List<String> x = List.of(to.input(0));
        switch (to.operator()) {
            case "ReduceL1", "ReduceL2" -> to.result("Abs", x);
            case "ReduceLogSum" -> to.result("Log", x);
            case "ReduceSumSquare" -> to.result("Mul", List.of(to.input(0), to.input(0)));
            default -> to.result("Identity", x);
        }
    }

    private boolean isEmpty(String constant) {
        return model.getGraph().getInitializerList().stream()
                        .anyMatch(one -> one.getName().equals(constant)
                                && one.getDimsList().equals(List.of(0L)))
                || model.getGraph().getNodeList().stream()
                        .anyMatch(one -> one.getOpType().equals("Constant")
                                && one.getOutput(0).equals(constant)
                                && WrittenOut.attribute(one, "value")
                                        .map(value -> value.getT().getDimsList().equals(List.of(0L)))
                                        .orElse(false));
    }
}
