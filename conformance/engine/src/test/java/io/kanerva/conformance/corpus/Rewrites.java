package io.kanerva.conformance.corpus;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** How an engine takes a model for another: with other rounding errors only, or with a fault. */
final class Rewrites {
    private Rewrites() {}

    /** Adds up the halves of {@code x} apart. */
    static void splitSum(ModelProto.Builder model) {
        split(model.getGraphBuilder(), "x", "ReduceSum", 0.5f);
    }

    /** Takes the means of the halves of {@code shifted} apart. */
    static void splitMean(ModelProto.Builder model) {
        split(model.getGraphBuilder(), "shifted", "ReduceMean", 0.5f);
    }

    private static void split(GraphProto.Builder graph, String value, String operator, float weight) {
        for (int i = 0; i < graph.getNodeCount(); i++) {
            NodeProto node = graph.getNode(i);
            if (node.getOpType().equals(operator)) {
                String to = node.getOutput(0);
                List<NodeProto> nodes = List.of(
                        Graph.single("Split", value, "first second", "axis", 1),
                        Graph.single(operator, "first", "sum1", "keepdims", 1),
                        Graph.single(operator, "second", "sum2", "keepdims", 1),
                        Graph.single(operator.equals("ReduceSum") ? "Sum" : "Mean", "sum1 sum2", to));
                graph.removeNode(i);
                for (int j = 0; j < nodes.size(); j++) {
                    graph.addNode(i + j, nodes.get(j));
                }
                return;
            }
        }
        throw new IllegalStateException("there is no " + operator);
    }

    /** Adds in another order: every product x w becomes (x p) (p' w), where p reverses the order of the terms. */
    static void reorder(ModelProto.Builder model) {
        GraphProto.Builder graph = model.getGraphBuilder();
        List<NodeProto> nodes = List.copyOf(graph.getNodeList());
        graph.clearNode();
        for (NodeProto node : nodes) {
            if (node.getOpType().equals("MatMul")) {
                String name = node.getOutput(0);
                TensorProto weight = graph.getInitializerList().stream()
                        .filter(initializer -> initializer.getName().equals(node.getInput(1)))
                        .findFirst()
                        .orElseThrow();
                int rows = (int) weight.getDims(0);
                long[] order = new long[rows];
                for (int i = 0; i < rows; i++) {
                    order[i] = rows - 1 - i;
                }
                graph.addInitializer(Values.longs(order).named(name + "-order").toProto());
                graph.addNode(Graph.single("Gather", node.getInput(0) + " " + name + "-order", name + "-x", "axis", 1));
                graph.addNode(Graph.single("Gather", node.getInput(1) + " " + name + "-order", name + "-w", "axis", 0));
                graph.addNode(Graph.single("MatMul", name + "-x " + name + "-w", name));
            } else {
                graph.addNode(node);
            }
        }
    }

    /** Replaces an attribute of all nodes with an operator. */
    static Consumer<ModelProto.Builder> attribute(String operator, String name, Object value) {
        return model -> {
            boolean[] found = {false};
            for (NodeProto.Builder node : model.getGraphBuilder().getNodeBuilderList()) {
                if (node.getOpType().equals(operator)) {
                    AttributeProto changed =
                            Graph.single("", "", "x", name, value).getAttribute(0);
                    List<AttributeProto> others = node.getAttributeList().stream()
                            .filter(attribute -> !attribute.getName().equals(name))
                            .toList();
                    node.clearAttribute().addAllAttribute(others).addAttribute(changed);
                    found[0] = true;
                }
            }
            require(found[0], operator);
        };
    }

    /** Takes an operator for another with the same inputs and outputs. */
    static Consumer<ModelProto.Builder> operator(String operator, String other) {
        return model -> {
            boolean found = false;
            for (NodeProto.Builder node : model.getGraphBuilder().getNodeBuilderList()) {
                if (node.getOpType().equals(operator)) {
                    node.setOpType(other);
                    found = true;
                }
            }
            require(found, operator);
        };
    }

    /** Adds a number to an input of all nodes with an operator. */
    static Consumer<ModelProto.Builder> shifted(String operator, int input, float by) {
        return model -> {
            GraphProto.Builder graph = model.getGraphBuilder();
            graph.addInitializer(Tensor.of(ElementType.FLOAT32, new double[] {by})
                    .named("by")
                    .toProto());
            boolean found = false;
            for (int i = 0; i < graph.getNodeCount(); i++) {
                NodeProto node = graph.getNode(i);
                if (node.getOpType().equals(operator)) {
                    graph.setNode(i, node.toBuilder().setInput(input, "shifted").build());
                    graph.addNode(i++, Graph.single("Add", node.getInput(input) + " by", "shifted"));
                    found = true;
                }
            }
            require(found, operator);
        };
    }

    /** Multiplies a weight. */
    static Consumer<ModelProto.Builder> weight(String name, double factor) {
        return weight(name, Values.times(factor));
    }

    /** The same, where a model that is cut down may not have it. */
    static Consumer<ModelProto.Builder> weightIfUsed(String name, double factor) {
        return model -> {
            if (model.getGraph().getInitializerList().stream()
                    .anyMatch(weight -> weight.getName().equals(name))) {
                weight(name, factor).accept(model);
            }
        };
    }

    /** Replaces a weight. */
    static Consumer<ModelProto.Builder> replaced(String name, Tensor value) {
        return weight(name, old -> value);
    }

    private static Consumer<ModelProto.Builder> weight(String name, UnaryOperator<Tensor> change) {
        return model -> {
            boolean found = false;
            for (TensorProto.Builder weight : model.getGraphBuilder().getInitializerBuilderList()) {
                if (weight.getName().equals(name)) {
                    Tensor changed = change.apply(Tensor.of(weight.build()));
                    weight.clear().mergeFrom(changed.named(name).toProto());
                    found = true;
                }
            }
            require(found, name);
        };
    }

    /** Rounds halves away from 0: sign(x) floor(|x| + 1/2) before a QuantizeLinear whose scale is 1. */
    static void awayFromZero(ModelProto.Builder model) {
        GraphProto.Builder graph = model.getGraphBuilder();
        graph.addInitializer(
                Tensor.of(ElementType.FLOAT32, new double[] {0.5}).named("half").toProto());
        for (int i = 0; i < graph.getNodeCount(); i++) {
            NodeProto node = graph.getNode(i);
            String operator = node.getOpType();
            if (operator.equals("QuantizeLinear") || operator.equals("Round")) {
                String x = node.getInput(0);
                graph.setNode(i, node.toBuilder().setInput(0, "away").build());
                graph.addNode(i, Graph.single("Mul", "sign floor", "away"));
                graph.addNode(i, Graph.single("Floor", "more", "floor"));
                graph.addNode(i, Graph.single("Add", "size half", "more"));
                graph.addNode(i, Graph.single("Abs", x, "size"));
                graph.addNode(i, Graph.single("Sign", x, "sign"));
                return;
            }
        }
        throw new IllegalStateException("nothing rounds");
    }

    private static void require(boolean found, String what) {
        if (!found) {
            throw new IllegalStateException(String.format(Locale.ROOT, "the model has no %s", what));
        }
    }
}
