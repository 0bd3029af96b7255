package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Finding.Outcome;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** One case during a verification: what its outputs must be, and what the runtimes have said so far. */
final class Subject {
    private final Case testCase;
    private final ModelRuntime java;
    private final Consensus consensus;
    private final Likeness likeness;
    private final List<String> refusals = new ArrayList<>();
    private final List<ToleranceFile.Use> uses = new ArrayList<>();
    /** The random operators before each output of the graph; empty text if there are none. */
    private Map<String, String> random = Map.of();
    /** Names of several weights, of which engines take one or another. */
    private Set<String> ambiguous = Set.of();

    private List<Tensor> right;
    private String source;
    private boolean answered;

    /**
     * @param java measures rounding noise
     * @param scratch folder for that, used by this case only
     */
    Subject(Case testCase, ModelRuntime java, Path scratch) {
        this.testCase = testCase;
        this.java = java;
        source = testCase.source();
        right = testCase.expected().isEmpty() ? null : testCase.expected();
        consensus = new Consensus(!testCase.expected().isEmpty(), testCase.source());
        ModelProto model = null;
        if (Files.isRegularFile(testCase.model())) {
            try {
                model = OnnxFiles.read(testCase.model());
                Map<String, OutputFacts> facts = OutputFacts.of(model);
                Map<String, String> found = new LinkedHashMap<>();
                facts.forEach((output, fact) -> found.put(output, String.join(", ", fact.random())));
                random = found;
                OpsetReadings.revised(model).ifPresent(consensus::revised);
                Set<String> names = new HashSet<>();
                ambiguous = model.getGraph().getInitializerList().stream()
                        .map(TensorProto::getName)
                        .filter(name -> !names.add(name))
                        .collect(Collectors.toCollection(TreeSet::new));
            } catch (IOException e) {
                random = Map.of(); // the runtimes will say what is wrong with the file
            }
        }
        likeness = new Likeness(testCase, java, scratch, model, random);
        likeness.expect(testCase.expected());
    }

    Case testCase() {
        return testCase;
    }

    /** Sets what the case's reference computed, if the case has no expected outputs. */
    void reference(Answer answer) {
        if (right == null && answer instanceof Outputs outputs) {
            right = outputs.outputs();
            likeness.expect(right);
        }
    }

    /** The expected outputs; null if there are none yet. */
    List<Tensor> right() {
        return right;
    }

    /**
     * One sentence for each output that is not compared, as random operators decide it or its file is missing, or
     * fault.
     */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        ambiguous.forEach(
                name -> notes.add(("graph '%s': expected one initialiser of each name, found several named '%s', "
                                + "of which engines take one or another")
                        .formatted(testCase.graph(), name)));
        random.keySet().stream()
                .filter(output -> right != null && right.stream().noneMatch(one -> Likeness.isPart(one.name(), output)))
                .forEach(output -> notes.add("graph '%s', output '%s': not compared, since %s have no file of it"
                        .formatted(testCase.graph(), output, testCase.label())));
        random.forEach((output, operators) -> {
            if (!operators.isEmpty()) {
                notes.add("graph '%s', output '%s': not compared, since random numbers decide it: %s"
                        .formatted(testCase.graph(), output, operators));
            }
        });
        return notes;
    }

    /** Whether random operators decide an output, or the output that it is a part of. */
    boolean isRandom(Tensor output) {
        return likeness.isRandom(output.name());
    }

    /** The output that goes with the expected one: a sequence of another length moves those after it. */
    private static Tensor counterpart(List<Tensor> right, int index, List<Tensor> found) {
        if (found.size() == right.size()) {
            return found.get(index);
        }
        String name = right.get(index).name();
        Tensor same = index < found.size() ? found.get(index) : null;
        return found.stream()
                .filter(output -> !name.isEmpty() && output.name().equals(name))
                .findFirst()
                .orElse(same == null || same.name().isEmpty() || name.isEmpty() ? same : null);
    }

    /** Where tolerances of a file were applied. */
    List<ToleranceFile.Use> uses() {
        return uses;
    }

    /** Whether random operators decide every output, so there is nothing to compare. */
    boolean isAllRandom() {
        return !random.isEmpty() && random.values().stream().noneMatch(String::isEmpty);
    }

    /** The random operators of all outputs. */
    String randomOperators() {
        return String.join(", ", random.values().stream().distinct().toList());
    }

    /** Whether a runtime gave outputs, so that there is something to compare. */
    boolean isAnswered() {
        return answered;
    }

    /** Why no runtime gave outputs. */
    String refusals() {
        return String.join("; ", refusals);
    }

    /** What follows from all answers; empty if they agree. */
    Optional<Cause> cause() {
        Optional<Cause> cause = consensus.cause(testCase.graph(), testCase.label());
        boolean unclear = cause.isPresent()
                && cause.get().kind() != Cause.Kind.OPTIMISER
                && cause.get().kind() != Cause.Kind.RUNTIME;
        return unclear ? likeness.misread(consensus.misreading(), right).or(() -> cause) : cause;
    }

    /**
     * Compares an answer.
     *
     * @param same the Java API's answer with the same options, to the bit; null for another engine
     */
    List<Finding> compare(ModelRuntime runtime, boolean optimised, Answer answer, Answer same, NoiseFloor floor) {
        List<Finding> findings = new ArrayList<>();
        if (answer instanceof None none) {
            refusals.add("%s: %s".formatted(runtime.name(), none.describe()));
            findings.add(new Finding(
                    runtime.name(),
                    source,
                    optimised,
                    Check.BUDGET,
                    testCase.graph(),
                    testCase.label(),
                    Comparison.impossible("", none.why(), Tolerance.BITS),
                    Double.NaN,
                    none.kind() == None.Kind.ADAPTER ? Outcome.ADAPTER_CANNOT : Outcome.CANNOT_RUN));
            return findings;
        }
        Outputs found = (Outputs) answer;
        answered = true;
        if (right == null) {
            // The reference cannot run the case, so the first runtime that can takes its place.
            right = found.outputs();
            likeness.expect(right);
            source = runtime.name();
        }
        String where = "";
        List<Tensor> ordered = likeness.ordered(right, found.outputs());
        for (int i = 0; i < right.size(); i++) {
            if (isRandom(right.get(i))) {
                continue;
            }
            Tensor original = counterpart(right, i, found.outputs());
            Tensor output = counterpart(right, i, ordered);
            Comparison inOrder = likeness.compared(i, right.get(i), output, runtime, testCase.budget());
            long moved = output == original
                    ? 0
                    : OpenValues.differing(original, output).cardinality();
            Comparison comparison =
                    inOrder.within() && moved > 0 ? inOrder.undecided(inOrder.undecided() + moved) : inOrder;
            if (testCase.budget() instanceof ToleranceFile.Before own) {
                int at = i;
                own.entry(right.get(i), runtime)
                        .ifPresent(entry -> uses.add(new ToleranceFile.Use(
                                entry,
                                "%s, optimisations %s, graph '%s', output '%s' (%s)"
                                        .formatted(
                                                runtime.name(),
                                                optimised ? "on" : "off",
                                                testCase.graph(),
                                                comparison.output(),
                                                testCase.label()),
                                comparison,
                                likeness.compared(at, right.get(at), output, runtime, own.otherwise()))));
            }
            if (!comparison.within() && where.isEmpty()) {
                where = "'%s'%s"
                        .formatted(comparison.output(), comparison.at().isEmpty() ? "" : " at " + comparison.at());
            }
            findings.add(
                    finding(runtime, optimised, Check.BUDGET, source, comparison, floor.multiple(testCase, i, output)));
            if (same instanceof Outputs outputs && outputs.output(i) != null && original != null) {
                findings.add(finding(
                        runtime,
                        optimised,
                        Check.BITS,
                        java.name(),
                        Comparison.between(comparison.output(), outputs.output(i), original, Tolerance.BITS),
                        Double.NaN));
            }
        }
        if (where.isEmpty()) {
            consensus.agree(runtime, optimised);
        } else {
            consensus.differ(
                    runtime,
                    optimised,
                    found.outputs(),
                    where,
                    other -> likeness.alike(found.outputs(), other, runtime));
        }
        return findings;
    }

    private Finding finding(
            ModelRuntime runtime,
            boolean optimised,
            Check check,
            String reference,
            Comparison comparison,
            double noise) {
        return new Finding(
                runtime.name(), reference, optimised, check, testCase.graph(), testCase.label(), comparison, noise);
    }
}
