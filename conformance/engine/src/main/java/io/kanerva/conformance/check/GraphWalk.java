package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.FunctionProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Walks through the nodes in the order of computation. */
record GraphWalk(ModelProto model, int depth) {
    private static final Set<String> QUANTISING = Set.of("QuantizeLinear", "DynamicQuantizeLinear");
    private static final Set<String> RANDOM = Set.of(
            "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli");
    /** The sizes of their results follow from the values of what they are given. */
    private static final Set<String> SIZED_BY_VALUES = Set.of(
            "Compress",
            "ConstantOfShape",
            "Loop",
            "NonMaxSuppression",
            "NonZero",
            "Range",
            "SplitToSequence",
            "StringSplit",
            "Unique");
    /** The same, but from the values of all inputs but the first. */
    private static final Set<String> SIZED_BY_LATER_INPUTS = Set.of(
            "CenterCropPad",
            "Expand",
            "MaxUnpool",
            "OneHot",
            "Pad",
            "Reshape",
            "Resize",
            "Slice",
            "Split",
            "Tile",
            "TopK",
            "Upsample");

    /** Before it, Dropout drops unless an attribute says that it is a test. */
    private static final int DROPOUT_INFERS = 7;

    /** Functions of a model call others, but not so deep; a malformed one may call itself. */
    private static final int MAX_DEPTH = 32;

    GraphWalk(ModelProto model) {
        this(model, 0);
    }

    Map<String, ValueFacts> graph(GraphProto graph, Map<String, ValueFacts> outer) {
        Map<String, ValueFacts> values = new HashMap<>(outer);
        for (ValueInfoProto input : graph.getInputList()) {
            values.put(
                    input.getName(),
                    ValueFacts.of(input.getType().getTensorType().getElemType(), false));
        }
        for (TensorProto weight : graph.getInitializerList()) {
            values.put(weight.getName(), ValueFacts.of(weight));
        }
        graph.getSparseInitializerList()
                .forEach(weight -> values.put(
                        weight.getValues().getName(),
                        ValueFacts.of(weight.getValues().getDataType(), true)));
        nodes(graph.getNodeList(), values);
        return values;
    }

    private void nodes(List<NodeProto> nodes, Map<String, ValueFacts> values) {
        for (NodeProto node : NodeOrder.of(nodes)) {
            List<ValueFacts> results = results(node, values);
            for (int i = 0; i < node.getOutputCount(); i++) {
                if (!node.getOutput(i).isEmpty()) {
                    values.put(node.getOutput(i), results.get(Math.min(i, results.size() - 1)));
                }
            }
        }
    }

    /** One value for each output of a node, or one for all of them. */
    private List<ValueFacts> results(NodeProto node, Map<String, ValueFacts> values) {
        if (node.getOpType().equals("Shape") || node.getOpType().equals("Size")) {
            Set<String> sizes = node.getInputCount() == 0
                    ? Set.of()
                    : values.getOrDefault(node.getInput(0), ValueFacts.NOTHING).sizes();
            return List.of(new ValueFacts(ElementType.INT64, null, false, Set.of(), sizes, Set.of(), true, null));
        }
        List<ValueFacts> inputs = new ArrayList<>();
        node.getInputList().forEach(input -> inputs.add(values.getOrDefault(input, ValueFacts.NOTHING)));
        FunctionProto function = function(node);
        if (function != null && depth < MAX_DEPTH) {
            return called(function, inputs);
        }
        boolean known = node.getInputList().stream().allMatch(input -> input.isEmpty() || values.containsKey(input));
        inputs.removeIf(input -> input == ValueFacts.NOTHING);
        List<Map<String, ValueFacts>> within = new ArrayList<>();
        List<GraphProto> bodies = NodeOrder.bodies(node);
        bodies.forEach(body -> within.add(graph(body, values)));
        if (node.getOpType().equals("If") && bodies.size() == 2) {
            return chosen(node, inputs, bodies, within);
        }
        for (int i = 0; i < bodies.size(); i++) {
            Map<String, ValueFacts> inner = within.get(i);
            bodies.get(i)
                    .getOutputList()
                    .forEach(output -> inputs.add(inner.getOrDefault(output.getName(), ValueFacts.NOTHING)));
        }
        List<ValueFacts> results = new ArrayList<>(List.of(result(node, inputs, values, known)));
        ResultTypes.further(node).forEach(type -> results.add(results.get(0).of(type)));
        return results;
    }

    /** The outputs of an If: each is that of one branch, and the condition decides which. */
    private static List<ValueFacts> chosen(
            NodeProto node,
            List<ValueFacts> condition,
            List<GraphProto> branches,
            List<Map<String, ValueFacts>> within) {
        List<ValueFacts> results = new ArrayList<>();
        for (int i = 0; i < node.getOutputCount(); i++) {
            ValueFacts result = null;
            for (int branch = 0; branch < branches.size(); branch++) {
                GraphProto body = branches.get(branch);
                String output = i < body.getOutputCount() ? body.getOutput(i).getName() : "";
                ValueFacts one = within.get(branch).getOrDefault(output, ValueFacts.NOTHING);
                result = result == null ? one : result.or(one);
            }
            for (ValueFacts by : condition) {
                result = new ValueFacts(
                        result.type(),
                        result.coarsest(),
                        result.constant() && by.constant(),
                        ValueFacts.joined(result.quantises(), by.quantises()),
                        ValueFacts.joined(result.random(), by.random()),
                        ValueFacts.joined(result.sizes(), by.random()),
                        result.exact() && by.exact(),
                        null);
            }
            results.add(result);
        }
        return results;
    }

    private FunctionProto function(NodeProto node) {
        return model.getFunctionsList().stream()
                .filter(function -> function.getName().equals(node.getOpType())
                        && function.getDomain().equals(node.getDomain()))
                .findFirst()
                .orElse(null);
    }

    /** The outputs of one of the model's functions. */
    private List<ValueFacts> called(FunctionProto function, List<ValueFacts> inputs) {
        Map<String, ValueFacts> values = new HashMap<>();
        for (int i = 0; i < function.getInputCount(); i++) {
            values.put(function.getInput(i), i < inputs.size() ? inputs.get(i) : ValueFacts.NOTHING);
        }
        new GraphWalk(model, depth + 1).nodes(function.getNodeList(), values);
        return function.getOutputCount() == 0
                ? List.of(ValueFacts.NOTHING)
                : function.getOutputList().stream()
                        .map(output -> values.getOrDefault(output, ValueFacts.NOTHING))
                        .toList();
    }

    /** @param known whether something is known of every input */
    private ValueFacts result(NodeProto node, List<ValueFacts> inputs, Map<String, ValueFacts> values, boolean known) {
        Set<String> quantises = new LinkedHashSet<>();
        Set<String> random = new LinkedHashSet<>();
        Set<String> sizes = new LinkedHashSet<>();
        boolean constant = inputs.stream().allMatch(ValueFacts::constant);
        boolean ofIntegers = !inputs.isEmpty()
                && inputs.stream()
                        .allMatch(input -> input.type() != null && !input.type().isFloat());
        ElementType type = ResultTypes.first(node, inputs, values);
        boolean exact = known
                && ExactNodes.decides(node, ofIntegers)
                && !(node.getOpType().startsWith("Cast")
                        && ExactNodes.roundTwice(ResultTypes.ofInput(node, 0, values), type))
                && inputs.stream().allMatch(ValueFacts::exact);
        ElementType coarsest = null;
        for (ValueFacts input : inputs) {
            quantises.addAll(input.quantises());
            random.addAll(input.random());
            sizes.addAll(input.sizes());
            if (SIZED_BY_VALUES.contains(node.getOpType())
                    || SIZED_BY_LATER_INPUTS.contains(node.getOpType()) && input != inputs.get(0)) {
                sizes.addAll(input.random());
            }
            coarsest = OutputFacts.coarser(coarsest, input.coarsest());
        }
        named(node, inputs, values, quantises, random);
        // A weight in half precision that is widened before it is used is exact.
        boolean computed = !constant || !random.isEmpty();
        return new ValueFacts(
                type,
                computed ? OutputFacts.coarser(coarsest, type) : null,
                !computed,
                quantises,
                random,
                sizes,
                exact,
                computed ? null : truth(node, inputs));
    }

    /** The truth of a constant. */
    private static Boolean truth(NodeProto node, List<ValueFacts> inputs) {
        return switch (node.getOpType()) {
            case "Constant" ->
                node.getAttributeCount() == 1 && node.getAttribute(0).hasT()
                        ? ValueFacts.of(node.getAttribute(0).getT()).truth()
                        : null;
            case "Identity", "Cast" -> inputs.isEmpty() ? null : inputs.get(0).truth();
            default -> null;
        };
    }

    private void named(
            NodeProto node,
            List<ValueFacts> inputs,
            Map<String, ValueFacts> values,
            Set<String> quantises,
            Set<String> random) {
        String output = node.getOutputCount() == 0 ? "" : node.getOutput(0);
        String name = "%s '%s'".formatted(node.getOpType(), node.getName().isEmpty() ? output : node.getName());
        boolean rounds = QUANTISING.contains(node.getOpType())
                || node.getOpType().startsWith("QLinear")
                || node.getOpType().equals("QGemm");
        if (rounds && !(!inputs.isEmpty() && inputs.stream().allMatch(ValueFacts::constant))) {
            quantises.add(name);
        }
        boolean drops = node.getOpType().equals("Dropout") && trains(node, values);
        if (RANDOM.contains(node.getOpType()) || drops) {
            random.add(name);
        }
    }

    /** Whether a Dropout drops: its third input, if it has one, is true, or not known before the model runs. */
    private boolean trains(NodeProto node, Map<String, ValueFacts> values) {
        if (OpsetReadings.opset(model) < DROPOUT_INFERS) {
            return WrittenOut.attribute(node, "is_test")
                    .map(one -> one.getI() == 0)
                    .orElse(true);
        }
        if (node.getInputCount() < 3 || node.getInput(2).isEmpty()) {
            return false;
        }
        return !Boolean.FALSE.equals(
                values.getOrDefault(node.getInput(2), ValueFacts.NOTHING).truth());
    }
}
