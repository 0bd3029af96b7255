package io.kanerva.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The tensors that one graph takes and gives, in order; a dimension is a size or a name that each call
 * binds to a size.
 */
final class Signature {

    // Not a record: what the compiler adds to one is not needed in a jar that is to be small.
    private final Graph graph;
    private final List<TensorDescription> inputs;
    private final List<TensorDescription> outputs;

    Signature(Graph graph, List<TensorDescription> inputs, List<TensorDescription> outputs) {
        this.graph = graph;
        this.inputs = inputs;
        this.outputs = outputs;
    }

    Graph graph() {
        return graph;
    }

    List<TensorDescription> inputs() {
        return inputs;
    }

    List<TensorDescription> outputs() {
        return outputs;
    }

    /** Checks that bundle.json describes this graph as its settings demand. */
    void check(JsonNode json, GraphDescription described) {
        check(json.get("inputs"), inputs, described.inputs());
        check(json.get("outputs"), outputs, described.outputs());
    }

    private static void check(JsonNode json, List<TensorDescription> expected, List<TensorDescription> found) {
        List<String> wanted = expected.stream().map(TensorDescription::signature).toList();
        List<String> given = found.stream().map(TensorDescription::signature).toList();
        if (!wanted.equals(given)) {
            throw json.error(wanted.toString(), given.toString());
        }
    }

    /**
     * The sizes that a call's inputs give to the named dimensions.
     *
     * @param shapes one shape an input, in order
     * @throws TensorException if a shape does not fit, is empty, or two inputs disagree
     */
    Map<String, Integer> bind(int[]... shapes) {
        Map<String, Integer> sizes = new HashMap<>();
        Map<String, String> boundBy = new HashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            TensorDescription input = inputs.get(i);
            int[] shape = shapes[i];
            if (shape.length != input.shape().size()) {
                throw mismatch(input, shape);
            }
            for (int axis = 0; axis < shape.length; axis++) {
                String dimension = input.shape().get(axis);
                if (isSize(dimension)) {
                    if (Integer.parseInt(dimension) != shape[axis]) {
                        throw mismatch(input, shape);
                    }
                } else if (shape[axis] < 1) {
                    throw new TensorException(
                            "%s: expected at least 1 in dimension %s of %s, found %s"
                                    .formatted(place(input.name()), dimension, input.shape(), Arrays.toString(shape)));
                } else if (sizes.getOrDefault(dimension, shape[axis]) != shape[axis]) {
                    throw new TensorException(
                            "%s: expected %s = %d in %s, as in '%s', found %s"
                                    .formatted(
                                            place(input.name()),
                                            dimension,
                                            sizes.get(dimension),
                                            input.shape(),
                                            boundBy.get(dimension),
                                            Arrays.toString(shape)));
                } else {
                    sizes.put(dimension, shape[axis]);
                    boundBy.putIfAbsent(dimension, input.name());
                }
            }
        }
        return sizes;
    }

    /** An output's shape once the named dimensions have these sizes. */
    static int[] resolve(TensorDescription output, Map<String, Integer> sizes) {
        int[] shape = new int[output.shape().size()];
        for (int axis = 0; axis < shape.length; axis++) {
            String dimension = output.shape().get(axis);
            shape[axis] = isSize(dimension) ? Integer.parseInt(dimension) : sizes.get(dimension);
        }
        return shape;
    }

    static boolean isSize(String dimension) {
        return Character.isDigit(dimension.charAt(0));
    }

    /** How messages name one of this graph's inputs. */
    String place(String input) {
        return graph.label() + " input '" + input + "'";
    }

    /** Checks that images lie in [0, 1] and that other values are finite; {@link Memory#checked} has seen to memories. */
    void requireValues(String input, FloatTensor values) {
        if (input.equals(Graph.IMAGES)) {
            values.requireRange(place(input), 0, 1, "values from 0 to 1");
        } else if (!input.equals(Graph.MEMORY)) {
            values.requireFinite(place(input));
        }
    }

    private TensorException mismatch(TensorDescription input, int[] shape) {
        return new TensorException(
                "%s: expected shape %s, found %s".formatted(place(input.name()), input.shape(), Arrays.toString(shape)));
    }

    /**
     * Holds a loaded graph's own inputs and outputs against these.
     *
     * @throws BundleException if a name, type or shape differs
     */
    void check(String bundle, OrtSession session) throws OrtException {
        check(bundle, "input", inputs, session.getInputInfo());
        check(bundle, "output", outputs, session.getOutputInfo());
    }

    private void check(
            String bundle, String role, List<TensorDescription> expected, Map<String, NodeInfo> found) {
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
            boolean unnamed = shape.get(axis).equals("?") && !isSize(expected.shape().get(axis));
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
