package io.kanerva.conformance.bundle;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import java.util.Set;

/** How far the outputs of a bundle's graphs may differ from the expected ones. */
public final class BundleBudget {
    /** Maximum absolute difference of any output but {@link #LOGITS} between two paths in this process, in float32. */
    public static final double TENSOR = 1e-5;
    /** The same for the decoder's logits, which are larger values at the end of a longer computation. */
    public static final double LOGITS = 1e-4;
    /** The same for the terms of a bound, sums of float32 numbers over a sample's pixels: absolute, then relative. */
    public static final double NATS = 1e-3;

    private static final double RELATIVE_NATS = 1e-5;

    private static final Set<String> TERMS =
            Set.of(BundleGraph.RECONSTRUCTION, BundleGraph.KL_KEYS, BundleGraph.KL_LATENT);

    /**
     * Maximum difference of the bound's mean over test images, in nats per image, if the bound is at most
     * {@value #LARGE_BOUND} nats.
     */
    public static final double BOUND_NATS = 1e-3;

    /** Above this the budget grows with the bound, which float32 sums over thousands of pixels. */
    private static final double LARGE_BOUND = 1000;

    /**
     * Outputs whose signal-to-noise ratio takes the signal as at least 1, the standard deviation of their priors N(0,
     * I): the means and log-variances of keys and latents. A model that needs no latents leaves them near 0, which
     * would make the same noise look larger.
     */
    private static final Set<String> MEASURED_BY_ONE = Set.of(
            BundleGraph.KEY_MEAN,
            BundleGraph.KEY_LOG_VARIANCE,
            BundleGraph.LATENT_MEAN,
            BundleGraph.LATENT_LOG_VARIANCE,
            BundleGraph.PRIOR_MEAN,
            BundleGraph.PRIOR_LOG_VARIANCE);

    /** The reader's outputs. */
    private static final Set<String> READ =
            Set.of(BundleGraph.TRACES, BundleGraph.PRIOR_MEAN, BundleGraph.PRIOR_LOG_VARIANCE);

    private BundleBudget() {}

    /**
     * The maximum difference of two means of a bound.
     *
     * @param nats the bound, per image
     */
    public static double ofBound(double nats) {
        return BOUND_NATS * Math.max(1, Math.abs(nats) / LARGE_BOUND);
    }

    /** The tolerance of a graph's output in float32, between two paths in this process. */
    public static Tolerance of(String output) {
        return TERMS.contains(output)
                ? Tolerance.elements(NATS, RELATIVE_NATS).ofFinite()
                : Tolerance.elements(output.equals(BundleGraph.LOGITS) ? LOGITS : TENSOR, 0)
                        .ofFinite();
    }

    /**
     * Between two paths in this process; depends on how the bundle stores its weights. The rounding error of a
     * continuous key moves its window, and the traces change with the memory's slope there, which is as large as the
     * memory's values. Dereferenced keys are snapped to slots.
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
     * and moves its window by that fraction of the memory's width, so all outputs of the reader get the budget of
     * {@link #LOGITS}.
     */
    static Budget pipeline(Bundle bundle) {
        return (expected, runtime) -> here(
                isContinuous(bundle) && READ.contains(expected.name()) ? BundleGraph.LOGITS : expected.name(),
                bundle,
                expected);
    }

    /** On every runtime: for the bundle's outputs in this process as above, elsewhere what the precision allows. */
    static Budget everywhere(Bundle bundle, Budget precision) {
        Set<String> here = Set.of(JavaRuntime.CPU.name(), KanervaRuntime.NAME);
        return (expected, runtime) -> here.contains(runtime.name()) && isOutput(bundle, expected.name())
                ? here(expected.name(), bundle, expected)
                : measured(expected.name(), precision.of(expected, runtime));
    }

    /** The same budget, in which the signal of means and log-variances counts as at least 1. */
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
