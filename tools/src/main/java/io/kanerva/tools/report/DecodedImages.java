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
 * @param source describes the vectors
 * @param all [B, Q, C, H, W] in [0, 1] each: first the expected images, as {@code expected}, then each runtime's by its
 *     name; empty if there are none
 */
public record DecodedImages(String source, Map<String, Tensor> all) {
    private static final String EXPECTED = "expected";

    /** No images. */
    public static DecodedImages none() {
        return new DecodedImages("", Map.of());
    }

    /**
     * Computes images from logits.
     *
     * @param source describes the vectors
     * @param logits the expected ones, as {@code expected}, and each runtime's; may be empty
     * @param settings the model's; if empty, for a model of another kind, each logit is that of a pixel
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
        // An output of another shape or type holds no image; it is reported among the outputs.
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

    /** Whether there are no images. */
    boolean isEmpty() {
        return all.isEmpty();
    }

    /** The expected images. */
    Tensor expected() {
        return all.get(EXPECTED);
    }
}
