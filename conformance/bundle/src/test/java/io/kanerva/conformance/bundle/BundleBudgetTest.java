package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Finding.Check;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.onnx.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class BundleBudgetTest {
    private static final Tensor EXPECTED = Tensor.of(new float[] {1, 2, -4, 0.5f, 0, 3}, 2, 3);

    private static Comparison between(String output, Tensor expected, Tensor found) {
        return Comparison.between(output, expected, found, BundleBudget.of(output));
    }

    @Test
    void equalTensorsDoNotDiffer() {
        Comparison difference = between("traces", EXPECTED, EXPECTED);
        assertThat(difference.largest()).isZero();
        assertThat(difference.relative()).isZero();
        assertThat(difference.count()).isEqualTo(6);
        assertThat(difference.within()).isTrue();
    }

    @Test
    void theLargestDifferenceIsFoundWithItsPlaceAndBothValues() {
        Comparison difference = between("traces", EXPECTED, Tensor.of(new float[] {1, 2.25f, -4, 0.5f, 0.5f, 3}, 2, 3));
        assertThat(difference.largest()).isEqualTo(0.5);
        assertThat(difference.at()).isEqualTo("[1, 1]");
        assertThat(difference.expected()).isZero();
        assertThat(difference.found()).isEqualTo(0.5);
        assertThat(difference.relative()).isEqualTo(0.125);
        assertThat(difference.rootMeanSquare()).isCloseTo(Math.sqrt((0.0625 + 0.25) / 6), within(1e-12));
        assertThat(difference.describe())
                .startsWith("differs by 5.00e-01 at [1, 1]: expected 0.0, found 0.5, ")
                .endsWith(" (budget 1e-05)");
        assertThat(difference.within()).isFalse();
    }

    @Test
    void logitsHaveALargerBudget() {
        Tensor near = Tensor.of(new float[] {1, 2, -4, 0.50005f, 0, 3}, 2, 3);
        assertThat(between("logits", EXPECTED, near).within()).isTrue();
        assertThat(between("traces", EXPECTED, near).within()).isFalse();
    }

    @Test
    void whatIsNotFiniteNeverAgreesNotEvenWithItself() {
        Tensor nan = Tensor.of(new float[] {Float.NaN}, 1);
        Tensor infinite = Tensor.of(new float[] {Float.POSITIVE_INFINITY}, 1);
        assertThat(between("traces", nan, nan).within()).isFalse();
        assertThat(between("traces", infinite, infinite).within()).isFalse();
        assertThat(between("traces", Tensor.of(new float[] {1}, 1), nan).largest())
                .isInfinite();
    }

    @Test
    void anotherShapeOrNoOutputAtAllIsAProblemWithAName() {
        Comparison shape = between("traces", EXPECTED, Tensor.of(new float[6], 3, 2));
        assertThat(shape.within()).isFalse();
        assertThat(shape.describe()).isEqualTo("cannot be compared: expected float32[2, 3], found float32[3, 2]");
        assertThat(between("traces", EXPECTED, null).describe())
                .isEqualTo("cannot be compared: expected float32[2, 3], found no such output");
    }

    @Test
    void aSummaryKeepsTheWorstCaseOfEachOutputAndCountsAllValues() {
        Finding good = finding("reader", "random", between("traces", EXPECTED, EXPECTED));
        Finding bad = finding(
                "reader", "real", between("traces", EXPECTED, Tensor.of(new float[] {1, 2, -4, 0.5f, 0, 2}, 2, 3)));
        Finding other = finding("encoder", "real", between("content", EXPECTED, EXPECTED));
        Findings findings = findings(good, other).and(findings(bad));
        assertThat(findings.holds()).isFalse();
        assertThat(findings.failures()).containsExactly(bad);
        assertThat(findings.largestPerGraph()).containsEntry("reader", 1.0).containsEntry("encoder", 0.0);
        assertThat(findings.worst()).hasSize(2).first().satisfies(row -> {
            assertThat(row.inputs()).isEqualTo("real");
            assertThat(row.comparison().count()).isEqualTo(12);
        });
        assertThat(TextReport.details(findings)).contains("1.00e+00", "NO", "real [1, 2]");
        assertThat(TextReport.summary(findings)).contains("1 of 2 outputs keep their budgets, and 2 of 3 comparisons");
    }

    @Test
    void whereNothingWasComparedNothingHolds() {
        assertThat(findings().holds()).isFalse();
    }

    private static Finding finding(String graph, String inputs, Comparison comparison) {
        return new Finding("a", "b", true, Check.BUDGET, graph, inputs, comparison, Double.NaN);
    }

    private static Findings findings(Finding... findings) {
        return new Findings("test", List.of(), List.of(findings), "", List.of(), List.of());
    }
}
