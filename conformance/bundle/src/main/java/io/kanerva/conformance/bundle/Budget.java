package io.kanerva.conformance.bundle;

import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.ModelSettings;
import java.util.Set;

/**
 * What is accepted between two paths through the same bundle in this process; between runtimes it is
 * {@link Tolerance}'s own.
 */
public final class Budget {
    /**
     * Memories, pointers, keys, traces, latents, and whatever else has no budget of its own: largest absolute
     * difference, float32.
     */
    public static final double TENSOR = 1e-5;
    /** The decoder's logits, which are larger numbers at the end of a longer way. */
    public static final double LOGITS = 1e-4;
    /** The bound, mean over a test set, in nats an image, if it is at most {@value #LARGE_BOUND} nats. */
    public static final double BOUND_NATS = 1e-3;

    /**
     * Outputs that are measured by 1 where noise is weighed against the signal: the means of keys and latents, by the
     * standard deviation of their priors, N(0, I), and the logarithms of their variances. A model that needs no latents
     * leaves them near 0; noise is none the larger for it.
     */
    public static final Set<String> MEASURED_BY_ONE = Set.of(
            "key_mean", "key_log_variance", "latent_mean", "latent_log_variance", "prior_mean", "prior_log_variance");

    /** What is read from a memory. */
    private static final Set<String> READ = Set.of("traces", "prior_mean", "prior_log_variance");

    /** From here on the budget grows with the bound: float32 adds it up from thousands of pixels. */
    private static final double LARGE_BOUND = 1000;

    private Budget() {}

    /** The budget of a bound of so many nats. */
    public static double ofBound(double nats) {
        return BOUND_NATS * Math.max(1, Math.abs(nats) / LARGE_BOUND);
    }

    /** The budget of a graph's output in float32. */
    public static Tolerance of(String output) {
        return Tolerance.elements(output.equals("logits") ? LOGITS : TENSOR, 0);
    }

    /**
     * The budget of an output of a bundle with packed weights, against the float32 model.
     *
     * @param weights how the bundle stores them: float32, float16 or int8
     */
    static Tolerance of(String output, String weights) {
        return switch (weights) {
            case "float16" -> Tolerance.FLOAT16;
            case "int8" -> MEASURED_BY_ONE.contains(output) ? Tolerance.INT8.measuredBy(1) : Tolerance.INT8;
            default -> of(output);
        };
    }

    /**
     * The same, by the model and by what is expected. Continuous keys move their windows by what they are rounded by,
     * and the traces, and what comes of them, by the memory's slope there: as large as the memory's values are.
     * Dereferenced keys are snapped to slots.
     */
    static Tolerance of(String output, Bundle bundle, Tensor expected) {
        Tolerance budget = of(output, bundle.weights());
        boolean moves = bundle.settings().addressing() == ModelSettings.Addressing.CONTINUOUS
                && bundle.weights().equals("float32");
        return moves
                ? Tolerance.elements(budget.absolute(), Tolerance.FLOAT32.relative())
                        .scaledTo(rootMeanSquare(expected))
                : budget;
    }

    /**
     * The same at the end of the whole way from images on, where differences add up: a continuous key differs by as
     * much as the encoder's answers do, and moves its window by as many pixels as the memory has, so traces and what
     * the reader makes of them are held to {@link #LOGITS} too.
     */
    static Tolerance ofPipeline(String output, Bundle bundle, Tensor expected) {
        boolean moves = bundle.settings().addressing() == ModelSettings.Addressing.CONTINUOUS && READ.contains(output);
        return of(moves ? "logits" : output, bundle, expected);
    }

    private static double rootMeanSquare(Tensor tensor) {
        double squares = 0;
        for (float value : tensor.floats()) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares / Math.max(1, tensor.floats().length));
    }
}
