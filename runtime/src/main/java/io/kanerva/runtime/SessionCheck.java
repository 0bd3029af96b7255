package io.kanerva.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Holds a loaded graph's own inputs and outputs against what its bundle promises. */
final class SessionCheck {

    private SessionCheck() {}

    /**
     * @throws BundleException if a name, type or shape differs
     */
    static void check(String bundle, Signature signature, OrtSession session) throws OrtException {
        check(bundle, signature.graph(), "input", signature.inputs(), session.getInputInfo());
        check(bundle, signature.graph(), "output", signature.outputs(), session.getOutputInfo());
    }

    private static void check(
            String bundle, Graph graph, String role, List<TensorDescription> expected, Map<String, NodeInfo> found) {
        List<String> names = expected.stream().map(TensorDescription::name).toList();
        if (!names.equals(List.copyOf(found.keySet()))) {
            throw new BundleException(
                    "%s: graph %s: expected %ss %s, found %s".formatted(bundle, graph.label(), role, names, found.keySet()));
        }
        for (TensorDescription tensor : expected) {
            NodeInfo node = found.get(tensor.name());
            if (!(node.getInfo() instanceof TensorInfo info) || !fits(tensor, info)) {
                throw new BundleException(
                        "%s: graph %s: expected %s '%s' to be %s%s, found %s"
                                .formatted(
                                        bundle,
                                        graph.label(),
                                        role,
                                        tensor.name(),
                                        tensor.type(),
                                        tensor.shape(),
                                        node.getInfo() instanceof TensorInfo other
                                                ? type(other) + shape(other)
                                                : "no tensor"));
            }
        }
    }

    private static boolean fits(TensorDescription expected, TensorInfo found) {
        if (!type(found).equals(expected.type()) || found.getShape().length != expected.shape().size()) {
            return false;
        }
        List<String> shape = shape(found);
        for (int axis = 0; axis < shape.size(); axis++) {
            // A dynamic dimension without a name takes any size, so it fits any name, but no fixed size.
            boolean unnamed = shape.get(axis).equals("?") && !Signature.isSize(expected.shape().get(axis));
            if (!unnamed && !shape.get(axis).equals(expected.shape().get(axis))) {
                return false;
            }
        }
        return true;
    }

    private static String type(TensorInfo info) {
        return info.type == OnnxJavaType.FLOAT ? "float32" : info.type.name().toLowerCase(Locale.ROOT);
    }

    private static List<String> shape(TensorInfo info) {
        List<String> shape = new ArrayList<>();
        for (int axis = 0; axis < info.getShape().length; axis++) {
            String name = info.getDimensionNames()[axis];
            long size = info.getShape()[axis];
            shape.add(size >= 0 ? Long.toString(size) : name.isEmpty() ? "?" : name);
        }
        return shape;
    }
}
