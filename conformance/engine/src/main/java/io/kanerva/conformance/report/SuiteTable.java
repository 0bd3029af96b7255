package io.kanerva.conformance.report;

import io.kanerva.conformance.check.Suite.Outcome;
import io.kanerva.conformance.check.Suite.Result;
import io.kanerva.conformance.check.Suite.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Each test's outcome on each runtime, one letter each: a text that a repository keeps, and that later runs are held
 * to. Its first line names the runtimes in the order of the letters; tests that all of them pass are only counted.
 *
 * <pre>
 * runtimes onnxruntime-java rten
 * tests 1765
 * test_abs_bfloat16 .R
 * </pre>
 *
 * <p>A dot is a pass, D differs, R refused, C crashed, A a limit of our adapter, and ? not run.
 */
public final class SuiteTable {
    private static final String UNKNOWN = "?";

    private final List<String> runtimes;
    private final int tests;
    private final Map<String, String> letters;

    private SuiteTable(List<String> runtimes, int tests, Map<String, String> letters) {
        this.runtimes = runtimes;
        this.tests = tests;
        this.letters = letters;
    }

    /** The table of a run, without runtimes that did not run. */
    public static SuiteTable of(List<Row> rows) {
        List<Row> ran = rows.stream().filter(row -> !row.results().isEmpty()).toList();
        Map<String, String> letters = new TreeMap<>();
        for (Row row : ran) {
            for (Result result : row.results()) {
                letters.merge(result.test().name(), letter(result.outcome()), String::concat);
            }
        }
        return new SuiteTable(ran.stream().map(row -> row.runtime().name()).toList(), letters.size(), letters);
    }

    private static String letter(Outcome outcome) {
        return switch (outcome) {
            case PASSED -> ".";
            case DIFFERS -> "D";
            case REFUSED -> "R";
            case CRASHED -> "C";
            case ADAPTER -> "A";
        };
    }

    /**
     * Reads a table.
     *
     * @throws IOException if it is none; the message is one sentence, to go after the file's name
     */
    public static SuiteTable parse(String text) throws IOException {
        List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
        if (lines.size() < 2
                || !lines.get(0).startsWith("runtimes ")
                || !lines.get(1).matches("tests \\d{1,9}")) {
            throw new IOException("expected a line 'runtimes NAME...' and a line 'tests N', found others");
        }
        List<String> runtimes =
                Arrays.asList(lines.get(0).split(" ")).subList(1, lines.get(0).split(" ").length);
        Map<String, String> letters = new TreeMap<>();
        for (String line : lines.subList(2, lines.size())) {
            String[] words = line.split(" ");
            if (words.length != 2
                    || !words[1].matches("[.DRCA?]+")
                    || words[1].length() != runtimes.size()
                    || letters.put(words[0], words[1]) != null) {
                throw new IOException(
                        "expected a test and %d letters of .DRCA?, found '%s'".formatted(runtimes.size(), line));
            }
        }
        return new SuiteTable(runtimes, Integer.parseInt(lines.get(1).substring(6)), letters);
    }

    /** The letter of a test on a runtime; a test that is not listed is passed by all runtimes of the table. */
    private String letter(String test, String runtime) {
        int column = runtimes.indexOf(runtime);
        return column < 0
                ? UNKNOWN
                : letters.containsKey(test) ? letters.get(test).substring(column, column + 1) : ".";
    }

    /**
     * This table, of all tests, with the columns of an older one for the runtimes that did not run now.
     *
     * @throws IOException if the older one is of other tests, so that the columns do not go together; the message is
     *     one sentence, to go after its file's name
     */
    public SuiteTable over(SuiteTable older) throws IOException {
        List<String> kept = older.runtimes.stream()
                .filter(runtime -> !runtimes.contains(runtime))
                .toList();
        Optional<String> other = older.letters.keySet().stream()
                .filter(test -> !letters.containsKey(test))
                .findFirst();
        if (!kept.isEmpty() && (older.tests != tests || other.isPresent())) {
            throw new IOException(("expected a table of the %d tests that were run now, found one of %d%s; run all its "
                            + "runtimes, or remove it: %s did not run")
                    .formatted(
                            tests,
                            older.tests,
                            other.map(test -> ", among them '%s'".formatted(test))
                                    .orElse(""),
                            String.join(", ", kept)));
        }
        Set<String> all = new LinkedHashSet<>(older.runtimes);
        all.addAll(runtimes);
        Map<String, String> merged = new LinkedHashMap<>();
        for (String test : letters.keySet()) {
            StringBuilder line = new StringBuilder();
            all.forEach(runtime ->
                    line.append(runtimes.contains(runtime) ? letter(test, runtime) : older.letter(test, runtime)));
            merged.put(test, line.toString());
        }
        return new SuiteTable(List.copyOf(all), tests, merged);
    }

    /**
     * One sentence for each outcome that is not the one of an earlier table, better or worse.
     *
     * @param known the earlier table; runtimes that it does not have are not compared
     */
    public List<String> changesSince(SuiteTable known) {
        List<String> changes = new ArrayList<>();
        for (String runtime : runtimes) {
            for (String test : letters.keySet()) {
                String before = known.letter(test, runtime);
                String now = letter(test, runtime);
                if (!before.equals(UNKNOWN) && !before.equals(now)) {
                    changes.add("%s: test '%s': expected '%s' as in the table, found '%s'"
                            .formatted(runtime, test, word(before), word(now)));
                }
            }
        }
        return changes;
    }

    private static String word(String letter) {
        for (Outcome outcome : Outcome.values()) {
            if (letter(outcome).equals(letter)) {
                return outcome.name().toLowerCase(Locale.ROOT);
            }
        }
        return "not run";
    }

    /** The number of tests with each letter on a runtime. */
    public Map<String, Integer> counts(String runtime) {
        Map<String, Integer> counts = new TreeMap<>();
        letters.keySet().forEach(test -> counts.merge(letter(test, runtime), 1, Integer::sum));
        counts.merge(".", tests - letters.size(), Integer::sum);
        return counts;
    }

    /** The runtimes, in the order of the letters. */
    public List<String> runtimes() {
        return runtimes;
    }

    /** The number of tests. */
    public int tests() {
        return tests;
    }

    /** The text, see above. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("runtimes %s\ntests %d\n".formatted(String.join(" ", runtimes), tests));
        letters.forEach((test, line) -> {
            if (!line.matches("\\.*")) {
                text.append(test).append(' ').append(line).append('\n');
            }
        });
        return text.toString();
    }
}
