package io.kanerva.conformance.bundle;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What every runtime of the last few years can load, and what would keep some from loading a bundle's graph. */
final class GraphRules {
    private static final long OPSET = 17;
    private static final long IR_VERSION = 8;
    /**
     * The attributes with which a window is read. They are checked here because no value shows a wrong padding in
     * models whose windows never leave the memory.
     */
    private static final Map<String, String> WINDOW =
            new TreeMap<>(Map.of("mode", "bilinear", "padding_mode", "zeros", "align_corners", "0"));
    /**
     * Control flow and random numbers, which a deterministic feed-forward graph does not need, and Einsum, which many
     * runtimes lack.
     */
    private static final Set<String> AVOIDED = Set.of(
            "Loop",
            "If",
            "Scan",
            "Einsum",
            "RandomNormal",
            "RandomNormalLike",
            "RandomUniform",
            "RandomUniformLike",
            "Multinomial",
            "Bernoulli");

    private GraphRules() {}

    /**
     * One sentence for each problem of a graph.
     *
     * @throws IllegalArgumentException if the bytes are not an ONNX model
     */
    static List<String> problems(String graph, byte[] file) {
        ModelProto model;
        try {
            model = ModelProto.parseFrom(file);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(
                    "graph '%s': expected an ONNX model, found another or a corrupt file (%s)"
                            .formatted(graph, e.getMessage()),
                    e);
        }
        Set<String> operators = new TreeSet<>();
        List<String> problems = new ArrayList<>();
        for (NodeProto node : model.getGraph().getNodeList()) {
            operators.add(node.getOpType());
            if (!node.getDomain().isEmpty()) {
                problems.add("graph '%s': expected standard operators only, found '%s' of '%s'"
                        .formatted(graph, node.getOpType(), node.getDomain()));
            }
            if (node.getOpType().equals("GridSample")) {
                WINDOW.forEach((attribute, expected) -> requireWindow(problems, graph, node, attribute, expected));
            }
        }
        operators.stream()
                .filter(AVOIDED::contains)
                .forEach(operator -> problems.add("graph '%s': expected no %s, found one".formatted(graph, operator)));
        long opset = model.getOpsetImportList().stream()
                .filter(set -> set.getDomain().isEmpty())
                .mapToLong(OperatorSetIdProto::getVersion)
                .findFirst()
                .orElse(0);
        require(problems, graph, "opset", OPSET, opset);
        require(problems, graph, "IR version", IR_VERSION, model.getIrVersion());
        if (model.getModelVersion() < 1) {
            problems.add("graph '%s': expected a model version, found none".formatted(graph));
        }
        return problems;
    }

    private static void requireWindow(
            List<String> problems, String graph, NodeProto node, String attribute, String expected) {
        node.getAttributeList().stream()
                .filter(found -> found.getName().equals(attribute))
                .map(found -> found.getType() == AttributeProto.AttributeType.INT
                        ? Long.toString(found.getI())
                        : found.getS().toStringUtf8())
                .filter(value -> !value.equals(expected)) // a missing attribute has ONNX's default, the expected value
                .forEach(value -> problems.add("graph '%s': expected %s %s of '%s' (GridSample), found %s"
                        .formatted(graph, attribute, expected, node.getName(), value)));
    }

    private static void require(List<String> problems, String graph, String what, long expected, long found) {
        if (found != expected) {
            problems.add("graph '%s': expected %s %d, found %d".formatted(graph, what, expected, found));
        }
    }
}
