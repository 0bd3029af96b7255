package io.kanerva.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SuiteTableTest {
    private static final String OLDER = """
            runtimes java rten
            tests 3
            test_a .R
            test_b DA
            """;

    @Test
    void anOutcomeThatIsAnotherThanInTheTableIsNamedBetterOrWorse() throws IOException {
        SuiteTable older = SuiteTable.parse(OLDER);
        assertThat(older).hasToString(OLDER);
        assertThat(older.counts("java")).isEqualTo(Map.of(".", 2, "D", 1));
        SuiteTable now = SuiteTable.parse("runtimes rten new\ntests 3\ntest_a .R\ntest_b AR\ntest_c C.\n");
        assertThat(now.changesSince(older))
                .containsExactly(
                        "rten: test 'test_a': expected 'refused' as in the table, found 'passed'",
                        "rten: test 'test_c': expected 'passed' as in the table, found 'crashed'");
        assertThat(older.changesSince(older)).isEmpty();
    }

    @Test
    void aRunOfSomeRuntimesKeepsTheColumnsOfTheOthers() throws IOException {
        SuiteTable now = SuiteTable.parse("runtimes rten\ntests 3\ntest_a D\ntest_b .\ntest_c .\n");
        assertThat(now.over(SuiteTable.parse(OLDER)))
                .hasToString("runtimes java rten\ntests 3\ntest_a .D\ntest_b D.\n");
    }

    @Test
    void columnsOfOtherTestsAreRefusedBesideThoseOfARun() throws IOException {
        SuiteTable older = SuiteTable.parse(OLDER);
        SuiteTable more = SuiteTable.parse("runtimes rten\ntests 4\ntest_a D\ntest_b .\ntest_c .\ntest_d .\n");
        assertThatThrownBy(() -> more.over(older))
                .hasMessage(
                        "expected a table of the 4 tests that were run now, found one of 3; run all its runtimes, or "
                                + "remove it: java did not run");
        SuiteTable others = SuiteTable.parse("runtimes rten\ntests 3\ntest_a D\ntest_x .\ntest_y .\n");
        assertThatThrownBy(() -> others.over(older)).hasMessageContaining("found one of 3, among them 'test_b'");
        SuiteTable all = SuiteTable.parse("runtimes java rten\ntests 4\ntest_a .D\ntest_d ..\n");
        assertThat(all.over(older)).hasToString("runtimes java rten\ntests 4\ntest_a .D\n");
    }

    @Test
    void whatIsNoTableIsRefused() {
        for (String text : List.of("", "runtimes a\ntests x\n", "tests 3\nruntimes a\n")) {
            assertThatThrownBy(() -> SuiteTable.parse(text))
                    .hasMessage("expected a line 'runtimes NAME...' and a line 'tests N', found others");
        }
        for (String line : List.of("test_a", "test_a ..", "test_a X", "test_a .\ntest_a .")) {
            assertThatThrownBy(() -> SuiteTable.parse("runtimes a\ntests 3\n" + line))
                    .hasMessageStartingWith("expected a test and 1 letters of .DRCA?, found 'test_a");
        }
    }

    /** The page quotes the totals of the table beside it, which is renewed by a run. */
    @Test
    void thePageOfTheNodeTestsHasTheTotalsOfItsTable() throws IOException {
        SuiteTable table = SuiteTable.parse(Files.readString(Path.of("../node-tests.txt")));
        String page = Files.readString(Path.of("../NODE_TESTS.md"));
        assertThat(table.runtimes()).contains("onnxruntime-java", "onnxruntime-python");
        for (String runtime : table.runtimes()) {
            Map<String, Integer> counts = table.counts(runtime);
            assertThat(page)
                    .contains(String.format(
                            Locale.ROOT,
                            "| `%s` | %,d | %.1f %% | %d | %d | %d | %d |",
                            runtime,
                            counts.get("."),
                            100.0 * counts.get(".") / table.tests(),
                            counts.getOrDefault("D", 0),
                            counts.getOrDefault("R", 0),
                            counts.getOrDefault("C", 0),
                            counts.getOrDefault("A", 0)));
        }
    }
}
