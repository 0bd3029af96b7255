package io.kanerva.exporter.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** Which numbers of selected elements are compared, and what is said of those that are not. */
class CountProbesTest {
    private static final Outcome SAME = new Outcome(Outcome.Kind.SAME, "");
    private static final Outcome NOT_KNOWN = new Outcome(Outcome.Kind.NOT_KNOWN, "");
    private static final Outcome FAILS = new Outcome(Outcome.Kind.FAILS, "too few");

    private final List<Long> compared = new ArrayList<>();

    private List<String> search(long most, boolean needsAll, LongFunction<Outcome> outcomes) {
        SamplingPlan plan =
                SamplingPlan.of(List.of(InputSpec.of("x", DataType.FLOAT32, Dimension.fixed(4))), Map.of(), Set.of());
        return new CountProbes(
                        plan,
                        (sizes, selection) -> {
                            if (selection.equals(Selection.ALL)) {
                                return SAME;
                            }
                            compared.add(selection.number());
                            return outcomes.apply(selection.number());
                        },
                        () -> most,
                        Set.of(7L),
                        needsAll)
                .search(new ProvenSizes(Map.of(), 1, List.of()));
    }

    @Test
    void eachNumberIsComparedOnceAndThoseThatOccurInTheBlockFirst() {
        assertThat(search(12, true, count -> SAME)).isEmpty();
        assertThat(compared).startsWith(6L, 7L, 8L, 3L, 9L).endsWith(10L, 11L, 12L);
        assertThat(compared).hasSize(13).doesNotHaveDuplicates();
    }

    @Test
    void aMaskMayBeLargerThanTheBudgetAndTheMemory() {
        long most = 1L << 40;
        assertThat(search(most, false, count -> count == 5 ? NOT_KNOWN : SAME))
                .containsExactly("the budget for comparisons ended after 11 of " + (most + 1)
                        + " numbers of elements that masks may select");
        assertThat(compared)
                .startsWith(6L, 7L, 8L, most / 4, most - most / 4, most / 2)
                .endsWith(0L, 1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void aNumberAtWhichTheBlockFailsIsNotOneForWhichAFormulaHolds() {
        LongFunction<Outcome> outcomes = count -> count == 5 ? NOT_KNOWN : count < 3 ? FAILS : SAME;
        assertThatThrownBy(() -> search(12, true, outcomes))
                .isInstanceOf(CountProbes.Change.class)
                .hasMessageContaining("hold for 6 such numbers, where the budget for comparisons ended");
        assertThat(search(12, false, outcomes))
                .containsExactly(
                        "the budget for comparisons ended after 9 of 13 numbers of elements that masks may select",
                        "where masks select 0, 1, 2 elements, the block fails, so the model was not compared there: "
                                + "too few");
    }
}
