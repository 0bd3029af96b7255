package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The results of a verification.
 *
 * @param subject what was verified
 * @param runtimes all requested runtimes, including those that did not run
 * @param findings in the order of runtimes
 * @param noiseFloor title of the runtime whose float64 outputs are the reference for errors; empty if there is none
 * @param faults one sentence for each fault of the subject that was found before anything was computed
 * @param notes further results, one sentence each: checks that could not be made, scores that were compared
 * @param causes what the runtimes that differ have in common, one entry per cause
 * @param latencies how long runtimes take, if that was asked for
 */
public record Findings(
        String subject,
        List<Participant> runtimes,
        List<Finding> findings,
        String noiseFloor,
        List<String> faults,
        List<String> notes,
        List<Cause> causes,
        List<Latency> latencies) {

    /**
     * A requested runtime.
     *
     * @param about the versions of what ran; empty if it did not
     */
    public record Participant(
            String name, String title, String engine, String device, String about, Readiness readiness) {

        static Participant of(ModelRuntime runtime, Readiness readiness) {
            ModelRuntime.Description it = runtime.description();
            boolean ran = readiness.state() == Readiness.State.READY;
            return new Participant(
                    it.name(), it.title(), it.engine(), it.device(), ran ? runtime.about() : "", readiness);
        }

        /** The code base of its engine. */
        public String implementation() {
            return new ModelRuntime.Description(name, title, engine, device, Set.of(), false).implementation();
        }

        /** Whether it ran. */
        public boolean ran() {
            return readiness.state() == Readiness.State.READY;
        }
    }

    public Findings {
        runtimes = List.copyOf(runtimes);
        findings = List.copyOf(findings);
        faults = List.copyOf(faults);
        notes = List.copyOf(notes);
        causes = List.copyOf(causes);
        latencies = List.copyOf(latencies);
    }

    /** Findings without causes. */
    public Findings(
            String subject,
            List<Participant> runtimes,
            List<Finding> findings,
            String noiseFloor,
            List<String> faults,
            List<String> notes) {
        this(subject, runtimes, findings, noiseFloor, faults, notes, List.of(), List.of());
    }

    /** Faults and notes of a subject before anything is computed. */
    public static Findings of(String subject, List<String> faults, List<String> notes) {
        return new Findings(subject, List.of(), List.of(), "", faults, notes);
    }

    /** These and other findings of the same subject; a runtime in both is listed once. */
    public Findings and(Findings other) {
        Map<String, Participant> participants = new LinkedHashMap<>();
        Stream.concat(runtimes.stream(), other.runtimes.stream())
                .forEach(runtime -> participants.putIfAbsent(runtime.name(), runtime));
        return new Findings(
                subject,
                List.copyOf(participants.values()),
                joined(findings, other.findings),
                noiseFloor.isEmpty() ? other.noiseFloor : noiseFloor,
                joined(faults, other.faults),
                joined(notes, other.notes),
                joined(causes, other.causes),
                joined(latencies, other.latencies));
    }

    private static <T> List<T> joined(List<T> one, List<T> other) {
        return Stream.concat(one.stream(), other.stream()).toList();
    }

    /** The outputs that are wrong. */
    public List<Finding> failures() {
        return findings.stream()
                .filter(finding -> finding.outcome() == Finding.Outcome.WRONG)
                .toList();
    }

    /** The cases that a runtime has no outputs of: the engine cannot run them, or our adapter cannot. */
    public List<Finding> unable() {
        return findings.stream().filter(Finding::isUnable).toList();
    }

    /** The number of comparisons that were made. */
    public long compared() {
        return findings.stream().filter(finding -> !finding.isUnable()).count();
    }

    /** The code bases of the engines that gave outputs; only one cannot confirm itself. */
    public Set<String> engines() {
        return engines(findings.stream());
    }

    /**
     * The code bases of the engines that gave outputs of one case.
     *
     * @param inputs the case's label
     */
    public Set<String> engines(String graph, String inputs) {
        return engines(findings.stream()
                .filter(finding -> finding.check() == Check.BUDGET)
                .filter(finding ->
                        finding.graph().equals(graph) && finding.inputs().equals(inputs)));
    }

    private Set<String> engines(Stream<Finding> of) {
        Set<String> ran =
                of.filter(finding -> !finding.isUnable()).map(Finding::runtime).collect(Collectors.toSet());
        return runtimes.stream()
                .filter(runtime -> ran.contains(runtime.name()))
                .map(Participant::implementation)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** One sentence for each fault and for each output that is wrong. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>(faults);
        failures().stream().map(Finding::describe).forEach(problems::add);
        return problems;
    }

    /** Whether anything was compared and there is no problem. */
    public boolean holds() {
        return compared() > 0 && problems().isEmpty();
    }

    /** Largest absolute difference of each graph over all its outputs and cases, in the order of the findings. */
    public Map<String, Double> largestPerGraph() {
        Map<String, Double> largest = new LinkedHashMap<>();
        findings.forEach(
                finding -> largest.merge(finding.graph(), finding.comparison().largest(), Math::max));
        return largest;
    }

    /** Findings that compare means, for example of a score over many samples. */
    public List<Finding> means() {
        return findings.stream()
                .filter(finding -> finding.comparison().tolerance().ofMean())
                .toList();
    }

    /**
     * Part of a sentence: which runtime computed float64, and how far the float64 outputs of others are from its; empty
     * if none did.
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

    /**
     * The worst finding of each runtime, reference, optimisation, check and output, in order, with the number of
     * elements of all its cases.
     */
    public List<Finding> worst() {
        Map<List<Object>, Finding> worst = new LinkedHashMap<>();
        for (Finding finding : findings) {
            worst.merge(
                    List.of(
                            finding.runtime(),
                            finding.reference(),
                            finding.optimised(),
                            finding.check(),
                            finding.graph(),
                            finding.comparison().output()),
                    finding,
                    Findings::worse);
        }
        return List.copyOf(worst.values());
    }

    private static Finding worse(Finding one, Finding other) {
        Finding worse = severity(other) > severity(one) ? other : one;
        Comparison counted = worse.comparison()
                .ofElements(one.comparison().count() + other.comparison().count());
        return new Finding(
                worse.runtime(),
                worse.reference(),
                worse.optimised(),
                worse.check(),
                worse.graph(),
                worse.inputs(),
                counted,
                worse.noise(),
                worse.outcome());
    }

    private static double severity(Finding finding) {
        double size = finding.comparison().share() > 0
                ? finding.comparison().share()
                : finding.comparison().largest();
        return finding.holds() ? Math.min(size, 1e300) : Double.POSITIVE_INFINITY;
    }

    /** One summary per runtime and reference; one for a runtime that did not run. */
    public List<Summary> summaries() {
        List<Summary> summaries = new ArrayList<>();
        for (Participant runtime : runtimes) {
            Map<String, List<Finding>> byReference = findings.stream()
                    .filter(finding -> finding.runtime().equals(runtime.name()))
                    .collect(Collectors.groupingBy(Finding::reference, LinkedHashMap::new, Collectors.toList()));
            if (!runtime.ran()) {
                byReference.put("", List.of());
            }
            byReference.forEach((reference, own) -> summaries.add(summary(runtime, reference, own)));
        }
        return summaries;
    }

    /**
     * A runtime's results against one reference.
     *
     * @param reference what its outputs were compared with
     * @param outputs number of outputs that were compared
     * @param failed number of comparisons that failed
     * @param unable number of cases that it has no outputs of
     * @param share largest fraction of a budget that was used
     * @param bits number of outputs that were compared bit by bit; 0 for another engine
     * @param unequal number of those that differ
     * @param noise largest error as a multiple of float32's own; NaN if unknown
     */
    public record Summary(
            Participant runtime,
            String reference,
            long outputs,
            long failed,
            long unable,
            double share,
            long bits,
            long unequal,
            double noise) {}

    private static Summary summary(Participant runtime, String reference, List<Finding> own) {
        List<Finding> budget = own.stream()
                .filter(finding -> finding.check() == Check.BUDGET && !finding.isUnable())
                .toList();
        List<Finding> bits =
                own.stream().filter(finding -> finding.check() == Check.BITS).toList();
        return new Summary(
                runtime,
                reference,
                budget.size(),
                own.stream()
                        .filter(finding -> finding.outcome() == Finding.Outcome.WRONG)
                        .count(),
                own.stream().filter(Finding::isUnable).count(),
                budget.stream()
                        .mapToDouble(finding -> finding.comparison().share())
                        .max()
                        .orElse(Double.NaN),
                bits.size(),
                bits.stream().filter(finding -> !finding.holds()).count(),
                budget.stream()
                        .mapToDouble(Finding::noise)
                        .filter(noise -> !Double.isNaN(noise))
                        .max()
                        .orElse(Double.NaN));
    }
}
