package io.kanerva.conformance.check;

import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * Golden vectors computed once more in float64: how large the error of float32 itself is. The first runtime that
 * computes in float64 makes it, which is DJL's own path where the model is at hand; every further one is held against
 * the first, within float32's own error.
 */
final class NoiseFloor {
    private final String madeBy;
    private final Map<Case, List<Tensor>> outputs = new IdentityHashMap<>();
    private final List<Finding> findings = new ArrayList<>();

    private NoiseFloor(String madeBy) {
        this.madeBy = madeBy;
    }

    /**
     * Computes it, for cases in float32 that have expected outputs.
     *
     * @param ready runtimes that can run; none of them need compute in float64
     * @param scratch folder for models and inputs in float64
     * @param run gives a runtime's answers to cases
     * @throws IOException if those cannot be written
     */
    static NoiseFloor of(
            List<ModelRuntime> ready,
            List<Case> cases,
            Path scratch,
            BiFunction<ModelRuntime, List<Case>, List<Answer>> run)
            throws IOException {
        List<ModelRuntime> wide =
                ready.stream().filter(ModelRuntime::doublePrecision).toList();
        List<Case> single = cases.stream()
                .filter(given -> given.precision() == Precision.FLOAT32
                        && !given.expected().isEmpty())
                .toList();
        if (wide.isEmpty() || single.isEmpty()) {
            return new NoiseFloor("");
        }
        List<Case> widened = new ArrayList<>();
        for (Case given : single) {
            widened.add(DoublePrecision.of(given, scratch));
        }
        NoiseFloor floor = new NoiseFloor(wide.get(0).title());
        List<Answer> first = run.apply(wide.get(0), widened);
        for (int i = 0; i < single.size(); i++) {
            if (first.get(i) instanceof Outputs found) {
                floor.outputs.put(single.get(i), found.outputs());
            }
        }
        for (ModelRuntime other : wide.subList(1, wide.size())) {
            List<Answer> answers = run.apply(other, widened);
            for (int i = 0; i < single.size(); i++) {
                floor.compare(other, single.get(i), answers.get(i));
            }
        }
        return floor;
    }

    private void compare(ModelRuntime runtime, Case given, Answer answer) {
        List<Tensor> expected = outputs.getOrDefault(given, List.of());
        for (int i = 0; i < expected.size(); i++) {
            String output = given.expected().get(i).name();
            String problem = answer instanceof None none
                    ? "expected float64 outputs, found that it %s: %s"
                            .formatted(none.crashed() ? "crashed" : "refuses", none.why())
                    : i >= ((Outputs) answer).outputs().size() ? "expected it, found no such output" : "";
            // Where a graph holds products of constants, the exporter took them in float32, and DJL's blocks in float64
            // do not: that is a part of
            // float32's own error, which other parts may cancel, so twice all of it is what two float64s may differ by.
            double own = largestError(expected.get(i), given.expected().get(i));
            Tolerance tolerance =
                    Tolerance.elements(Math.max(Tolerance.FLOAT64.absolute(), 2 * own), Tolerance.FLOAT64.relative());
            Comparison comparison = problem.isEmpty()
                    ? Comparison.between(
                            output,
                            expected.get(i),
                            ((Outputs) answer).outputs().get(i),
                            tolerance)
                    : Comparison.impossible(output, problem, tolerance);
            findings.add(new Finding(
                    runtime.name(), false, Check.FLOAT64, given.graph(), given.label(), comparison, Double.NaN));
        }
    }

    /** Title of the runtime that made it; empty if none could. */
    String madeBy() {
        return madeBy;
    }

    /** The other runtimes' float64 outputs held against these. */
    List<Finding> findings() {
        return findings;
    }

    /**
     * Root mean square of an output's error as a multiple of that of what was expected; NaN if nothing was computed in
     * float64, or what was expected is exact.
     */
    double multiple(Case given, int output, Tensor found) {
        List<Tensor> exact = outputs.getOrDefault(given, List.of());
        double own = output < exact.size()
                ? error(exact.get(output), given.expected().get(output))
                : 0;
        return own == 0 ? Double.NaN : error(exact.get(output), found) / own;
    }

    private static double largestError(Tensor wide, Tensor single) {
        double[] exact = wide.doubles();
        double[] values = single.doubles();
        double largest = 0;
        for (int i = 0; i < exact.length && exact.length == values.length; i++) {
            largest = Math.max(largest, Math.abs(exact[i] - values[i]));
        }
        return largest;
    }

    private static double error(Tensor wide, Tensor single) {
        double[] exact = wide.doubles();
        double[] values = single.doubles();
        if (exact.length != values.length) {
            return Double.NaN;
        }
        double squares = 0;
        for (int i = 0; i < exact.length; i++) {
            squares += (exact[i] - values[i]) * (exact[i] - values[i]);
        }
        return Math.sqrt(squares / exact.length);
    }
}
