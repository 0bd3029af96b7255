package io.kanerva.conformance.check;

import io.kanerva.conformance.Agreement;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.runtime.Readiness;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Everything that a verification found.
 *
 * @param subject what was verified
 * @param runtimes all runtimes that were asked for, those that did not run among them
 * @param findings in the order of runtimes
 * @param bounds the bound through each runtime; none if it was not asked for
 * @param unscored a sentence for each bundle whose test images were asked for and could not be had
 * @param noiseFloor title of the runtime whose float64 outputs errors are measured against; empty if none computed any
 * @param own what was compared in this process, without any of the runtimes: a bundle's graphs with its vectors, its
 *     fused graphs with the four
 * @param faults a sentence for each thing that is wrong with the bundle before anything is computed
 */
public record Findings(
        String subject,
        List<Participant> runtimes,
        List<Finding> findings,
        List<BoundFinding> bounds,
        List<String> unscored,
        String noiseFloor,
        Agreement own,
        List<String> faults) {

    /**
     * A runtime that ran, or did not.
     *
     * @param about the versions of what ran; empty if it did not
     */
    public record Participant(
            String name, String title, String engine, String device, String about, Readiness readiness) {
        /** Whether it ran. */
        public boolean ran() {
            return readiness.state() == Readiness.State.READY;
        }
    }

    public Findings {
        runtimes = List.copyOf(runtimes);
        findings = List.copyOf(findings);
        bounds = List.copyOf(bounds);
        unscored = List.copyOf(unscored);
        faults = List.copyOf(faults);
    }

    /** What runtimes gave, and nothing else yet. */
    Findings(String subject, List<Participant> runtimes, List<Finding> findings, String noiseFloor) {
        this(subject, runtimes, findings, List.of(), List.of(), noiseFloor, new Agreement(List.of()), List.of());
    }

    /** These with bounds, and a sentence for each that is missing. */
    public Findings withBounds(List<BoundFinding> bounds, List<String> unscored) {
        return new Findings(subject, runtimes, findings, bounds, unscored, noiseFloor, own, faults);
    }

    /** These with what was found without any runtime. */
    public Findings withOwn(Agreement own, List<String> faults) {
        return new Findings(subject, runtimes, findings, bounds, unscored, noiseFloor, own, faults);
    }

    /** These and others. */
    public Findings and(Findings other) {
        List<Participant> participants = new ArrayList<>(runtimes);
        participants.addAll(other.runtimes);
        List<Finding> all = new ArrayList<>(findings);
        all.addAll(other.findings);
        List<BoundFinding> scored = new ArrayList<>(bounds);
        scored.addAll(other.bounds);
        List<String> missing = new ArrayList<>(unscored);
        missing.addAll(other.unscored);
        return new Findings(
                subject,
                participants,
                all,
                scored,
                missing,
                noiseFloor.isEmpty() ? other.noiseFloor : noiseFloor,
                own.and(other.own),
                Stream.concat(faults.stream(), other.faults.stream()).toList());
    }

    /** What is not as it should be. */
    public List<Finding> failures() {
        return findings.stream().filter(finding -> !finding.holds()).toList();
    }

    /** A sentence for each thing that is not as it should be. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>(faults);
        own.failures().stream().map(Agreement.Row::describe).forEach(problems::add);
        failures().stream().map(Finding::describe).forEach(problems::add);
        bounds.stream()
                .filter(bound -> !bound.holds())
                .map(BoundFinding::describe)
                .forEach(problems::add);
        return problems;
    }

    /** Whether anything was compared and all is as it should be. */
    public boolean holds() {
        return !findings.isEmpty() && problems().isEmpty();
    }

    /**
     * How the noise of an error is measured, in words: what made the noise floor, and how far another float64 is from
     * it; empty if nothing was computed in float64.
     */
    public String noise() {
        if (noiseFloor.isEmpty()) {
            return "";
        }
        Map<String, Double> others = new LinkedHashMap<>();
        findings.stream()
                .filter(finding -> finding.check() == Check.FLOAT64)
                .forEach(finding ->
                        others.merge(finding.runtime(), finding.comparison().largest(), Math::max));
        StringBuilder text = new StringBuilder("float64 was computed by ").append(noiseFloor);
        others.forEach((runtime, largest) ->
                text.append(String.format(Locale.ROOT, "; %s differs from it by at most %.1e", runtime, largest)));
        return text.toString();
    }

    /** The worst finding of each runtime, optimisation, check and output, in order. */
    public List<Finding> worst() {
        Map<List<Object>, Finding> worst = new LinkedHashMap<>();
        for (Finding finding : findings) {
            worst.merge(
                    List.of(
                            finding.runtime(),
                            finding.optimised(),
                            finding.check(),
                            finding.graph(),
                            finding.comparison().output()),
                    finding,
                    (one, other) -> severity(other) > severity(one) ? other : one);
        }
        return List.copyOf(worst.values());
    }

    private static double severity(Finding finding) {
        double size = finding.comparison().share() > 0
                ? finding.comparison().share()
                : finding.comparison().largest();
        return finding.holds() ? Math.min(size, 1e300) : Double.POSITIVE_INFINITY;
    }

    /** One line a runtime: how it did. */
    public List<Summary> summaries() {
        return runtimes.stream().map(this::summary).toList();
    }

    /**
     * How a runtime did.
     *
     * @param outputs outputs that were compared
     * @param failed outputs that were not as they should be
     * @param share largest part of a budget that was taken
     * @param bits outputs that were compared to the bit; 0 if the engine is another
     * @param noise largest multiple of the float32 path's own error; NaN if unknown
     */
    public record Summary(Participant runtime, long outputs, long failed, double share, long bits, double noise) {}

    private Summary summary(Participant runtime) {
        List<Finding> own = findings.stream()
                .filter(finding -> finding.runtime().equals(runtime.name()))
                .toList();
        List<Finding> budget =
                own.stream().filter(finding -> finding.check() == Check.BUDGET).toList();
        return new Summary(
                runtime,
                budget.size(),
                own.stream().filter(finding -> !finding.holds()).count(),
                budget.stream()
                        .mapToDouble(finding -> finding.comparison().share())
                        .max()
                        .orElse(Double.NaN),
                own.stream().filter(finding -> finding.check() == Check.BITS).count(),
                budget.stream()
                        .mapToDouble(Finding::noise)
                        .filter(noise -> !Double.isNaN(noise))
                        .max()
                        .orElse(Double.NaN));
    }
}
