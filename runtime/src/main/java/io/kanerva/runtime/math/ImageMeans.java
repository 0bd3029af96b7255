package io.kanerva.runtime.math;

import io.kanerva.runtime.InferenceException;
import io.kanerva.runtime.Likelihood;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import java.nio.FloatBuffer;

/** Turns the decoder's output into images, the pixels' means; used by one thread, as it keeps scratch arrays. */
@FunctionalInterface
public interface ImageMeans {

    /**
     * Writes one image.
     *
     * @param parameters the decoder's output, [N, P, Hx, Wx]
     * @param image from 0 to N - 1
     * @param means receives [Cx, Hx, Wx], values in [0, 1], from {@code to} on
     */
    void write(FloatBuffer parameters, int image, float[] means, int to);

    /** For models with {@code settings}. */
    static ImageMeans of(ModelSettings settings) {
        Planes image = settings.image();
        int floats = image.floats();
        return switch (settings.likelihood()) {
            case BERNOULLI -> {
                double[] scratch = new double[floats];
                yield (parameters, n, means, to) -> {
                    parameters.get(n * floats, means, to, floats);
                    logistic(means, to, scratch);
                };
            }
            case DISCRETIZED_LOGISTIC_MIXTURE -> {
                LogisticMixture mixture = new LogisticMixture(image, settings.neighbours());
                int channels = Likelihood.DISCRETIZED_LOGISTIC_MIXTURE.channels(settings);
                float[] scratch = new float[Math.multiplyExact(channels, image.height() * image.width())];
                yield (parameters, n, means, to) -> {
                    parameters.get(n * scratch.length, scratch);
                    requireFinite(scratch, scratch.length);
                    mixture.means(scratch, means, to);
                };
            }
        };
    }

    private static void requireFinite(float[] parameters, int length) {
        int first = Values.firstNotFinite(parameters, length);
        if (first >= 0) {
            requireFinite(parameters[first]);
        }
    }

    private static void requireFinite(float parameter) {
        if (!Float.isFinite(parameter)) {
            throw new InferenceException(
                    null, "the decoder's output 'logits': expected finite values, found %s", parameter);
        }
    }

    /**
     * Replaces logits l by 1 / (1 + exp(-l)), in float64 and rounded to the nearest float32.
     *
     * <p>exp(t) = exp(t / 4096)^4096, the root by its series. Only sums and products, in short loops over one array:
     * the JIT compiler turns these into vector instructions, but not {@link Math#exp}.
     *
     * @throws InferenceException if a logit is NaN or infinite
     * @param values the {@code scratch.length} values from {@code from} on are replaced
     */
    static void logistic(float[] values, int from, double[] scratch) {
        int farthest = 0x442F0000; // the bits of 700f
        int large = 0;
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = values[from + i];
            large |= farthest - (Float.floatToRawIntBits(values[from + i]) & Integer.MAX_VALUE);
        }
        if (large < 0) {
            for (int i = 0; i < scratch.length; i++) {
                requireFinite(values[from + i]);
            }
        }
        // Below 0 for magnitudes beyond 700 and NaN. A limit inside the next loop would take longer than all the rest.
        for (int i = 0; large < 0 && i < scratch.length; i++) {
            scratch[i] = Math.max(-700, Math.min(700, scratch[i]));
        }
        for (int i = 0; i < scratch.length; i++) {
            double x = scratch[i] * (-1.0 / 4096);
            scratch[i] =
                    1 + x * (1 + x * (1.0 / 2 + x * (1.0 / 6 + x * (1.0 / 24 + x * (1.0 / 120 + x * (1.0 / 720))))));
        }
        for (int squared = 0; squared < 12; squared += 6) {
            for (int i = 0; i < scratch.length; i++) {
                double x = scratch[i];
                x *= x;
                x *= x;
                x *= x;
                x *= x;
                x *= x;
                scratch[i] = x * x;
            }
        }
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = 1 / (1 + scratch[i]);
        }
        for (int i = 0; i < scratch.length; i++) {
            values[from + i] = (float) scratch[i];
        }
    }
}
