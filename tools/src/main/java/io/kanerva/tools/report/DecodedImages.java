package io.kanerva.tools.report;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Images that runtimes decoded from the same vectors.
 *
 * @param source which vectors, in words
 * @param all [B, Q, C, H, W] in [0, 1] each: first, under the name {@code expected}, what should have come out; then
 *     each runtime's by its name; empty if there is nothing to look at
 */
public record DecodedImages(String source, Map<String, Tensor> all) {
    private static final String EXPECTED = "expected";

    /** Nothing to look at. */
    public static DecodedImages none() {
        return new DecodedImages("", Map.of());
    }

    /**
     * The images that logits stand for.
     *
     * @param source which vectors, in words
     * @param logits what is expected under {@code expected}, and each runtime's; may be empty
     * @param settings of the model; empty if it is none of ours, whose logits are taken for those of single pixels
     */
    public static DecodedImages of(String source, Map<String, Tensor> logits, Optional<ModelSettings> settings) {
        Tensor expected = logits.get(EXPECTED);
        boolean pixels = expected != null
                && expected.shape().length == 5
                && (expected.shape()[2] == 1 || expected.shape()[2] == 3);
        if (expected == null || settings.isEmpty() && !pixels) {
            return none();
        }
        Map<String, Tensor> images = new LinkedHashMap<>();
        images.put(EXPECTED, image(expected, settings));
        // What came out in another shape or type is told of among the outputs; there is no image in it.
        logits.keySet().stream()
                .filter(name -> !name.equals(EXPECTED)
                        && logits.get(name).type() == expected.type()
                        && Arrays.equals(logits.get(name).shape(), expected.shape()))
                .sorted()
                .forEach(name -> images.put(name, image(logits.get(name), settings)));
        return new DecodedImages(source, images);
    }

    private static Tensor image(Tensor logits, Optional<ModelSettings> settings) {
        if (settings.isPresent()) {
            FloatTensor images = settings.get()
                    .likelihood()
                    .means(
                            settings.get(),
                            new FloatTensor(
                                    logits.floats(),
                                    Arrays.stream(logits.shape())
                                            .mapToInt(Math::toIntExact)
                                            .toArray()));
            return Tensor.of(
                    logits.name(),
                    images.data(),
                    Arrays.stream(images.shape()).asLongStream().toArray());
        }
        double[] values = logits.doubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = 1 / (1 + Math.exp(-values[i]));
        }
        return Tensor.of(ElementType.FLOAT64, values, logits.shape()).named(logits.name());
    }

    /** Whether there is nothing to look at. */
    boolean isEmpty() {
        return all.isEmpty();
    }

    /** What should have come out. */
    Tensor expected() {
        return all.get(EXPECTED);
    }
}
