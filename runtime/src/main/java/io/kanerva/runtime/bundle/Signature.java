package io.kanerva.runtime.bundle;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.runtime.TensorException;
import io.kanerva.runtime.math.Values;
import java.util.Arrays;
import java.util.List;

/**
 * The inputs and outputs of one graph, in order, and the checks of a call's inputs.
 *
 * <p>A dimension is a size, or a name that each call binds to a size: B episodes with T samples or Q queries each, and
 * the height H of memories that grow. Images are drawn N at a time.
 */
public final class Signature {

    private final BundleGraph graph;
    private final List<TensorDescription> inputs;
    private final List<TensorDescription> outputs;

    /** Of each input, parsed once for all calls. */
    private final List<int[]> dimensions;

    /** The tensors that {@code graph} must have in a model with {@code settings}. */
    public Signature(BundleGraph graph, ModelSettings settings) {
        this.graph = graph;
        inputs = graph.inputs(settings.addressing()).stream()
                .map(name -> tensor(name, settings))
                .toList();
        outputs = graph.outputs().stream().map(name -> tensor(name, settings)).toList();
        dimensions = inputs.stream().map(Signature::dimensions).toList();
    }

    private TensorDescription tensor(String name, ModelSettings settings) {
        int keys = settings.keys();
        Planes block = settings.block();
        Planes memory = settings.memory();
        Planes image = settings.image();
        String reads = graph == GENERATE ? "N" : graph == SCORE ? "T" : "Q";
        return switch (name) {
            case IMAGES, CONTENTS -> tensor(name, "B", "T", image.channels(), image.height(), image.width());
            case QUERIES, RECALLED, GENERATED ->
                tensor(name, "B", reads, image.channels(), image.height(), image.width());
            case FEATURES -> tensor(name, "B", "T", image.floats() + 1);
            case SAMPLE -> new TensorDescription(name, "int64", List.of("B", "Q"), "", "");
            case SCORE_OF_SAMPLE -> tensor(name, "B", "Q");
            case SCORES -> tensor(name, "B", "Q", "T");
            case RECONSTRUCTION, KL_KEYS, KL_LATENT -> tensor(name, "B", "T");
            case CONTENT -> tensor(name, "B", "T", keys, block.channels(), block.height(), block.width());
            case KEY_MEAN, KEY_LOG_VARIANCE, POINTERS -> tensor(name, "B", "T", keys, 3);
            case LATENT_MEAN, LATENT_LOG_VARIANCE -> tensor(name, "B", "T", settings.latent());
            case MEMORY ->
                tensor(name, "B", memory.channels(), settings.grows() ? "H" : memory.height(), memory.width());
            case KEYS, KEY_NOISE -> tensor(name, "B", reads, keys, 3);
            case TRACES -> tensor(name, "B", "Q", keys, block.channels(), block.height(), block.width());
            case PRIOR_MEAN, PRIOR_LOG_VARIANCE, LATENT, NOISE -> tensor(name, "B", reads, settings.latent());
            case LOGITS ->
                tensor(name, "B", "Q", settings.likelihood().channels(settings), image.height(), image.width());
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static TensorDescription tensor(String name, Object... dimensions) {
        return new TensorDescription(
                name, "float32", Arrays.stream(dimensions).map(Object::toString).toList(), "", "");
    }

    public List<TensorDescription> inputs() {
        return inputs;
    }

    public List<TensorDescription> outputs() {
        return outputs;
    }

    /**
     * Checks a call's inputs.
     *
     * @param values one tensor for each of the first inputs, in order
     * @return B, the count T or else Q, H and Q; 0 for one that is in no input
     * @throws TensorException if a shape does not fit or is empty, two inputs disagree, an image has values outside [0,
     *     1], or another value is not finite
     */
    public int[] check(FloatTensor... values) {
        int[] sizes = new int[4];
        for (int i = 0; i < values.length; i++) {
            bind(i, values[i], sizes);
        }
        sizes[1] = sizes[1] == 0 ? sizes[3] : sizes[1];
        for (int i = 0; i < values.length; i++) {
            requireValues(inputs.get(i).name(), values[i]);
        }
        return sizes;
    }

    private void bind(int index, FloatTensor value, int[] sizes) {
        TensorDescription input = inputs.get(index);
        int[] expected = dimensions.get(index);
        if (value.rank() != expected.length) {
            throw mismatch(input, value);
        }
        for (int axis = 0; axis < expected.length; axis++) {
            int size = expected[axis] >= 0 ? expected[axis] : sizes[~expected[axis]];
            if (expected[axis] < 0 && value.dimension(axis) < 1) {
                throw new TensorException(
                        "%s: expected at least 1 in dimension %s of %s, found %s",
                        place(input.name()), input.shape().get(axis), input.shape(), value.shape());
            }
            if (expected[axis] < 0 && size == 0) {
                sizes[~expected[axis]] = value.dimension(axis);
            } else if (size != value.dimension(axis)) {
                throw expected[axis] >= 0 ? mismatch(input, value) : disagreement(input, axis, size, value);
            }
        }
    }

    private TensorException mismatch(TensorDescription input, FloatTensor value) {
        return new TensorException(
                "%s: expected shape %s, found %s", place(input.name()), input.shape(), value.shape());
    }

    private TensorException disagreement(TensorDescription input, int axis, int size, FloatTensor value) {
        String dimension = input.shape().get(axis);
        String first = inputs.stream()
                .filter(other -> other.shape().contains(dimension))
                .findFirst()
                .orElseThrow()
                .name();
        return new TensorException(
                "%s: expected %s = %d in %s, as in '%s', found %s",
                place(input.name()), dimension, size, input.shape(), first, value.shape());
    }

    /** Checks one input's values, but not memories, which are checked where they are made. */
    public void requireValues(String input, FloatTensor values) {
        if (input.equals(IMAGES) || input.equals(QUERIES)) {
            requireImages(place(input), values);
        } else if (!input.equals(MEMORY)) {
            requireFinite(place(input), values);
        }
    }

    private String place(String input) {
        return graph.label() + " input '" + input + "'";
    }

    /**
     * A tensor's shape for {@code batch} episodes with {@code count} samples or queries each, in memories of
     * {@code height}.
     */
    public static int[] shape(TensorDescription tensor, int batch, int count, int height) {
        return shape(tensor, batch, count, count, height);
    }

    /** The same where samples and queries differ. */
    static int[] shape(TensorDescription tensor, int batch, int samples, int reads, int height) {
        int[] shape = dimensions(tensor);
        int[] sizes = {batch, samples, height, reads};
        for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = shape[axis] < 0 ? sizes[~shape[axis]] : shape[axis];
        }
        return shape;
    }

    /** Sizes as they are, B as ~0, T as ~1, H as ~2, Q and N as ~3. */
    private static int[] dimensions(TensorDescription tensor) {
        int[] dimensions = new int[tensor.shape().size()];
        for (int axis = 0; axis < dimensions.length; axis++) {
            String dimension = tensor.shape().get(axis);
            dimensions[axis] = isSize(dimension)
                    ? Integer.parseInt(dimension)
                    : switch (dimension) {
                        case "B" -> ~0;
                        case "T" -> ~1;
                        case "H" -> ~2;
                        default -> ~3;
                    };
        }
        return dimensions;
    }

    /** Whether a dimension is a size rather than a name. */
    public static boolean isSize(String dimension) {
        return Character.isDigit(dimension.charAt(0));
    }

    /** Checks that no value is NaN or infinite; {@code place} names the tensor in the message. */
    public static void requireFinite(String place, FloatTensor values) {
        require(place, "finite values", values, Values.firstNotFinite(values.data()));
    }

    private static void requireImages(String place, FloatTensor values) {
        require(place, "values from 0 to 1", values, Values.firstOutsideImages(values.data()));
    }

    private static void require(String place, String expected, FloatTensor values, int outside) {
        if (outside >= 0) {
            throw new TensorException(
                    "%s: expected %s, found %s at %s",
                    place, expected, values.data()[outside], index(outside, values.shape()));
        }
    }

    /** Where in a tensor the value at {@code offset} is. */
    public static int[] index(int offset, int... shape) {
        int[] index = new int[shape.length];
        int rest = offset;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        return index;
    }
}
