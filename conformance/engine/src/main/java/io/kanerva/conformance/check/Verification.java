package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.ModelRuntime.Description;
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
    private final ModelRuntime java;
    private final Path scratch;
    private final boolean install;
    private final Consumer<String> progress;
    private final String shownOutput;
    private final List<Case> ran = new ArrayList<>();
    private final List<ToleranceFile.Use> uses = new ArrayList<>();
    private final List<Findings> finished = new ArrayList<>();
    private Results current;
    private ToleranceFile tolerances = ToleranceFile.NONE;
    private int timedRuns;
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
        this(JavaRuntime.CPU, scratch, install, progress, shownOutput);
    }

    /**
     * The same, with ONNX Runtime's Java API elsewhere than in this process, for models that may crash it.
     *
     * @param java the Java API, which other languages must equal bit by bit, and which measures rounding noise
     */
    public Verification(
            ModelRuntime java, Path scratch, boolean install, Consumer<String> progress, String shownOutput) {
        this.java = java;
        this.scratch = scratch;
        this.install = install;
        this.progress = text -> {
            synchronized (progress) { // runtimes are set up side by side
                progress.accept(text);
            }
        };
        this.shownOutput = shownOutput;
    }

    /** Keeps no output, installs nothing, and reports no progress. */
    public Verification(Path scratch) {
        this(scratch, false, text -> {}, "");
    }

    /** From now on, tolerances of a file go before those of the cases. */
    public void tolerances(ToleranceFile file) {
        tolerances = file;
    }

    /**
     * From now on, each runtime runs each case this many more times, which are timed.
     *
     * @param runs 0 for none
     */
    public void latency(int runs) {
        timedRuns = runs;
    }

    /**
     * What the tolerances of the file decided in all runs so far: a sentence for each entry and each such comparison.
     */
    public synchronized List<String> toleranceNotes() {
        List<ToleranceFile.Use> all = new ArrayList<>(uses);
        if (current != null) {
            current.subjects.forEach(one -> all.addAll(one.uses()));
        }
        return tolerances.notes(all);
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
    public Findings run(String subject, List<ModelRuntime> runtimes, List<Case> given) throws IOException {
        List<Case> cases = given.stream()
                .map(one -> one.within(tolerances.before(one.graph(), one.budget())))
                .toList();
        ran.addAll(cases);
        Results results = new Results(subject, runtimes);
        synchronized (this) {
            current = results;
        }
        List<Subject> subjects = results.subjects;
        for (Case testCase : cases) {
            Subject one = new Subject(testCase, java, scratch.resolve("noise-" + ran.size() + "-" + subjects.size()));
            if (one.isAllRandom()) {
                results.faults.add(
                        ("graph '%s': expected an output that the inputs determine, found random operators before all: "
                                        + "%s")
                                .formatted(testCase.graph(), one.randomOperators()));
            } else {
                results.notes.addAll(one.notes());
                synchronized (this) {
                    subjects.add(one);
                }
            }
        }
        try (Preparation preparation = new Preparation(runtimes, install, progress)) {
            compare(results, preparation);
            results.isComplete = true;
        }
        Findings findings = results.findings();
        synchronized (this) {
            finished.add(findings);
            // Subjects hold outputs, which would add up over all runs.
            subjects.forEach(one -> uses.addAll(one.uses()));
            current = null;
        }
        return findings;
    }

    private void compare(Results results, Preparation preparation) throws IOException {
        List<Subject> subjects = results.subjects;
        List<Case> compared = subjects.stream().map(Subject::testCase).toList();
        List<ModelRuntime> wide = results.runtimes.stream()
                .filter(runtime -> runtime.description().doublePrecision())
                .filter(preparation::isReady)
                .toList();
        Map<Boolean, List<Answer>> own = null;
        Case shownCase = null;
        for (ModelRuntime runtime = preparation.next(); runtime != null; runtime = preparation.next()) {
            if (own == null) {
                boolean bits = results.runtimes.stream().anyMatch(this::isJavasEngine);
                own = bits
                        ? Runs.of(java, compared, java.description().optimisations(), timedRuns, progress)
                        : Map.of();
                setReferences(subjects, own);
                shownCase = largestShown(compared);
                NoiseFloor floor = NoiseFloor.of(
                        wide,
                        compared,
                        scratch.resolve("float64"),
                        (one, widened) -> Runs.of(one, widened, Set.of(false), 0, progress)
                                .get(false),
                        own);
                synchronized (this) {
                    results.floor = floor;
                    results.findings.addAll(floor.findings());
                }
            }
            Map<Boolean, List<Answer>> both = runtime.equals(java)
                    ? own
                    : Runs.of(runtime, compared, runtime.description().optimisations(), timedRuns, progress);
            synchronized (this) {
                add(results, runtime, both, own, shownCase);
                results.readiness.put(runtime, Readiness.READY);
            }
        }
        results.runtimes.forEach(runtime -> results.readiness.put(runtime, preparation.of(runtime)));
    }

    private void add(
            Results results,
            ModelRuntime runtime,
            Map<Boolean, List<Answer>> answers,
            Map<Boolean, List<Answer>> own,
            Case shownCase) {
        for (boolean optimised :
                runtime.description().optimisations().stream().sorted().toList()) {
            for (int i = 0; i < results.subjects.size(); i++) {
                Subject subject = results.subjects.get(i);
                Answer answer = answers.get(optimised).get(i);
                Answer same = isJavasEngine(runtime) && !runtime.equals(java)
                        ? own.get(optimised).get(i)
                        : null;
                List<Finding> found = subject.compare(runtime, optimised, answer, same, results.floor);
                results.findings.addAll(found);
                if (timedRuns > 0 && answer instanceof Outputs timed) {
                    results.latencies.add(new Latency(
                            runtime.name(),
                            optimised,
                            subject.testCase().graph(),
                            subject.testCase().label(),
                            timedRuns,
                            timed.milliseconds(),
                            found.stream().allMatch(Finding::holds)));
                }
                if (subject.testCase() == shownCase) {
                    show(shownCase, runtime, answer);
                }
            }
        }
    }

    /**
     * What was found so far, if a run ends early; a fault says that it did.
     *
     * @param why part of a sentence: what ended it
     */
    public synchronized Findings soFar(String why) {
        Findings all = null;
        List<Findings> parts = new ArrayList<>(finished);
        if (current != null) {
            parts.add(current.findings());
        }
        for (Findings part : parts) {
            all = all == null ? part : all.and(part);
        }
        String fault = "expected a run to its end, found one that was ended early: " + why;
        return all == null
                ? Findings.of("", List.of(fault), List.of())
                : Findings.of(all.subject(), List.of(fault), toleranceNotes()).and(all);
    }

    private boolean isJavasEngine(ModelRuntime runtime) {
        Description one = runtime.description();
        return one.engine().equals(java.description().engine())
                && one.device().equals(java.description().device());
    }

    /** Computes the expected outputs of those cases that have none. */
    private void setReferences(List<Subject> subjects, Map<Boolean, List<Answer>> own) {
        Map<ModelRuntime, List<Subject>> byReference = new LinkedHashMap<>();
        for (int i = 0; i < subjects.size(); i++) {
            Subject one = subjects.get(i);
            if (one.right() == null && one.testCase().reference().equals(java) && !own.isEmpty()) {
                one.reference(own.get(false).get(i));
            } else if (one.right() == null) {
                byReference
                        .computeIfAbsent(one.testCase().reference(), reference -> new ArrayList<>())
                        .add(one);
            }
        }
        byReference.forEach((reference, needing) -> {
            List<Answer> found = Runs.of(
                            reference, needing.stream().map(Subject::testCase).toList(), Set.of(false), 0, progress)
                    .get(false);
            for (int i = 0; i < needing.size(); i++) {
                needing.get(i).reference(found.get(i));
            }
        });
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
}
