package io.kanerva.conformance.bundle;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import java.util.Set;

/** How far the outputs of a bundle's graphs may be from what is expected. */
public final class BundleBudget {
    /** Every output but {@link #LOGITS}, between two paths in this process: largest absolute difference, float32. */
    public static final double TENSOR = 1e-5;
    /** The decoder's logits, which are larger numbers at the end of a longer computation. */
    public static final double LOGITS = 1e-4;
    /** The bound, mean over test images, in nats an image, if it is at most {@value #LARGE_BOUND} nats. */
    public static final double BOUND_NATS = 1e-3;

    /** From here on the budget grows with the bound: float32 adds it up from thousands of pixels. */
    private static final double LARGE_BOUND = 1000;

    /**
     * Outputs that are measured by 1 where noise is weighed against the signal: the means of keys and latents, by the
     * standard deviation of their priors, N(0, I), and the logarithms of their variances. A model that needs no latents
     * leaves them near 0; noise is none the larger for it.
     */
    private static final Set<String> MEASURED_BY_ONE = Set.of(
            BundleGraph.KEY_MEAN,
            BundleGraph.KEY_LOG_VARIANCE,
            BundleGraph.LATENT_MEAN,
            BundleGraph.LATENT_LOG_VARIANCE,
            BundleGraph.PRIOR_MEAN,
            BundleGraph.PRIOR_LOG_VARIANCE);

    /** What is read from a memory. */
    private static final Set<String> READ =
            Set.of(BundleGraph.TRACES, BundleGraph.PRIOR_MEAN, BundleGraph.PRIOR_LOG_VARIANCE);

    private BundleBudget() {}

    /** The largest difference of two means of a bound of so many nats. */
    public static double ofBound(double nats) {
        return BOUND_NATS * Math.max(1, Math.abs(nats) / LARGE_BOUND);
    }

    /** The tolerance of a graph's output in float32, between two paths in this process. */
    public static Tolerance of(String output) {
        return Tolerance.elements(output.equals(BundleGraph.LOGITS) ? LOGITS : TENSOR, 0)
                .ofFinite();
    }

    /**
     * Between two paths in this process, by how the bundle stores its weights. A continuous key moves its window by its
     * own rounding error, and the traces change by the memory's slope there, which is as large as the memory's values.
     * Dereferenced keys are snapped to slots.
     */
    static Budget here(Bundle bundle) {
        return (expected, runtime) -> here(expected.name(), bundle, expected);
    }

    private static Tolerance here(String output, Bundle bundle, Tensor expected) {
        return switch (bundle.weights()) {
            case "float16" -> Tolerance.FLOAT16.ofFinite();
            case "int8" -> measured(output, Tolerance.INT8).ofFinite();
            default ->
                isContinuous(bundle)
                        ? Tolerance.elements(of(output).absolute(), Tolerance.FLOAT32.relative())
                                .ofFinite()
                                .scaledTo(expected)
                        : of(output);
        };
    }

    /**
     * From images to logits, where differences add up: a continuous key differs by as much as the encoder's outputs do,
     * and moves its window by as many pixels as the memory has, so traces and what the reader makes of them are held to
     * {@link #LOGITS} too.
     */
    static Budget pipeline(Bundle bundle) {
        return (expected, runtime) -> here(
                isContinuous(bundle) && READ.contains(expected.name()) ? BundleGraph.LOGITS : expected.name(),
                bundle,
                expected);
    }

    /** On every runtime: in this process as above for the bundle's outputs, elsewhere what the precision allows. */
    static Budget everywhere(Bundle bundle, Budget precision) {
        Set<String> here = Set.of(JavaRuntime.CPU.name(), KanervaRuntime.NAME);
        return (expected, runtime) -> here.contains(runtime.name()) && isOutput(bundle, expected.name())
                ? here(expected.name(), bundle, expected)
                : measured(expected.name(), precision.of(expected, runtime));
    }

    /** The same budget, in which means and log-variances are measured by 1. */
    static Budget measured(Budget budget) {
        return (expected, runtime) -> measured(expected.name(), budget.of(expected, runtime));
    }

    private static Tolerance measured(String output, Tolerance tolerance) {
        return MEASURED_BY_ONE.contains(output) ? tolerance.measuredBy(1) : tolerance;
    }

    private static boolean isContinuous(Bundle bundle) {
        return bundle.settings().addressing() == ModelSettings.Addressing.CONTINUOUS;
    }

    private static boolean isOutput(Bundle bundle, String name) {
        return bundle.graphs().values().stream()
                .flatMap(graph -> graph.outputs().stream())
                .anyMatch(output -> output.name().equals(name));
    }
}
