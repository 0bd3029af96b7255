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
 * Runs cases on runtimes, with graph optimisations off and on, and compares the outputs.
 *
 * <p>The expected outputs are a case's own if it has them, else what its reference computes without optimisations. In
 * addition, every runtime with ONNX Runtime's engine on the CPU must equal the Java API bit by bit. If a runtime
 * computes in float64, errors are stated as multiples of float32's own, and all such runtimes must match in float64.
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
     * The values of one output, for a picture.
     *
     * @param source their case, for example {@code decoder, vectors 1}; empty if there are none
     * @param tensors the expected output (as {@code expected}) and each runtime's, by its name
     */
    public record Shown(String source, Map<String, Tensor> tensors) {
        private long elements() {
            return tensors.isEmpty() ? 0 : tensors.get("expected").size();
        }
    }

    /**
     * @param scratch folder for intermediate files
     * @param install whether runtimes may download and build what they need
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

    /** The shown output in the case with the most values, of all cases that were run. */
    public Shown shown() {
        return shown;
    }

    /** The case of a finding, of all cases that were run. */
    public Optional<Case> caseOf(Finding finding) {
        return ran.stream()
                .filter(testCase -> testCase.graph().equals(finding.graph())
                        && testCase.label().equals(finding.inputs())
                        && testCase.source().equals(finding.reference()))
                .findFirst();
    }

    /**
     * Runs each case on each runtime.
     *
     * @param subject the subject's name in the report
     * @param runtimes the runtimes to compare, ready or not
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
        Case shownCase = largestShown(cases);
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
                    Case testCase = cases.get(i);
                    Answer answer = both.get(optimised).get(i);
                    Answer right =
                            testCase.expected().isEmpty() ? references.get(testCase) : new Outputs(testCase.expected());
                    Answer same = isJavasEngine(runtime) && !runtime.equals(JAVA)
                            ? java.get(optimised).get(i)
                            : null;
                    new Comparing(findings, runtime, optimised, testCase).compare(right, answer, same, floor);
                    if (testCase == shownCase) {
                        show(testCase, runtime, answer);
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
                floor.title(),
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

    /** The references' answers for those cases that need them. */
    private Map<Case, Answer> references(List<Case> cases, Map<Boolean, List<Answer>> java) {
        Map<ModelRuntime, List<Case>> byReference = new LinkedHashMap<>();
        Map<Case, Answer> answers = new IdentityHashMap<>();
        for (int i = 0; i < cases.size(); i++) {
            Case testCase = cases.get(i);
            if (testCase.expected().isEmpty() && testCase.reference().equals(JAVA) && !java.isEmpty()) {
                answers.put(testCase, java.get(false).get(i));
            } else if (testCase.expected().isEmpty()) {
                byReference
                        .computeIfAbsent(testCase.reference(), reference -> new ArrayList<>())
                        .add(testCase);
            }
        }
        byReference.forEach((reference, own) -> {
            List<Answer> found = answers(reference, own, Set.of(false)).get(false);
            for (int i = 0; i < own.size(); i++) {
                answers.put(own.get(i), found.get(i));
            }
        });
        return answers;
    }

    /** The first case with the most elements of the shown output; null if none has more than the one shown so far. */
    private Case largestShown(List<Case> cases) {
        Case largest = null;
        long elements = shown.elements();
        for (Case testCase : cases) {
            for (Tensor output : testCase.expected()) {
                if (output.name().equals(shownOutput) && output.size() > elements) {
                    largest = testCase;
                    elements = output.size();
                    shown = new Shown(
                            testCase.graph() + ", " + testCase.label(),
                            new LinkedHashMap<>(Map.of("expected", output)));
                }
            }
        }
        return largest;
    }

    private void show(Case testCase, ModelRuntime runtime, Answer answer) {
        for (int i = 0; i < testCase.expected().size(); i++) {
            if (testCase.expected().get(i).name().equals(shownOutput)
                    && answer instanceof Outputs found
                    && found.output(i) != null) {
                shown.tensors().put(runtime.name(), found.output(i));
            }
        }
    }

    /**
     * Runs all cases with optimisations off and on in one call, since starting a runtime may take longer than all its
     * jobs.
     */
    private Map<Boolean, List<Answer>> answers(ModelRuntime runtime, List<Case> cases, Set<Boolean> optimisations) {
        List<Job> jobs = new ArrayList<>();
        for (boolean optimised : sorted(optimisations)) {
            cases.forEach(testCase -> jobs.add(new Job(testCase.model(), testCase.inputs(), optimised)));
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
    private record Comparing(List<Finding> findings, ModelRuntime runtime, boolean optimised, Case testCase) {

        /**
         * Adds the findings.
         *
         * @param same the Java API's answer with the same options, to the bit; null for another engine
         */
        void compare(Answer right, Answer answer, Answer same, NoiseFloor floor) {
            if (right instanceof None none) {
                impossible("expected outputs of %s to compare with, found %s"
                        .formatted(testCase.source(), none.describe()));
            } else if (answer instanceof None none) {
                impossible("expected outputs, found " + none.describe());
            } else {
                List<Tensor> expected = ((Outputs) right).outputs();
                for (int i = 0; i < expected.size(); i++) {
                    String output = expected.get(i).name().isEmpty()
                            ? "output " + i
                            : expected.get(i).name();
                    Tensor found = ((Outputs) answer).output(i);
                    add(
                            Check.BUDGET,
                            testCase.source(),
                            Comparison.between(
                                    output,
                                    expected.get(i),
                                    found,
                                    testCase.budget().of(expected.get(i), runtime)),
                            floor.multiple(testCase, i, found));
                    if (same instanceof Outputs outputs && outputs.output(i) != null) {
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
            add(Check.BUDGET, testCase.source(), Comparison.impossible("", problem, Tolerance.BITS), Double.NaN);
        }

        private void add(Check check, String reference, Comparison comparison, double noise) {
            findings.add(new Finding(
                    runtime.name(),
                    reference,
                    optimised,
                    check,
                    testCase.graph(),
                    testCase.label(),
                    comparison,
                    noise));
        }
    }
}
