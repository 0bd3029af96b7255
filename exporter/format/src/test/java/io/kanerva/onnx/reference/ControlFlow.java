package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Operators with subgraphs: If and Loop. */
final class ControlFlow {
    static final Set<String> OPERATORS = Set.of("If", "Loop");

    private ControlFlow() {}

    static Stream<GraphProto> subgraphs(NodeProto node) {
        return node.getAttributeList().stream().filter(AttributeProto::hasG).map(AttributeProto::getG);
    }

    /** The values that a node may read: its inputs, and all names that its subgraphs read. */
    static Stream<String> reads(NodeProto node) {
        Stream<String> inside = subgraphs(node)
                .flatMap(graph -> Stream.concat(
                        graph.getNodeList().stream().flatMap(ControlFlow::reads),
                        graph.getOutputList().stream().map(output -> output.getName())));
        return Stream.concat(node.getInputList().stream(), inside);
    }

    static void run(NodeProto node, Map<String, Array> values) {
        Attributes attributes = new Attributes(node);
        List<Array> outputs = node.getOpType().equals("If")
                ? outputs(
                        attributes.graph(values.get(node.getInput(0)).data()[0] != 0 ? "then_branch" : "else_branch"),
                        values)
                : loop(node, attributes.graph("body"), values);
        for (int i = 0; i < node.getOutputCount(); i++) {
            values.put(node.getOutput(i), outputs.get(i));
        }
    }

    private static List<Array> loop(NodeProto node, GraphProto body, Map<String, Array> values) {
        int states = node.getInputCount() - 2;
        List<Array> state = new ArrayList<>();
        node.getInputList().stream().skip(2).forEach(name -> state.add(values.get(name)));
        List<List<Array>> collected = new ArrayList<>();
        for (int i = states + 1; i < body.getOutputCount(); i++) {
            collected.add(new ArrayList<>());
        }
        double most = node.getInput(0).isEmpty()
                ? Double.POSITIVE_INFINITY
                : values.get(node.getInput(0)).data()[0];
        boolean goesOn =
                node.getInput(1).isEmpty() || values.get(node.getInput(1)).data()[0] != 0;
        for (int i = 0; i < most && goesOn; i++) {
            Map<String, Array> inside = new HashMap<>(values);
            inside.put(body.getInput(0).getName(), new Array(ElementType.INT64, new int[0], new double[] {i}));
            inside.put(body.getInput(1).getName(), new Array(ElementType.BOOL, new int[0], new double[] {1}));
            for (int s = 0; s < states; s++) {
                inside.put(body.getInput(s + 2).getName(), state.get(s));
            }
            List<Array> outputs = outputs(body, inside);
            goesOn = outputs.get(0).data()[0] != 0;
            for (int s = 0; s < states; s++) {
                state.set(s, outputs.get(s + 1));
            }
            for (int c = 0; c < collected.size(); c++) {
                collected.get(c).add(outputs.get(states + 1 + c));
            }
        }
        List<Array> outputs = new ArrayList<>(state);
        for (int c = 0; c < collected.size(); c++) {
            outputs.add(stacked(collected.get(c), body.getOutput(states + 1 + c)));
        }
        return outputs;
    }

    private static List<Array> outputs(GraphProto graph, Map<String, Array> outer) {
        Map<String, Array> values = new HashMap<>(outer);
        ReferenceEvaluator.compute(graph, values);
        return graph.getOutputList().stream()
                .map(output -> values.get(output.getName()))
                .toList();
    }

    /** The elements along a new first axis; without elements, a declared shape with 0 for what is not declared. */
    private static Array stacked(List<Array> elements, ValueInfoProto declared) {
        int[] element = elements.isEmpty()
                ? declared.getType().getTensorType().getShape().getDimList().stream()
                        .mapToInt(dimension -> (int) dimension.getDimValue())
                        .toArray()
                : elements.get(0).shape();
        int[] shape = new int[element.length + 1];
        shape[0] = elements.size();
        System.arraycopy(element, 0, shape, 1, element.length);
        ElementType type = elements.isEmpty()
                ? ElementType.of(declared.getType().getTensorType().getElemType())
                        .orElseThrow()
                : elements.get(0).type();
        elements.forEach(each -> {
            if (!Arrays.equals(each.shape(), element)) {
                throw new IllegalArgumentException("a Loop collects values of shapes " + Arrays.toString(element)
                        + " and " + Arrays.toString(each.shape()));
            }
        });
        double[] data = elements.stream()
                .flatMapToDouble(each -> Arrays.stream(each.data()))
                .toArray();
        return new Array(type, shape, data);
    }
}
