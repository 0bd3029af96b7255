package io.kanerva.conformance.report;

import io.kanerva.conformance.check.Suite;
import io.kanerva.conformance.check.Suite.Outcome;
import io.kanerva.conformance.check.Suite.Result;
import io.kanerva.conformance.check.Suite.Row;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Pass rates of a {@link Suite} as tables in Markdown, which are also readable on a terminal. */
public final class SuiteReport {
    private static final long NEWEST = Long.MAX_VALUE;
    private static final int MAX_REASON = 160;
    private static final Pattern FOLDERS = Pattern.compile("(?<![^\\s'\"(])/(?:[^\\s/]+/)+");

    private SuiteReport() {}

    /**
     * A table with one row per runtime.
     *
     * @param opset one column counts only the tests of this opset or older
     */
    public static String table(List<Row> rows, long opset) {
        StringBuilder text = new StringBuilder(
                "| runtime | passed | differs | refused | crashed | our adapter | opset <= %d | versions |\n"
                                .formatted(opset)
                        + "|---|--:|--:|--:|--:|--:|--:|---|\n");
        for (Row row : rows) {
            if (row.results().isEmpty()) {
                text.append("| %s | did not run: %s | | | | | | |%n"
                        .formatted(
                                row.runtime().description().title(),
                                row.readiness().why()));
                continue;
            }
            Map<Outcome, Long> all = row.counts(0, NEWEST);
            text.append("| %s | %s | %d | %d | %d | %d | %s | %s |%n"
                    .formatted(
                            row.runtime().description().title(),
                            rate(all),
                            all.getOrDefault(Outcome.DIFFERS, 0L),
                            all.getOrDefault(Outcome.REFUSED, 0L),
                            all.getOrDefault(Outcome.CRASHED, 0L),
                            all.getOrDefault(Outcome.ADAPTER, 0L),
                            rate(row.counts(0, opset)),
                            row.runtime().about()));
        }
        return text.toString().replace("\r\n", "\n");
    }

    /** Lists, per runtime, every test that it did not pass, with the reason. */
    public static String failures(List<Row> rows) {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            Map<String, String> reasons = new TreeMap<>();
            for (Result result : row.results()) {
                if (result.outcome() != Outcome.PASSED) {
                    String reason = FOLDERS.matcher(result.why())
                            .replaceAll(""); // a long path would leave no space for the reason
                    String why = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) + "..." : reason;
                    reasons.put(result.test().name(), result.outcome().name().toLowerCase(Locale.ROOT) + ": " + why);
                }
            }
            text.append(row.runtime().name()).append('\n');
            reasons.forEach((test, why) ->
                    text.append("  ").append(test).append("  ").append(why).append('\n'));
        }
        return text.toString();
    }

    /**
     * One sentence for each test that a runtime did not pass and that is not a known failure.
     *
     * @param known an earlier result of {@link #failures}
     */
    public static List<String> unknownFailures(List<Row> rows, String known) {
        Set<String> expected = new HashSet<>();
        String runtime = "";
        for (String line : known.lines().toList()) {
            if (line.startsWith("  ")) {
                expected.add(runtime + " " + line.strip().split("\\s+", 2)[0]);
            } else {
                runtime = line.strip();
            }
        }
        List<String> unknown = new ArrayList<>();
        for (Row row : rows) {
            for (Result result : row.results()) {
                if (result.outcome() != Outcome.PASSED
                        && !expected.contains(
                                row.runtime().name() + " " + result.test().name())) {
                    unknown.add("%s: test '%s': expected a pass, found '%s': %s"
                            .formatted(
                                    row.runtime().name(),
                                    result.test().name(),
                                    result.outcome().name().toLowerCase(Locale.ROOT),
                                    result.why()));
                }
            }
        }
        return unknown;
    }

    private static String rate(Map<Outcome, Long> counts) {
        long total = counts.values().stream().mapToLong(Long::longValue).sum();
        long passed = counts.getOrDefault(Outcome.PASSED, 0L);
        return total == 0
                ? "–"
                : String.format(Locale.ROOT, "%,d of %,d, %.1f %%", passed, total, 100.0 * passed / total);
    }
}
