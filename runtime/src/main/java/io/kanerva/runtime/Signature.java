package io.kanerva.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.kanerva.runtime.ModelSettings.Writer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The tensors that one graph takes and gives, in order; a dimension is a size or a name that each call binds to a size.
 */
final class Signature {

    /** The named dimensions of all graphs, a letter each: episodes, samples, queries. */
    static final String NAMED = "BTQ";

    // Not a record: what the compiler adds to one is not needed in a jar that is to be small.
    private final BundleGraph graph;
    private final List<TensorDescription> inputs;
    private final List<TensorDescription> outputs;
    private final int[][] dimensions;

    Signature(BundleGraph graph, List<TensorDescription> inputs, List<TensorDescription> outputs) {
        this.graph = graph;
        this.inputs = inputs;
        this.outputs = outputs;
        // Taken apart once: every call compares its shapes with them.
        dimensions = new int[inputs.size()][];
        for (int i = 0; i < dimensions.length; i++) {
            dimensions[i] = dimensions(inputs.get(i));
        }
    }

    /** The tensors that {@code graph} must have in a model with {@code settings}. */
    static Signature of(BundleGraph graph, ModelSettings settings) {
        int keys = settings.keys();
        int latent = settings.latent();
        Planes block = settings.block();
        Planes memory = settings.memory();
        Planes image = settings.image();
        TensorDescription content = settings.writer() == Writer.HEAP
                ? tensor(BundleGraph.CONTENT, "B", "T", keys, block.channels(), block.height(), block.width())
                : tensor(BundleGraph.CONTENT, "B", "T", settings.embedding());
        TensorDescription memories =
                tensor(BundleGraph.MEMORY, "B", memory.channels(), memory.height(), memory.width());
        TensorDescription traces =
                tensor(BundleGraph.TRACES, "B", "Q", keys, block.channels(), block.height(), block.width());
        return switch (graph) {
            case ENCODER ->
                new Signature(
                        graph,
                        List.of(tensor(BundleGraph.IMAGES, "B", "T", image.channels(), image.height(), image.width())),
                        List.of(
                                content,
                                tensor(BundleGraph.KEY_MEAN, "B", "T", keys, 3),
                                tensor(BundleGraph.KEY_LOG_VARIANCE, "B", "T", keys, 3),
                                tensor(BundleGraph.LATENT_MEAN, "B", "T", latent),
                                tensor(BundleGraph.LATENT_LOG_VARIANCE, "B", "T", latent)));
            case MEMORY_WRITER ->
                new Signature(
                        graph, List.of(content), List.of(memories, tensor(BundleGraph.POINTERS, "B", "T", keys, 3)));
            case READER ->
                new Signature(
                        graph,
                        List.of(memories, tensor(BundleGraph.KEYS, "B", "Q", keys, 3)),
                        List.of(
                                traces,
                                tensor(BundleGraph.PRIOR_MEAN, "B", "Q", latent),
                                tensor(BundleGraph.PRIOR_LOG_VARIANCE, "B", "Q", latent)));
            case DECODER ->
                new Signature(
                        graph,
                        List.of(tensor(BundleGraph.LATENT, "B", "Q", latent), traces),
                        List.of(tensor(
                                BundleGraph.LOGITS,
                                "B",
                                "Q",
                                settings.likelihood().channels(settings),
                                image.height(),
                                image.width())));
            case ENCODER_MEMORY_WRITER -> {
                Signature encoder = of(BundleGraph.ENCODER, settings);
                Signature writer = of(BundleGraph.MEMORY_WRITER, settings);
                yield new Signature(graph, encoder.inputs, joined(encoder.outputs, writer.outputs));
            }
            case READER_DECODER -> {
                Signature reader = of(BundleGraph.READER, settings);
                Signature decoder = of(BundleGraph.DECODER, settings);
                TensorDescription noise = tensor(BundleGraph.NOISE, "B", "Q", latent);
                yield new Signature(
                        graph, joined(reader.inputs, List.of(noise)), joined(reader.outputs, decoder.outputs));
            }
        };
    }

    private static List<TensorDescription> joined(List<TensorDescription> first, List<TensorDescription> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static TensorDescription tensor(String name, Object... dimensions) {
        return new TensorDescription(
                name, "float32", Arrays.stream(dimensions).map(Object::toString).toList(), "", "");
    }

    BundleGraph graph() {
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
        List<String> wanted =
                expected.stream().map(TensorDescription::signature).toList();
        List<String> given = found.stream().map(TensorDescription::signature).toList();
        if (!wanted.equals(given)) {
            throw json.error(wanted.toString(), given.toString());
        }
    }

    /**
     * The sizes that a call's inputs give to the named dimensions.
     *
     * @param values one tensor an input, in order
     * @return the sizes of {@link #NAMED}, 0 for one that no input has
     * @throws TensorException if a shape does not fit, is empty, or two inputs disagree
     */
    int[] bind(FloatTensor... values) {
        int[] sizes = new int[NAMED.length()];
        for (int i = 0; i < dimensions.length; i++) {
            int[] shape = values[i].shape();
            TensorDescription input = inputs.get(i);
            if (shape.length != dimensions[i].length) {
                throw mismatch(input, shape);
            }
            for (int axis = 0; axis < shape.length; axis++) {
                int wanted = dimensions[i][axis];
                if (wanted >= 0) {
                    if (wanted != shape[axis]) {
                        throw mismatch(input, shape);
                    }
                } else if (shape[axis] < 1) {
                    throw new TensorException(
                            "%s: expected at least 1 in dimension %s of %s, found %s",
                            place(input.name()), NAMED.charAt(~wanted), input.shape(), shape);
                } else {
                    if (sizes[~wanted] != 0 && sizes[~wanted] != shape[axis]) {
                        throw disagreement(input, input.shape().get(axis), sizes[~wanted], shape);
                    }
                    sizes[~wanted] = shape[axis];
                }
            }
        }
        return sizes;
    }

    private TensorException disagreement(TensorDescription input, String dimension, int size, int[] shape) {
        // The first input that has the dimension gave it its size.
        int first = 0;
        while (!inputs.get(first).shape().contains(dimension)) {
            first++;
        }
        return new TensorException(
                "%s: expected %s = %d in %s, as in '%s', found %s",
                place(input.name()),
                dimension,
                size,
                input.shape(),
                inputs.get(first).name(),
                shape);
    }

    /**
     * A tensor's shape once the named dimensions have their sizes.
     *
     * @param sizes of {@link #NAMED}
     */
    static int[] resolve(TensorDescription tensor, int... sizes) {
        int[] shape = dimensions(tensor);
        for (int axis = 0; axis < shape.length; axis++) {
            if (shape[axis] < 0) {
                shape[axis] = sizes[~shape[axis]];
            }
        }
        return shape;
    }

    /** A size as it is, a name as its place in {@link #NAMED} with all bits turned round. */
    private static int[] dimensions(TensorDescription tensor) {
        int[] dimensions = new int[tensor.shape().size()];
        for (int axis = 0; axis < dimensions.length; axis++) {
            String dimension = tensor.shape().get(axis);
            dimensions[axis] = isSize(dimension) ? Integer.parseInt(dimension) : ~NAMED.indexOf(dimension);
        }
        return dimensions;
    }

    static boolean isSize(String dimension) {
        return Character.isDigit(dimension.charAt(0));
    }

    /** How messages name one of this graph's inputs. */
    String place(String input) {
        return graph.label() + " input '" + input + "'";
    }

    /**
     * Checks that images lie in [0, 1] and that other values are finite; {@link Memory#checked} has seen to memories.
     */
    void requireValues(String input, FloatTensor values) {
        if (input.equals(BundleGraph.IMAGES)) {
            values.requireImages(place(input));
        } else if (!input.equals(BundleGraph.MEMORY)) {
            values.requireFinite(place(input));
        }
    }

    private TensorException mismatch(TensorDescription input, int[] shape) {
        return new TensorException("%s: expected shape %s, found %s", place(input.name()), input.shape(), shape);
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

    private void check(String bundle, String role, List<TensorDescription> expected, Map<String, NodeInfo> found) {
        List<String> names = expected.stream().map(TensorDescription::name).toList();
        if (!names.equals(List.copyOf(found.keySet()))) {
            throw new BundleException(
                    "%s: graph %s: expected %ss %s, found %s", bundle, graph.label(), role, names, found.keySet());
        }
        for (TensorDescription tensor : expected) {
            NodeInfo node = found.get(tensor.name());
            if (!(node.getInfo() instanceof TensorInfo info) || !fits(tensor, info)) {
                String type = node.getInfo() instanceof TensorInfo other ? type(other) + shape(other) : "no tensor";
                throw new BundleException(
                        "%s: graph %s: expected %s '%s' to be %s%s, found %s",
                        bundle, graph.label(), role, tensor.name(), tensor.type(), tensor.shape(), type);
            }
        }
    }

    private static boolean fits(TensorDescription expected, TensorInfo found) {
        if (!type(found).equals(expected.type())
                || found.getShape().length != expected.shape().size()) {
            return false;
        }
        List<String> shape = shape(found);
        for (int axis = 0; axis < shape.size(); axis++) {
            // A dynamic dimension without a name takes any size, so it fits any name, but no fixed size.
            boolean unnamed =
                    shape.get(axis).equals("?") && !isSize(expected.shape().get(axis));
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
