package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SizeFormulaTest {
    private static final Map<String, Integer> SIZES = Map.of("past", 3, "new", 4, "h", 7, "batch", 2, "input.1", 5);

    @Test
    void arithmeticOfOtherSizesHasTheirValue() {
        assertThat(value("past + new")).hasValue(7);
        assertThat(value("2*new-past")).hasValue(5);
        assertThat(value("floor(h/2) + 1")).hasValue(4);
        assertThat(value("((h - 1)//2) + 1")).hasValue(4);
        assertThat(value("ceil(h/2)*Max(1, past)")).hasValue(12);
        assertThat(value("input.1 * (past + 1)")).hasValue(20);
    }

    @Test
    void whatNamesNoOtherSizesOrHasNoWholeValueIsNoFormula() {
        for (String name : new String[] {
            "past",
            "batch-size",
            "7",
            "2*3",
            "h/2",
            "past - new",
            "past + ",
            "(past + new",
            "round(past)",
            "past ? new",
            ""
        }) {
            assertThat(value(name)).as(name).isEmpty();
        }
    }

    @Test
    void aNameThatIsNestedTooDeeplyForTheStackIsNoFormula() {
        int depth = 100_000;
        assertThat(value("(".repeat(depth) + "past + new" + ")".repeat(depth))).isEmpty();
        assertThat(value("-".repeat(depth) + "past")).isEmpty();
        assertThat(value("(".repeat(90) + "past + new" + ")".repeat(90))).hasValue(7);
    }

    private static OptionalInt value(String name) {
        return SizeFormula.value(name, SIZES.keySet(), SIZES::get);
    }
}
