package io.kanerva.exporter.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.trace.size.Size;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

class SizeTest {
    private static final List<InputSpec> INPUTS =
            List.of(new InputSpec("x", DataType.FLOAT32, List.of(Dimension.named("B"), Dimension.named("T"))));

    private static long[] values(SamplingPlan plan, ToLongFunction<Map<String, Long>> function) {
        return plan.traces().stream().mapToLong(function).toArray();
    }

    @Test
    void squaresAndHalvesAreUnknown() {
        SamplingPlan plan = SamplingPlan.of(INPUTS, Map.of(), Set.of());
        assertThat(plan.express(values(plan, at -> at.get("T") * at.get("T"))).isKnown())
                .isFalse();
        assertThat(plan.express(values(plan, at -> at.get("T") / 2)).isKnown()).isFalse();
    }

    @Test
    void anExpressionReadsLikeOne() {
        SamplingPlan plan = SamplingPlan.of(INPUTS, Map.of(), Set.of());
        assertThat(plan.express(values(plan, at -> 4 * at.get("B") * at.get("T") - at.get("T") + 2)))
                .hasToString("4*B*T-1*T+2");
        assertThat(Size.named("B")).hasToString("B");
        assertThat(Size.fixed(0)).hasToString("0");
    }

    @Test
    void tracedSizesAreNeither0Nor1NorAnotherDimension() {
        SamplingPlan plan = SamplingPlan.of(
                List.of(new InputSpec(
                        "x",
                        DataType.FLOAT32,
                        List.of(Dimension.named("B"), Dimension.named("T"), Dimension.fixed(3)))),
                Map.of(),
                Set.of(4L, 5L));
        assertThat(plan.traces()).hasSize(5).allSatisfy(sizes -> {
            assertThat(sizes.values()).doesNotHaveDuplicates().noneMatch(size -> size < 2 || size >= 3 && size <= 5);
        });
        assertThat(plan.checks()).doesNotContainAnyElementsOf(plan.traces()).contains(Map.of("B", 1L, "T", 1L));
    }

    @Test
    void sizesStayInsideTheirLimit() {
        SamplingPlan plan = SamplingPlan.of(INPUTS, Map.of("T", new SamplingPlan.Limit(2, 4)), Set.of());
        assertThat(plan.traces()).allSatisfy(sizes -> assertThat(sizes.get("T")).isBetween(2L, 4L));
        assertThat(plan.checks()).allSatisfy(sizes -> assertThat(sizes.get("T")).isBetween(2L, 4L));
    }

    @Test
    void aDimensionOfTwoSizesIsTracedAtBothAndChecked() {
        SamplingPlan plan = SamplingPlan.of(INPUTS, Map.of("T", new SamplingPlan.Limit(1, 2)), Set.of());
        assertThat(plan.traces()).extracting(sizes -> sizes.get("T")).containsOnly(1L, 2L);
        assertThat(plan.checks()).isNotEmpty();
        assertThat(plan.express(values(plan, at -> 3 * at.get("T")))).hasToString("3*T");
    }

    @Test
    void aDimensionOfOneSizeIsAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SamplingPlan.of(INPUTS, Map.of("T", new SamplingPlan.Limit(3, 3)), Set.of()))
                .withMessage("dimension T can only be 3; make it a fixed dimension");
    }

    /** What only passes its input on takes memory, and no time. */
    @Test
    void aGraphIsNotRunWhereWhatGoesInAndOutWouldNotFitIntoMemory() {
        SamplingPlan plan = SamplingPlan.of(INPUTS, Map.of(), Set.of());
        SamplingPlan.Limit range = new SamplingPlan.Limit(1, 2048);
        ProvenSizes proven = new ProvenSizes(Map.of("B", range, "T", range), 1, List.of());
        // Too many multiplications for runs at large sizes, so that only the checks' sizes count.
        List<Map<String, Long>> small = plan.runs(proven, at -> 1e6, at -> at.get("T") * 0x1p23);
        List<Map<String, Long>> any = plan.runs(proven, at -> 1e6, at -> 0);
        assertThat(any).anySatisfy(at -> assertThat(at.get("T")).isGreaterThan(8));
        assertThat(small).isNotEmpty().allSatisfy(at -> assertThat(at.get("T")).isLessThanOrEqualTo(8));
    }
}
