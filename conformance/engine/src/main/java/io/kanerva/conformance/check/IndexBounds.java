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

/** Finds how large the elements of an input may be that a model looks up in tables of its own. */
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
        for (NodeProto node : depth > model.getGraph().getNodeCount() ? List.<NodeProto>of() : nodes()) {
            if (!node.getInputList().contains(value)) {
                continue;
            }
            if (PASS_ON.contains(node.getOpType()) && node.getInput(0).equals(value)
                    || node.getOpType().equals("Concat")) {
                for (String output : node.getOutputList()) {
                    least = Math.min(least, of(output, depth + 1).orElse(Long.MAX_VALUE));
                }
            }
            least = Math.min(least, table(node, value));
        }
        return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(least);
    }

    private List<NodeProto> nodes() {
        return model.getGraph().getNodeList();
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
