package io.kanerva.conformance.check;

import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Operators that mean one thing in the model's opset and another in a different one, or that engines are known to take
 * for something else. Each is written out as nodes that can be read in one way only, once as the specification of the
 * model's opset has it and once for each mistake, so that what an engine gives tells how it has read the model.
 */
final class OpsetReadings {
    /**
     * Operators whose definition was made more precise or changed in an opset, and that are not written out here: where
     * several engines stand against several, the model alone does not tell who is right.
     */
    private static final Map<String, Integer> REVISED =
            Map.of("Resize", 11, "Upsample", 10, "AveragePool", 22, "MaxPool", 22, "ConvTranspose", 11);

    /** Operators in which nothing cancels, so that a formula for them rounds a result by a small part of it only. */
    private static final Set<String> WELL_CONDITIONED = Set.of("LRN", "Softmax");

    /** More than float32 rounds them by, in shares of the largest element. */
    private static final double ROUNDED = 0.01;

    /**
     * What a model means.
     *
     * @param right the model with its nodes written out as its opset has them
     * @param others the same with the nodes of one kind taken for something else, by what they are taken for:
     *     {@code Softmax 'y' of opset 11 as in opset 13: along its axis alone}
     * @param decided the first node that is written out, if nothing but a mistake explains what is not right; else
     *     empty
     * @param rounding what rounding may explain nevertheless, in shares of the largest element; 0 if all nodes are
     *     exact
     */
    record Readings(Supplier<byte[]> right, Map<String, Supplier<byte[]>> others, String decided, double rounding) {}

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
                .filter(OpsetReadings::isUnclear)
                .map(node -> described(node, opset))
                .findFirst();
    }

    /** Whether a node uses what was revised of its operator: sizes that are rounded up, padding that is not stated. */
    private static boolean isUnclear(NodeProto node) {
        return switch (node.getOpType()) {
            case "AveragePool", "MaxPool" ->
                WrittenOut.attribute(node, "ceil_mode")
                        .filter(one -> one.getI() != 0)
                        .isPresent();
            case "ConvTranspose" ->
                WrittenOut.attribute(node, "output_shape").isPresent()
                        || WrittenOut.attribute(node, "auto_pad")
                                .filter(one -> one.getS().toStringUtf8().startsWith("SAME"))
                                .isPresent();
            default -> true;
        };
    }

    private static String described(NodeProto node, int opset) {
        return "%s '%s' of opset %d".formatted(node.getOpType(), node.getOutput(0), opset);
    }

    private Optional<Readings> readings() {
        Map<Integer, List<Way>> ways = new LinkedHashMap<>();
        Set<String> mistakes = new LinkedHashSet<>();
        NodeWays written = new NodeWays(model, opset);
        List<NodeProto> nodes = model.getGraph().getNodeList();
        for (int i = 0; i < nodes.size(); i++) {
            List<Way> own = written.of(nodes.get(i));
            if (!own.isEmpty()) {
                ways.put(i, own);
                own.stream().skip(1).map(Way::words).forEach(mistakes::add);
            }
        }
        if (ways.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Supplier<byte[]>> others = new LinkedHashMap<>();
        for (String mistake : mistakes) {
            NodeProto first = null;
            for (Map.Entry<Integer, List<Way>> entry : ways.entrySet()) {
                boolean has =
                        entry.getValue().stream().anyMatch(way -> way.words().equals(mistake));
                first = first == null && has ? nodes.get(entry.getKey()) : first;
            }
            others.put(described(first, opset) + " " + mistake, () -> written(ways, mistake));
        }
        boolean exact = nodes.stream().allMatch(node -> ExactNodes.decides(node, false));
        boolean single =
                nodes.size() == 1 && WELL_CONDITIONED.contains(nodes.get(0).getOpType());
        return Optional.of(new Readings(
                () -> written(ways, ""),
                others,
                exact || single ? described(nodes.get(ways.keySet().iterator().next()), opset) : "",
                exact ? 0 : ROUNDED));
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
                        .filter(way -> way.words().equals(words))
                        .findFirst()
                        .orElse(own.get(0))
                        .write()
                        .accept(written);
                graph.addAllNode(written.nodes());
            }
        }
        return all.build().toByteArray();
    }
}
