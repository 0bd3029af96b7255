package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.Readiness;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What one run has found so far. */
final class Results {
    final String subject;
    final List<ModelRuntime> runtimes;
    final Map<ModelRuntime, Readiness> readiness = new LinkedHashMap<>();
    final List<Subject> subjects = new ArrayList<>();
    final List<Finding> findings = new ArrayList<>();
    final List<String> notes = new ArrayList<>();
    final List<String> faults = new ArrayList<>();
    final List<Latency> latencies = new ArrayList<>();
    NoiseFloor floor = NoiseFloor.NONE;
    boolean isComplete;

    Results(String subject, List<ModelRuntime> runtimes) {
        this.subject = subject;
        this.runtimes = runtimes;
    }

    Findings findings() {
        Readiness unknown = new Readiness(Readiness.State.FAILED, "the run ended before it had run");
        List<String> names = runtimes.stream().map(ModelRuntime::name).toList();
        // Runtimes ran in the order in which they were ready; reports have the order of the runtimes.
        List<Finding> sorted = findings.stream()
                .sorted(Comparator.comparing(finding -> names.indexOf(finding.runtime())))
                .toList();
        List<String> all = new ArrayList<>(faults);
        boolean anyReady = readiness.values().stream().anyMatch(one -> one.state() == Readiness.State.READY);
        subjects.stream()
                .filter(one -> isComplete && anyReady && !one.isAnswered())
                .forEach(one -> all.add("graph '%s' (%s): expected a runtime that runs it, found none: %s"
                        .formatted(one.testCase().graph(), one.testCase().label(), one.refusals())));
        return new Findings(
                subject,
                runtimes.stream()
                        .map(runtime -> Participant.of(runtime, readiness.getOrDefault(runtime, unknown)))
                        .toList(),
                sorted,
                floor.title(),
                all.stream().distinct().toList(),
                Stream.concat(notes.stream(), floor.notes().stream()).distinct().toList(),
                causes(subjects),
                latencies.stream()
                        .sorted(Comparator.comparing(latency -> names.indexOf(latency.runtime())))
                        .toList());
    }

    /** One cause for all cases of a graph that show it. */
    private static List<Cause> causes(List<Subject> subjects) {
        List<Cause> all = new ArrayList<>();
        for (Subject one : subjects) {
            one.cause().ifPresent(all::add);
        }
        Map<List<Object>, Cause> causes = new LinkedHashMap<>();
        for (Cause cause : all) {
            // What other inputs of the graph decide, these two engines need not leave open.
            Cause known = all.stream()
                    .filter(other -> other.decides(cause))
                    .findFirst()
                    .orElse(cause);
            causes.merge(
                    List.of(known.kind(), known.culprits(), known.graph()),
                    new Cause(known.kind(), known.culprits(), known.graph(), cause.inputs(), known.sentence()),
                    (first, second) -> first.shownBy(second.inputs()));
        }
        return List.copyOf(causes.values());
    }
}
