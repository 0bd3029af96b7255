package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How nodes that engines are known to mistake are written out. */
final class NodeWays {
    private static final int SOFTMAX_ALONG_AXIS = 13;
    private static final int NEGATIVE_INDICES = 11;
    private static final String POWERS = "with powers of its elements themselves";

    /** Operators whose results are finite where a formula for them is not; ONNX Runtime has formulas that are. */
    private static final Set<String> OVERFLOWING = Set.of(
            "Acosh",
            "Asinh",
            "Celu",
            "Cosh",
            "Elu",
            "Gelu",
            "LogSoftmax",
            "Mish",
            "ReduceLogSumExp",
            "Selu",
            "Sigmoid",
            "Sinh",
            "Softmax",
            "Softplus",
            "Swish",
            "Tanh");

    /** Those of them whose result depends on several elements. */
    private static final Set<String> OF_SUMS = Set.of("LogSoftmax", "ReduceLogSumExp", "Softmax");

    private final ModelProto model;
    private final Map<String, ValueFacts> values;
    private final int opset;

    NodeWays(ModelProto model, int opset) {
        this.model = model;
        this.opset = opset;
        values = new GraphWalk(model).graph(model.getGraph(), Map.of());
    }

    /** The right way to write a node out, then those of mistakes; none if it is not known to be mistaken. */
    List<Way> of(NodeProto node) {
        List<Way> ways = new ArrayList<>(known(node));
        if (isStandard(node) && OVERFLOWING.contains(node.getOpType())) {
            ways.addAll(ways.isEmpty() ? List.of(Way.ITSELF) : List.of());
            ways.add(new Way(Way.OVERFLOWS, this::overflowing));
        }
        return ways;
    }

    private static boolean isStandard(NodeProto node) {
        return node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx");
    }

    /** The node with NaN for its result wherever a power of e may overflow. */
    private void overflowing(WrittenOut to) {
        ElementType type = values.getOrDefault(to.input(0), ValueFacts.NOTHING).type();
        if (type == null || !type.isFloat()) {
            to.unchanged();
            return;
        }
        String size = to.add("Abs", List.of(to.input(0)));
        // One large element of a sum may make all of its results overflow.
        String largest = OF_SUMS.contains(to.operator()) ? to.add("ReduceMax", List.of(size), "keepdims", 0) : size;
        double limit = type == ElementType.FLOAT64 ? 350 : type == ElementType.FLOAT16 ? 5 : 40;
        String within = to.add("Less", List.of(largest, to.number(type, limit)));
        to.result("Where", List.of(within, to.unchangedApart(), to.number(type, Double.NaN)));
    }

    private List<Way> known(NodeProto node) {
        if (!isStandard(node)) {
            return List.of();
        }
        return switch (node.getOpType()) {
            case "Softmax", "LogSoftmax", "Hardmax" -> softmax(node);
            case "BatchNormalization" -> normalisation(node);
            case "OneHot" -> oneHot();
            case "Clip" -> clip(node);
            case "AveragePool", "LRN", "Resize", "RoiAlign" -> new WindowWays(node, opset).ways();
            case "Softplus" ->
                List.of(Way.ITSELF, new Way("as the logarithm of 1 + exp(x)", NodeWays::logarithmOfPower));
            default -> node.getOpType().startsWith("Reduce") ? reduction(node) : List.of();
        };
    }

    private static void logarithmOfPower(WrittenOut to) {
        String power = to.add("Exp", List.of(to.input(0)));
        to.result("Log", List.of(to.add("Add", List.of(power, to.constant(Tensor.of(new float[] {1}))))));
    }

    private List<Way> softmax(NodeProto node) {
        Optional<Long> given = WrittenOut.attribute(node, "axis").map(one -> one.getI());
        if (opset < SOFTMAX_ALONG_AXIS) {
            long axis = given.orElse(1L);
            List<Way> ways = new ArrayList<>(List.of(
                    new Way("", to -> flattened(to, axis, true)),
                    new Way("as in opset 13: along its axis alone", to -> along(to, axis, true)),
                    new Way(POWERS, to -> flattened(to, axis, false))));
            if (given.isEmpty()) {
                ways.add(new Way("as in opset 13: along the last axis", to -> along(to, -1, true)));
            }
            return ways;
        }
        List<Way> ways = new ArrayList<>(List.of(
                new Way("", to -> along(to, given.orElse(-1L), true)),
                new Way(POWERS, to -> along(to, given.orElse(-1L), false)),
                new Way(
                        "as before opset 13: over all axes from its own on",
                        to -> flattened(to, given.orElse(1L), true))));
        if (given.isEmpty()) {
            ways.add(new Way("with the axis of opsets before 13", to -> along(to, 1, true)));
        }
        return ways;
    }

    /** @param shifts whether the largest element is subtracted first, so that no power of e overflows */
    private static void flattened(WrittenOut to, long axis, boolean shifts) {
        String shape = to.add("Shape", List.of(to.input(0)));
        String flat = to.add("Flatten", List.of(to.input(0)), "axis", axis);
        String result = shifts ? to.add(to.operator(), List.of(flat), "axis", 1) : along(to, flat, 1, false);
        to.result("Reshape", List.of(result, shape));
    }

    private static void along(WrittenOut to, long axis, boolean shifts) {
        to.result("Identity", List.of(along(to, to.input(0), axis, shifts)));
    }

    private static String along(WrittenOut to, String x, long axis, boolean shifts) {
        if (to.operator().equals("Hardmax")) {
            String index = to.constant(Tensor.of(new long[] {axis}, 1));
            String depth = to.add("Gather", List.of(to.add("Shape", List.of(x)), index));
            String largest = to.add("ArgMax", List.of(x), "axis", axis, "keepdims", 0);
            String values = to.constant(Tensor.of(new float[] {0, 1}, 2));
            return to.add("OneHot", List.of(largest, depth, values), "axis", axis);
        }
        String shifted = shifts ? to.add("Sub", List.of(x, to.reduced("ReduceMax", x, axis))) : x;
        String powers = to.add("Exp", List.of(shifted));
        String sum = to.reduced("ReduceSum", powers, axis);
        return to.operator().equals("Softmax")
                ? to.add("Div", List.of(powers, sum))
                : to.add("Sub", List.of(shifted, to.add("Log", List.of(sum))));
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
                        new Way("", to -> normalised(to, 0)),
                        new Way("as in training: with the mean and variance of its input", to -> normalised(to, 1)),
                        new Way(
                                "as in training: with the mean and variance that it would leave",
                                to -> normalised(to, 1 - to.number("momentum", 0.9f))));
    }

    /** @param ofInput the share of the input's own mean and variance */
    private static void normalised(WrittenOut to, float ofInput) {
        String shape = to.add("Shape", List.of(to.input(0)));
        String x = to.add("Reshape", List.of(to.input(0), to.constant(Tensor.of(new long[] {0, 0, -1}, 3))));
        String channels = to.constant(Tensor.of(new long[] {1, -1, 1}, 3));
        List<String> given = new ArrayList<>();
        for (int i = 1; i < 5; i++) {
            given.add(to.add("Reshape", List.of(to.input(i), channels)));
        }
        String mean = given.get(2);
        String variance = given.get(3);
        if (ofInput > 0) {
            String own = to.reduced("ReduceMean", x, 0, 2);
            String apart = to.add("Sub", List.of(x, own));
            variance =
                    mixed(to, variance, to.reduced("ReduceMean", to.add("Mul", List.of(apart, apart)), 0, 2), ofInput);
            mean = mixed(to, mean, own, ofInput);
        }
        String shifted = to.add("Sub", List.of(x, mean));
        String epsilon = to.constant(Tensor.of(new float[] {to.number("epsilon", 1e-5f)}));
        String deviation = to.add("Sqrt", List.of(to.add("Add", List.of(variance, epsilon))));
        String scaled = to.add("Mul", List.of(to.add("Div", List.of(shifted, deviation)), given.get(0)));
        to.result("Reshape", List.of(to.add("Add", List.of(scaled, given.get(1))), shape));
    }

    private static String mixed(WrittenOut to, String given, String own, float share) {
        String one = to.add("Mul", List.of(given, to.number(ElementType.FLOAT32, 1 - share)));
        return to.add("Add", List.of(one, to.add("Mul", List.of(own, to.number(ElementType.FLOAT32, share)))));
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
                List.of(to.add("Cast", List.of(to.input(1)), "to", 7), to.constant(Tensor.of(new long[0], 0))));
        String zero = to.number(ElementType.INT64, 0);
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
            return node.getOpType().equals("ReduceLogSumExp")
                    ? List.of(Way.ITSELF, new Way(POWERS, NodeWays::sumOfPowers))
                    : List.of();
        }
        boolean leaves = WrittenOut.attribute(node, "noop_with_empty_axes")
                .map(one -> one.getI() != 0)
                .orElse(false);
        Way all = new Way("over all axes", to -> to.itself(List.of(to.input(0)), "noop_with_empty_axes"));
        Way each = new Way("over no axes: each element by itself", NodeWays::eachByItself);
        Way nothing = new Way("over no axes: nothing is computed", to -> to.result("Identity", List.of(to.input(0))));
        return leaves ? List.of(each, all, nothing) : List.of(all, each, nothing);
    }

    private static void sumOfPowers(WrittenOut to) {
        to.as("ReduceLogSum", to.add("Exp", List.of(to.input(0))));
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
