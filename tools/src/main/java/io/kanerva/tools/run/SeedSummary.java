package io.kanerva.tools.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.tools.OutputFile;
import io.kanerva.trainer.evaluate.BoundReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The scores of runs that differ only in their seed, with mean and standard deviation. */
public final class SeedSummary {
    public static final String FILE = "summary.json";
    private static final String COLUMNS = "%-10s %10s %10s %16s %10s %10s";

    private final String setting;
    private final List<Row> rows = new ArrayList<>();

    /** The run of one seed and its clean bound on the test images. */
    private record Row(long seed, int steps, double seconds, BoundReport report) {}

    /** @param setting a description of what the bounds are measured on */
    public SeedSummary(String setting) {
        this.setting = setting;
    }

    public void add(long seed, int steps, double seconds, BoundReport report) {
        rows.add(new Row(seed, steps, seconds, report));
    }

    /** One line per seed, then mean and standard deviation over the seeds, in nats per image. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(COLUMNS.formatted("seed", "bound", "+- error", "reconstruction", "KL(Y)", "KL(Z)"));
        for (Row row : rows) {
            lines.add(line(
                    Long.toString(row.seed), row.report.standardError(), value -> value.applyAsDouble(row.report)));
        }
        lines.add(line("mean", Double.NaN, this::mean));
        lines.add(line("deviation", Double.NaN, this::standardDeviation));
        return lines;
    }

    private static String line(String name, double error, ToDoubleFunction<ToDoubleFunction<BoundReport>> numbers) {
        return COLUMNS.formatted(
                name,
                number(numbers.applyAsDouble(BoundReport::nats)),
                number(error),
                number(numbers.applyAsDouble(BoundReport::reconstruction)),
                number(numbers.applyAsDouble(BoundReport::klKeys)),
                number(numbers.applyAsDouble(BoundReport::klLatent)));
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.3f", value);
    }

    /** Mean over the seeds. */
    public double mean(ToDoubleFunction<BoundReport> value) {
        return rows.stream()
                .mapToDouble(row -> value.applyAsDouble(row.report))
                .average()
                .orElse(Double.NaN);
    }

    /** Sample standard deviation over the seeds; NaN for a single one. */
    public double standardDeviation(ToDoubleFunction<BoundReport> value) {
        double mean = mean(value);
        return rows.size() < 2
                ? Double.NaN
                : Math.sqrt(rows.stream()
                                .mapToDouble(row -> Math.pow(value.applyAsDouble(row.report) - mean, 2))
                                .sum()
                        / (rows.size() - 1));
    }

    /** Writes {@code summary.json} into the folder. */
    public void write(Path folder) {
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("setting", setting);
        summary.put("unit", "nats per image");
        List<Map<String, Object>> runs = new ArrayList<>();
        for (Row row : rows) {
            Map<String, Object> run = new LinkedHashMap<>();
            run.put("seed", row.seed);
            run.put("steps", row.steps);
            run.put("minutes", row.seconds / 60);
            run.put("bound", row.report.nats());
            run.put("standardError", Double.isNaN(row.report.standardError()) ? null : row.report.standardError());
            run.put("reconstruction", row.report.reconstruction());
            run.put("klKeys", row.report.klKeys());
            run.put("klLatent", row.report.klLatent());
            runs.add(run);
        }
        summary.put("runs", runs);
        summary.put("mean", mean(BoundReport::nats));
        summary.put("standardDeviation", rows.size() < 2 ? null : standardDeviation(BoundReport::nats));
        try {
            OutputFile.write(
                    folder.resolve(FILE),
                    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(summary) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
