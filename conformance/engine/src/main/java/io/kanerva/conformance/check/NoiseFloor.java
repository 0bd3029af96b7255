package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.CompositeValue;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Golden vectors computed again in float64, which show how large float32's own error is. The first runtime that
 * computes in float64 is the reference; every further one is compared with it, within float32's own error.
 */
final class NoiseFloor {
    /** Nothing was computed in float64. */
    static final NoiseFloor NONE = new NoiseFloor("");

    private final String title;
    private final Map<Case, List<Tensor>> outputs = new IdentityHashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private NoiseFloor(String title) {
        this.title = title;
    }

    /**
     * Computes the float64 outputs of the float32 cases that have expected outputs.
     *
     * @param ready runtimes that can run; perhaps none of them computes in float64
     * @param scratch folder for models and inputs in float64
     * @param run returns a runtime's answers to cases
     * @param java ONNX Runtime's answers, by optimisation; empty if it was not run
     * @throws IOException if a model's kind cannot be read
     */
    static NoiseFloor of(
            List<ModelRuntime> ready,
            List<Case> cases,
            Path scratch,
            BiFunction<ModelRuntime, List<Case>, List<Answer>> run,
            Map<Boolean, List<Answer>> java)
            throws IOException {
        List<ModelRuntime> wide = ready.stream()
                .filter(runtime -> runtime.description().doublePrecision())
                .toList();
        List<Case> single = new ArrayList<>();
        List<Case> widened = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        for (Case testCase : wide.isEmpty() ? List.<Case>of() : cases) {
            if (!testCase.expected().isEmpty()
                    && Precision.of(testCase.model()) == Precision.FLOAT32
                    && takesTensors(testCase.model())) {
                try {
                    widened.add(DoublePrecision.of(testCase, scratch));
                    single.add(testCase);
                } catch (IOException e) {
                    unreadable.add(testCase.graph() + ": no error against float64 is stated: " + e.getMessage());
                }
            }
        }
        if (single.isEmpty() && unreadable.isEmpty()) {
            return NONE;
        }
        List<Answer> first = run.apply(wide.get(0), widened);
        NoiseFloor floor = new NoiseFloor(wide.get(0).description().title());
        floor.notes.addAll(unreadable);
        for (int i = 0; i < single.size(); i++) {
            int index = cases.indexOf(single.get(i));
            floor.take(
                    wide.get(0),
                    single.get(i),
                    first.get(i),
                    java.isEmpty() ? null : java.get(false).get(index));
        }
        for (ModelRuntime other : wide.subList(1, wide.size())) {
            List<Answer> answers = run.apply(other, widened);
            for (int i = 0; i < single.size(); i++) {
                floor.compare(wide.get(0), other, single.get(i), answers.get(i));
            }
        }
        return floor;
    }

    /** Whether no input is a sequence, a map or an optional, which are not widened. */
    private static boolean takesTensors(Path model) throws IOException {
        return OnnxFiles.read(model).getGraph().getInputList().stream()
                .noneMatch(input -> CompositeValue.isComposite(input.getType()));
    }

    /** Keeps the float64 outputs of a case, unless the runtime has none or misses what the others agree on. */
    private void take(ModelRuntime runtime, Case testCase, Answer answer, Answer java) {
        String what = "graph '%s' (%s): ".formatted(testCase.graph(), testCase.label());
        if (answer instanceof None none) {
            notes.add(what
                    + "no error against float64 is stated, since %s has no outputs: %s"
                            .formatted(runtime.name(), none.why()));
            return;
        }
        List<Tensor> exact = ((Outputs) answer).outputs();
        for (int i = 0; i < testCase.expected().size(); i++) {
            Comparison own =
                    miss(runtime, testCase, i, exact, testCase.expected().get(i));
            if (!own.within()
                    && !(java instanceof Outputs others
                            && others.output(i) != null
                            && miss(runtime, testCase, i, exact, others.output(i))
                                    .within())) {
                notes.add(what
                        + "%s in float64 is left out as a yardstick, since its own output '%s' %s"
                                .formatted(runtime.name(), own.output(), own.describe()));
                return;
            }
        }
        outputs.put(testCase, exact);
    }

    private static Comparison miss(
            ModelRuntime runtime, Case testCase, int output, List<Tensor> exact, Tensor expected) {
        String name = testCase.expected().get(output).name();
        return Comparison.between(
                name,
                DoublePrecision.widened(expected),
                output < exact.size() ? exact.get(output) : null,
                testCase.budget().of(expected.named(name), runtime));
    }

    private void compare(ModelRuntime first, ModelRuntime runtime, Case testCase, Answer answer) {
        List<Tensor> exact = outputs.getOrDefault(testCase, List.of());
        for (int i = 0; i < exact.size(); i++) {
            String output = testCase.expected().get(i).name();
            // A graph may hold products of constants that the exporter computed in float32, where DJL's blocks compute
            // them in float64. This is part of float32's own error, and other parts may cancel it, so two float64
            // outputs may differ by twice that error.
            double own = error(exact.get(i), testCase.expected().get(i)).largest();
            Tolerance tolerance =
                    Tolerance.elements(Math.max(Tolerance.FLOAT64.absolute(), 2 * own), Tolerance.FLOAT64.relative());
            Comparison comparison = answer instanceof None none
                    ? Comparison.impossible(output, "expected float64 outputs, found " + none.describe(), tolerance)
                    : Comparison.between(output, exact.get(i), ((Outputs) answer).output(i), tolerance);
            findings.add(new Finding(
                    runtime.name(),
                    first.name(),
                    false,
                    Check.FLOAT64,
                    testCase.graph(),
                    testCase.label(),
                    comparison,
                    Double.NaN));
        }
    }

    /** Title of the reference; empty if no runtime computed float64, or none that the others agree with. */
    String title() {
        return outputs.isEmpty() ? "" : title;
    }

    /** What was left out, and why. */
    List<String> notes() {
        return notes.stream().distinct().toList();
    }

    /** The other runtimes' float64 outputs, compared with the reference's. */
    List<Finding> findings() {
        return findings;
    }

    /**
     * Root mean square of an output's error as a multiple of the expected output's own; NaN if nothing was computed in
     * float64, or the expected output is exact.
     */
    double multiple(Case testCase, int output, Tensor found) {
        List<Tensor> exact = outputs.getOrDefault(testCase, List.of());
        if (output >= exact.size()) {
            return Double.NaN;
        }
        double own = error(exact.get(output), testCase.expected().get(output)).rootMeanSquare();
        Comparison other = error(exact.get(output), found);
        return own == 0 || !other.problem().isEmpty() ? Double.NaN : other.rootMeanSquare() / own;
    }

    private static Comparison error(Tensor exact, Tensor single) {
        return Comparison.between(
                "", exact, single == null ? null : DoublePrecision.widened(single), Tolerance.FLOAT64);
    }
}
