package io.kanerva.conformance.bundle;

import io.kanerva.conformance.Budget;
import java.util.Locale;

/**
 * The bound of test images through one runtime's graphs.
 *
 * @param runtime its name
 * @param bundle the model's name
 * @param images how many were scored
 * @param nats the bound, mean over images
 * @param reference the same images with the same noise through io.kanerva.runtime
 * @param largestImageDifference of one image's bound, in nats
 * @param budget largest difference of the means that is accepted, in nats
 * @param problem why there is no bound; empty if there is one
 */
public record BoundFinding(
        String runtime,
        String bundle,
        int images,
        double nats,
        double reference,
        double largestImageDifference,
        double budget,
        String problem) {

    /** Whether the bound is as it should be. */
    public boolean holds() {
        return problem.isEmpty() && Math.abs(nats - reference) <= budget;
    }

    /** This and the same runtime's bound of other images, as one. */
    public BoundFinding and(BoundFinding others) {
        double share = images / (double) (images + others.images);
        double together = share * reference + (1 - share) * others.reference;
        return new BoundFinding(
                runtime,
                bundle,
                images + others.images,
                share * nats + (1 - share) * others.nats,
                together,
                Math.max(largestImageDifference, others.largestImageDifference),
                Budget.ofBound(together),
                problem.isEmpty() ? others.problem : problem);
    }

    /** What was found, in one sentence. */
    public String describe() {
        return problem.isEmpty()
                ? String.format(
                        Locale.ROOT,
                        "%s, %s: bound of %,d images %.4f nats, expected %.4f; they differ by %.2e (budget %.0e), of one image by at most %.2e",
                        runtime,
                        bundle,
                        images,
                        nats,
                        reference,
                        Math.abs(nats - reference),
                        budget,
                        largestImageDifference)
                : "%s, %s: expected a bound, found none: %s".formatted(runtime, bundle, problem);
    }
}
