package io.kanerva.conformance.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Cause;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Finding.Outcome;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.RandomInputs;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** One case of the corpus: a model, what is expected of it, the runtimes, and the verdict that is right. */
final class Entry {
    /** Nothing is wrong. */
    static final String FINE = "fine";
    /** The expected outputs are wrong, and two engines say so. */
    static final String VECTORS = "wrong: vectors []";
    /** One engine cannot tell its own fault from that of the expected outputs. */
    static final String ONE_ENGINE = "wrong: undecided []";

    private final String name;
    private final Graph graph;
    private final List<ModelRuntime> runtimes = new ArrayList<>(List.of(JavaRuntime.CPU));
    private List<Tensor> expected;
    private List<Tensor> computed;
    private UnaryOperator<Tensor> spoil = tensor -> tensor;
    private boolean made;
    private String verdict = FINE;

    Entry(String name, Graph graph) {
        this.name = name;
        this.graph = graph;
    }

    String name() {
        return name;
    }

    /** Further runtimes beside ONNX Runtime in Java. */
    Entry with(ModelRuntime... others) {
        runtimes.addAll(List.of(others));
        return this;
    }

    /** Other runtimes than ONNX Runtime in Java, which then only gives expected outputs. */
    Entry only(ModelRuntime... others) {
        runtimes.clear();
        return with(others);
    }

    /** Expected outputs that were computed by hand; else they are ONNX Runtime's without optimisations. */
    Entry expects(Tensor... outputs) {
        expected = List.of(outputs);
        return this;
    }

    /** What ONNX Runtime must give for an output that is no tensor, part by part; it is then what is expected. */
    Entry computes(Tensor... parts) {
        computed = List.of(parts);
        return this;
    }

    /** What is wrong with the expected outputs. */
    Entry spoilt(UnaryOperator<Tensor> change) {
        spoil = change;
        return this;
    }

    /** Inputs are made up, and ONNX Runtime gives the expected outputs. */
    Entry madeUp() {
        made = true;
        return this;
    }

    /** The right verdict, if it is not that nothing is wrong. */
    Entry is(String right) {
        verdict = right;
        return this;
    }

    /** The right verdict. */
    String verdict() {
        return verdict;
    }

    /** The verdict of the checker, in the words of {@link #verdict()}. */
    String judge(Path folder) throws IOException {
        Path model = graph.write(folder);
        List<Case> cases = made ? madeUp(model, folder) : vectors(model, folder);
        if (cases.isEmpty()) {
            return "refused: no inputs";
        }
        Findings findings = new Verification(folder.resolve("scratch")).run(name, runtimes, cases);
        return verdict(findings);
    }

    private List<Case> madeUp(Path model, Path folder) throws IOException {
        RandomInputs inputs = RandomInputs.of(model, Map.of(), Map.of(), Set.of());
        return inputs.problem().isEmpty()
                ? List.of(inputs.find("g", 1, Budget.of(model), folder.resolve("made"), JavaRuntime.CPU))
                : List.of();
    }

    private List<Case> vectors(Path model, Path folder) throws IOException {
        Path set = folder.resolve("test_data_set_0");
        if (computed != null) {
            Answer answer = JavaRuntime.CPU
                    .run(List.of(new Job(model, set, false)), done -> {})
                    .get(0);
            assertThat(((Outputs) answer).outputs()).isEqualTo(computed);
            return List.of(new Case(
                    "g", "sequence", model, set, ((Outputs) answer).outputs(), JavaRuntime.CPU, Budget.of(model)));
        }
        List<Tensor> right = expected;
        if (right == null) {
            Answer answer = JavaRuntime.CPU
                    .run(List.of(new Job(model, set, false)), done -> {})
                    .get(0);
            right = answer instanceof Outputs outputs ? outputs.outputs() : List.of(Tensor.of(new float[1], 1));
        }
        TensorFolder.write(set, TensorFolder.OUTPUT, right.stream().map(spoil).toList());
        return Case.of("g", model, folder, Optional.empty());
    }

    private static String verdict(Findings findings) {
        List<String> parts = new ArrayList<>();
        for (Cause cause : findings.causes()) {
            parts.add("wrong: %s %s".formatted(cause.kind().name().toLowerCase(), cause.culprits()));
        }
        if (!findings.failures().isEmpty() && findings.causes().isEmpty()) {
            parts.add("wrong: bits "
                    + new TreeSet<>(
                            findings.failures().stream().map(Finding::runtime).collect(Collectors.toSet())));
        }
        for (Outcome outcome : List.of(Outcome.CANNOT_RUN, Outcome.ADAPTER_CANNOT)) {
            Set<String> unable = findings.unable().stream()
                    .filter(finding -> finding.outcome() == outcome)
                    .map(Finding::runtime)
                    .collect(Collectors.toCollection(TreeSet::new));
            if (!unable.isEmpty()) {
                parts.add("%s: %s".formatted(outcome == Outcome.CANNOT_RUN ? "cannot run" : "our adapter", unable));
            }
        }
        findings.notes().stream()
                .filter(note -> note.contains("random numbers decide it"))
                .forEach(note -> parts.add("random: " + note.replaceAll(".*: ", "")));
        findings.faults().stream()
                .filter(fault -> fault.contains("random operators"))
                .forEach(fault -> parts.add("all random: " + fault.replaceAll(".*: ", "")));
        findings.faults().stream()
                .filter(fault -> fault.contains("a runtime that runs it"))
                .forEach(fault -> parts.add("nothing runs it"));
        parts.addAll(undecided(findings));
        return parts.isEmpty() ? findings.holds() ? FINE : "nothing compared" : String.join("; ", parts);
    }

    private static List<String> undecided(Findings findings) {
        long elements = findings.findings().stream()
                .mapToLong(finding -> finding.comparison().undecided())
                .max()
                .orElse(0);
        return elements == 0 ? List.of() : List.of("undecided: " + elements);
    }
}
