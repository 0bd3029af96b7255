package io.kanerva.conformance.check;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Finds how large the elements of an input may be that a model looks up in tables of its own, and whether it divides.
 */
final class IndexBounds {
    private static final Set<String> PASS_ON = Set.of(
            "Cast",
            "Identity",
            "Reshape",
            "Unsqueeze",
            "Squeeze",
            "Flatten",
            "Transpose",
            "Slice",
            "Expand",
            "Tile",
            "Concat",
            "Split");

    /** Which input of a node must not be 0. */
    private static final Map<String, Integer> DIVIDING = Map.of("Div", 1, "Mod", 1, "Range", 2);

    private final ModelProto model;
    private final Map<String, TensorProto> constants = new HashMap<>();

    IndexBounds(ModelProto model) {
        this.model = model;
        model.getGraph().getInitializerList().forEach(weight -> constants.put(weight.getName(), weight));
        for (NodeProto node : model.getGraph().getNodeList()) {
            for (AttributeProto attribute : node.getAttributeList()) {
                if (node.getOpType().equals("Constant") && attribute.hasT()) {
                    constants.put(node.getOutput(0), attribute.getT());
                }
            }
        }
    }

    /** The smallest size of a table that the value is an index into: valid elements are 0 to one less. */
    OptionalLong of(String value) {
        return of(value, 0);
    }

    private OptionalLong of(String value, int depth) {
        long least = Long.MAX_VALUE;
        for (NodeProto node : users(value, depth)) {
            for (String output : passedOn(node, value)) {
                least = Math.min(least, of(output, depth + 1).orElse(Long.MAX_VALUE));
            }
            least = Math.min(least, table(node, value));
        }
        return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(least);
    }

    /** Whether something is divided by the value, or counted in steps of it, so that 0 is not allowed. */
    boolean divides(String value) {
        return divides(value, 0);
    }

    private boolean divides(String value, int depth) {
        return users(value, depth).stream()
                .anyMatch(node -> DIVIDING.getOrDefault(node.getOpType(), Integer.MAX_VALUE)
                                == node.getInputList().lastIndexOf(value)
                        || passedOn(node, value).stream().anyMatch(output -> divides(output, depth + 1)));
    }

    private List<NodeProto> users(String value, int depth) {
        return depth > model.getGraph().getNodeCount()
                ? List.of()
                : model.getGraph().getNodeList().stream()
                        .filter(node -> node.getInputList().contains(value))
                        .toList();
    }

    /** The outputs of a node that have the elements of one of its inputs. */
    private static List<String> passedOn(NodeProto node, String value) {
        return PASS_ON.contains(node.getOpType()) && node.getInput(0).equals(value)
                        || node.getOpType().equals("Concat")
                ? node.getOutputList()
                : List.of();
    }

    private long table(NodeProto node, String value) {
        if (node.getOpType().startsWith("Gather")
                && node.getInputCount() > 1
                && node.getInput(1).equals(value)) {
            TensorProto data = constants.get(node.getInput(0));
            long axis = node.getAttributeList().stream()
                    .filter(attribute -> attribute.getName().equals("axis"))
                    .mapToLong(AttributeProto::getI)
                    .findFirst()
                    .orElse(0);
            if (data != null && data.getDimsCount() > 0) {
                return node.getOpType().equals("GatherND")
                        ? data.getDimsList().stream()
                                .mapToLong(Long::longValue)
                                .min()
                                .orElseThrow()
                        : data.getDims(Math.floorMod(axis, data.getDimsCount()));
            }
        }
        if (node.getOpType().equals("OneHot") && node.getInput(0).equals(value)) {
            TensorProto depth = constants.get(node.getInput(1));
            if (depth != null
                    && ElementType.of(depth.getDataType()).orElseThrow().isNumeric()) {
                return (long) Tensor.of(depth).doubles()[0];
            }
        }
        return Long.MAX_VALUE;
    }
}
