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
import io.kanerva.conformance.runtime.Readiness;
import io.kanerva.conformance.tensor.ElementType;
import io.kanerva.conformance.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Runs cases through runtimes, with graph optimisations off and on, and compares.
 *
 * <p>What is right: a case's own expected outputs if it has them, else what ONNX Runtime's Java API gives without
 * optimisations. Beside that, every runtime of the same engine on the same device must equal the Java API to the bit;
 * and if a runtime here computes in float64, every error is set against that of float32 itself, and those that do must
 * agree with each other.
 */
public final class Verification {
    private static final String LOGITS = "logits";

    private final List<ModelRuntime> runtimes;
    private final Path scratch;
    private final Consumer<String> progress;
    private final ModelRuntime java = JavaRuntime.cpu();
    private final Map<String, Tensor> logits = new LinkedHashMap<>();
    private Case pictured;

    /**
     * @param runtimes to compare, ready or not
     * @param scratch folder for files in between
     * @param progress hears in a few words what is being done
     */
    public Verification(List<ModelRuntime> runtimes, Path scratch, Consumer<String> progress) {
        this.runtimes = List.copyOf(runtimes);
        this.scratch = scratch;
        this.progress = progress;
    }

    /**
     * Runs everything.
     *
     * @param subject what is verified, for the report
     * @param install whether runtimes may fetch and build what they need
     * @throws IOException if files in between cannot be written
     */
    public Findings run(String subject, List<Case> cases, boolean install) throws IOException {
        Map<ModelRuntime, Readiness> readiness = new HashMap<>();
        for (ModelRuntime runtime : runtimes) {
            progress.accept((install ? "setting up " : "looking for ") + runtime.name());
            readiness.put(runtime, runtime.prepare(install));
        }
        Map<Boolean, List<Answer>> reference = needsReference(cases)
                ? answers(java, cases, java.optimisations())
                : Map.of(false, unanswered(cases), true, unanswered(cases));
        pictured = withMostLogits(cases);
        List<ModelRuntime> ready = runtimes.stream()
                .filter(runtime -> readiness.get(runtime).state() == Readiness.State.READY)
                .toList();
        NoiseFloor floor = NoiseFloor.of(
                ready,
                cases,
                scratch.resolve("float64"),
                (runtime, wide) -> answers(runtime, wide, Set.of(false)).get(false));
        List<Finding> findings = new ArrayList<>(floor.findings());
        List<Participant> participants = new ArrayList<>();
        for (ModelRuntime runtime : runtimes) {
            if (readiness.get(runtime).state() == Readiness.State.READY) {
                boolean isReference = runtime.name().equals(java.name()) && needsReference(cases);
                Map<Boolean, List<Answer>> both =
                        isReference ? reference : answers(runtime, cases, runtime.optimisations());
                for (boolean optimised :
                        runtime.optimisations().stream().sorted().toList()) {
                    List<Answer> answers = both.get(optimised);
                    for (int i = 0; i < cases.size(); i++) {
                        compare(
                                findings,
                                runtime,
                                optimised,
                                cases.get(i),
                                answers.get(i),
                                reference.get(false).get(i),
                                reference.get(optimised).get(i),
                                floor);
                    }
                }
            }
            participants.add(new Participant(
                    runtime.name(),
                    runtime.title(),
                    runtime.engine(),
                    runtime.device(),
                    readiness.get(runtime).state() == Readiness.State.READY ? runtime.about() : "",
                    readiness.get(runtime)));
        }
        return new Findings(subject, participants, findings, floor.madeBy());
    }

    /**
     * Images to look at, once it has run: the logits of the case that expects most of them, as they are expected (under
     * the name {@code expected}) and as each runtime gives them; none if no case expects any.
     */
    public Map<String, Tensor> logits() {
        return Map.copyOf(logits);
    }

    /** Which case {@link #logits} are of, for example {@code decoder, vectors 1}; empty if there are none. */
    public String pictured() {
        return pictured == null ? "" : pictured.graph() + ", " + pictured.label();
    }

    /** The first case with the most images, which are an output of that name; null if there is none. */
    private static Case withMostLogits(List<Case> cases) {
        Case most = null;
        for (Case given : cases) {
            if (images(given) > (most == null ? 0 : images(most))) {
                most = given;
            }
        }
        return most;
    }

    private static long images(Case given) {
        return given.expected().stream()
                .filter(output -> output.name().equals(LOGITS) && output.shape().length == 5)
                .mapToLong(output -> output.shape()[0] * output.shape()[1])
                .max()
                .orElse(0);
    }

    /** Whether a case or a runtime is held against the Java API. */
    private boolean needsReference(List<Case> cases) {
        return cases.stream().anyMatch(given -> given.expected().isEmpty())
                || runtimes.stream().anyMatch(runtime -> runtime.engine().equals(java.engine()));
    }

    private static List<Answer> unanswered(List<Case> cases) {
        return Collections.nCopies(cases.size(), new None(false, "it was not asked"));
    }

    /**
     * All cases with optimisations off and on, in one go: starting a runtime may take longer than all that it is asked.
     */
    private Map<Boolean, List<Answer>> answers(ModelRuntime runtime, List<Case> cases, Set<Boolean> optimisations) {
        List<Boolean> sorted = optimisations.stream().sorted().toList();
        List<Job> jobs = new ArrayList<>();
        for (boolean optimised : sorted) {
            cases.forEach(given -> jobs.add(new Job(given.model(), given.inputs(), optimised)));
        }
        List<Answer> answers =
                runtime.run(jobs, done -> progress.accept("%s, %d of %d".formatted(runtime.name(), done, jobs.size())));
        Map<Boolean, List<Answer>> split = new HashMap<>();
        for (int i = 0; i < sorted.size(); i++) {
            split.put(sorted.get(i), answers.subList(i * cases.size(), (i + 1) * cases.size()));
        }
        return split;
    }

    private void compare(
            List<Finding> findings,
            ModelRuntime runtime,
            boolean optimised,
            Case given,
            Answer answer,
            Answer unoptimised,
            Answer same,
            NoiseFloor floor) {
        boolean own = !given.expected().isEmpty();
        List<Tensor> expected =
                own ? given.expected() : unoptimised instanceof Outputs outputs ? outputs.outputs() : List.of();
        Tolerance tolerance = given.toleranceOn(runtime.device());
        if (expected.isEmpty()) {
            String why = unoptimised instanceof None none ? none.why() : "it has no outputs";
            findings.add(finding(
                    runtime,
                    optimised,
                    Check.BUDGET,
                    given,
                    Comparison.impossible(
                            "",
                            "expected outputs to compare with, found that ONNX Runtime in Java gives none: " + why,
                            tolerance),
                    Double.NaN));
            return;
        }
        if (answer instanceof None none) {
            findings.add(finding(
                    runtime,
                    optimised,
                    Check.BUDGET,
                    given,
                    Comparison.impossible(
                            "",
                            "expected outputs, found that it %s: %s"
                                    .formatted(none.crashed() ? "crashed" : "refuses", none.why()),
                            tolerance),
                    Double.NaN));
            return;
        }
        List<Tensor> found = ((Outputs) answer).outputs();
        for (int i = 0; i < expected.size(); i++) {
            String output = expected.get(i).name().isEmpty()
                    ? "output " + i
                    : expected.get(i).name();
            if (i >= found.size()) {
                findings.add(finding(
                        runtime,
                        optimised,
                        Check.BUDGET,
                        given,
                        Comparison.impossible(output, "expected it, found no such output", tolerance),
                        Double.NaN));
                continue;
            }
            if (given == pictured && output.equals(LOGITS)) {
                logits.put("expected", expected.get(i));
                logits.put(runtime.name(), found.get(i));
            }
            double noise = floor.multiple(given, i, found.get(i));
            findings.add(finding(
                    runtime,
                    optimised,
                    Check.BUDGET,
                    given,
                    Comparison.between(
                            output, expected.get(i), found.get(i), fitted(tolerance, given, expected.get(i))),
                    noise));
            boolean comparable = runtime.engine().equals(java.engine())
                    && runtime.device().equals(java.device())
                    && !runtime.name().equals(java.name());
            if (comparable
                    && same instanceof Outputs outputs
                    && i < outputs.outputs().size()) {
                findings.add(finding(
                        runtime,
                        optimised,
                        Check.BITS,
                        given,
                        Comparison.between(output, outputs.outputs().get(i), found.get(i), Tolerance.BITS),
                        Double.NaN));
            }
        }
    }

    private static Finding finding(
            ModelRuntime runtime, boolean optimised, Check check, Case given, Comparison comparison, double noise) {
        return new Finding(runtime.name(), optimised, check, given.graph(), given.label(), comparison, noise);
    }

    /**
     * The tolerance for one tensor: as it stands for golden vectors, or if it was asked for; for random inputs by the
     * tensor's size.
     */
    private static Tolerance fitted(Tolerance tolerance, Case given, Tensor expected) {
        if (given.tolerance().isPresent() || !expected.type().isNumeric()) {
            return tolerance;
        }
        Tolerance measured = given.measuredByOne().contains(expected.name()) ? tolerance.measuredBy(1) : tolerance;
        return given.expected().isEmpty() ? measured.scaledTo(rootMeanSquare(expected)) : measured;
    }

    private static double rootMeanSquare(Tensor tensor) {
        return Math.sqrt(Arrays.stream(tensor.doubles())
                .map(value -> value * value)
                .average()
                .orElse(0));
    }
}
