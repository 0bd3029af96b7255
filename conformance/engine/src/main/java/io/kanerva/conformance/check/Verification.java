package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings.Participant;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.ModelRuntime.Description;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Runs cases through runtimes, with graph optimisations off and on, and compares.
 *
 * <p>What is right: a case's own expected outputs if it has them, else what its reference computes without
 * optimisations. In addition, every runtime of ONNX Runtime's engine on the CPU must equal the Java API bit by bit; and
 * if a runtime computes in float64, errors are stated as multiples of float32's own, and all runtimes that compute in
 * float64 must agree.
 */
public final class Verification {
    private static final ModelRuntime JAVA = JavaRuntime.CPU;

    private final Path scratch;
    private final boolean install;
    private final Consumer<String> progress;
    private final String shownOutput;
    private final List<Case> ran = new ArrayList<>();
    private Shown shown = new Shown("", Map.of());

    /**
     * The values of one output, to look at.
     *
     * @param source which case they are of, for example {@code decoder, vectors 1}; empty if there are none
     * @param tensors what is expected (under the name {@code expected}) and what each runtime gives, by its name
     */
    public record Shown(String source, Map<String, Tensor> tensors) {
        private long elements() {
            return tensors.isEmpty() ? 0 : tensors.get("expected").size();
        }
    }

    /**
     * @param scratch folder for intermediate files
     * @param install whether runtimes may fetch and build what they need
     * @param progress receives short status messages
     * @param shownOutput name of the output whose values are kept, see {@link #shown}; empty for none
     */
    public Verification(Path scratch, boolean install, Consumer<String> progress, String shownOutput) {
        this.scratch = scratch;
        this.install = install;
        this.progress = progress;
        this.shownOutput = shownOutput;
    }

    /** Keeps no output, installs nothing, and reports no progress. */
    public Verification(Path scratch) {
        this(scratch, false, text -> {}, "");
    }

    /** Folder for intermediate files. */
    public Path scratch() {
        return scratch;
    }

    /** Receives short status messages. */
    public Consumer<String> progress() {
        return progress;
    }

    /** The shown output's values in the case that expects most of them, of all cases that were run. */
    public Shown shown() {
        return shown;
    }

    /** The case of a finding, of all cases that were run. */
    public Optional<Case> caseOf(Finding finding) {
        return ran.stream()
                .filter(given -> given.graph().equals(finding.graph())
                        && given.label().equals(finding.inputs())
                        && given.source().equals(finding.reference()))
                .findFirst();
    }

    /**
     * Runs each case on each runtime.
     *
     * @param subject what is verified, for the report
     * @param runtimes to compare, ready or not
     * @throws IOException if intermediate files cannot be written
     */
    public Findings run(String subject, List<ModelRuntime> runtimes, List<Case> cases) throws IOException {
        ran.addAll(cases);
        Map<ModelRuntime, Readiness> readiness = new LinkedHashMap<>();
        for (ModelRuntime runtime : runtimes) {
            progress.accept((install ? "setting up " : "looking for ") + runtime.name());
            readiness.put(runtime, runtime.prepare(install));
        }
        List<ModelRuntime> ready = runtimes.stream()
                .filter(runtime -> readiness.get(runtime).state() == Readiness.State.READY)
                .toList();
        boolean bits = ready.stream().anyMatch(Verification::isJavasEngine);
        Map<Boolean, List<Answer>> java =
                bits ? answers(JAVA, cases, JAVA.description().optimisations()) : Map.of();
        Map<Case, Answer> references = ready.isEmpty() ? Map.of() : references(cases, java);
        Case pictured = withMostShown(cases);
        NoiseFloor floor = NoiseFloor.of(
                ready,
                cases,
                scratch.resolve("float64"),
                (runtime, wide) -> answers(runtime, wide, Set.of(false)).get(false));
        List<Finding> findings = new ArrayList<>(floor.findings());
        for (ModelRuntime runtime : ready) {
            Map<Boolean, List<Answer>> both = runtime.equals(JAVA)
                    ? java
                    : answers(runtime, cases, runtime.description().optimisations());
            for (boolean optimised : sorted(runtime.description().optimisations())) {
                for (int i = 0; i < cases.size(); i++) {
                    Case given = cases.get(i);
                    Answer answer = both.get(optimised).get(i);
                    Answer right = given.expected().isEmpty() ? references.get(given) : new Outputs(given.expected());
                    Answer same = isJavasEngine(runtime) && !runtime.equals(JAVA)
                            ? java.get(optimised).get(i)
                            : right;
                    new Comparing(findings, runtime, optimised, given).compare(right, answer, same, floor);
                    if (given == pictured) {
                        show(given, runtime, answer);
                    }
                }
            }
        }
        return new Findings(
                subject,
                runtimes.stream()
                        .map(runtime -> Participant.of(runtime, readiness.get(runtime)))
                        .toList(),
                findings,
                floor.madeBy(),
                List.of(),
                List.of());
    }

    private static boolean isJavasEngine(ModelRuntime runtime) {
        Description one = runtime.description();
        return one.engine().equals(JAVA.description().engine())
                && one.device().equals(JAVA.description().device());
    }

    private static List<Boolean> sorted(Set<Boolean> optimisations) {
        return optimisations.stream().sorted().toList();
    }

    /** What the cases' references give, for those cases that need them. */
    private Map<Case, Answer> references(List<Case> cases, Map<Boolean, List<Answer>> java) {
        Map<ModelRuntime, List<Case>> asked = new LinkedHashMap<>();
        Map<Case, Answer> answers = new IdentityHashMap<>();
        for (int i = 0; i < cases.size(); i++) {
            Case given = cases.get(i);
            if (given.expected().isEmpty() && given.reference().equals(JAVA) && !java.isEmpty()) {
                answers.put(given, java.get(false).get(i));
            } else if (given.expected().isEmpty()) {
                asked.computeIfAbsent(given.reference(), reference -> new ArrayList<>())
                        .add(given);
            }
        }
        asked.forEach((reference, own) -> {
            List<Answer> found = answers(reference, own, Set.of(false)).get(false);
            for (int i = 0; i < own.size(); i++) {
                answers.put(own.get(i), found.get(i));
            }
        });
        return answers;
    }

    /** The first case with the most elements of the shown output; null if none has more than was shown before. */
    private Case withMostShown(List<Case> cases) {
        Case most = null;
        long elements = shown.elements();
        for (Case given : cases) {
            for (Tensor output : given.expected()) {
                if (output.name().equals(shownOutput) && output.size() > elements) {
                    most = given;
                    elements = output.size();
                    shown = new Shown(
                            given.graph() + ", " + given.label(), new LinkedHashMap<>(Map.of("expected", output)));
                }
            }
        }
        return most;
    }

    private void show(Case given, ModelRuntime runtime, Answer answer) {
        for (int i = 0; i < given.expected().size(); i++) {
            if (given.expected().get(i).name().equals(shownOutput)
                    && answer instanceof Outputs found
                    && found.output(i) != null) {
                shown.tensors().put(runtime.name(), found.output(i));
            }
        }
    }

    /**
     * All cases with optimisations off and on, in one go: starting a runtime may take longer than all that it is asked.
     */
    private Map<Boolean, List<Answer>> answers(ModelRuntime runtime, List<Case> cases, Set<Boolean> optimisations) {
        List<Job> jobs = new ArrayList<>();
        for (boolean optimised : sorted(optimisations)) {
            cases.forEach(given -> jobs.add(new Job(given.model(), given.inputs(), optimised)));
        }
        List<Answer> answers =
                runtime.run(jobs, done -> progress.accept("%s, %d of %d".formatted(runtime.name(), done, jobs.size())));
        Map<Boolean, List<Answer>> split = new HashMap<>();
        int from = 0;
        for (boolean optimised : sorted(optimisations)) {
            split.put(optimised, answers.subList(from, from + cases.size()));
            from += cases.size();
        }
        return split;
    }

    /** One case on one runtime, compared. */
    private record Comparing(List<Finding> findings, ModelRuntime runtime, boolean optimised, Case given) {

        /**
         * Adds what was found.
         *
         * @param same what the Java API gives with the same options, or {@code right} if the engine is another
         */
        void compare(Answer right, Answer answer, Answer same, NoiseFloor floor) {
            if (right instanceof None none) {
                impossible("expected outputs to compare with, found that %s gives none: %s"
                        .formatted(given.source(), none.why()));
            } else if (answer instanceof None none) {
                impossible("expected outputs, found that it " + none.describe());
            } else {
                List<Tensor> expected = ((Outputs) right).outputs();
                for (int i = 0; i < expected.size(); i++) {
                    String output = expected.get(i).name().isEmpty()
                            ? "output " + i
                            : expected.get(i).name();
                    Tensor found = ((Outputs) answer).output(i);
                    add(
                            Check.BUDGET,
                            given.source(),
                            Comparison.between(
                                    output,
                                    expected.get(i),
                                    found,
                                    given.budget().of(expected.get(i), runtime)),
                            floor.multiple(given, i, found));
                    if (same != right && same instanceof Outputs outputs && outputs.output(i) != null) {
                        add(
                                Check.BITS,
                                JAVA.name(),
                                Comparison.between(output, outputs.output(i), found, Tolerance.BITS),
                                Double.NaN);
                    }
                }
            }
        }

        private void impossible(String problem) {
            add(Check.BUDGET, given.source(), Comparison.impossible("", problem, Tolerance.BITS), Double.NaN);
        }

        private void add(Check check, String reference, Comparison comparison, double noise) {
            findings.add(new Finding(
                    runtime.name(), reference, optimised, check, given.graph(), given.label(), comparison, noise));
        }
    }
}
