package io.kanerva.tools.command.train;

import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.report.CurveFigure;
import io.kanerva.tools.report.RunsPage;
import io.kanerva.tools.run.RunPath;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.CurveFile;
import io.kanerva.trainer.train.PlanEdit;
import io.kanerva.trainer.train.TrainingPlan;
import io.kanerva.trainer.train.TrainingRun;
import io.kanerva.trainer.train.ValidationScore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kpp compare}: several runs on one page. */
@Command(
        name = "compare",
        header = "Show several training runs side by side: curves, differences of their plans, results.",
        description = "Reads what the runs have written; runs that still train may be among them.",
        footer = {"  kpp compare runs/narrow runs/wide --out compared.html"})
public final class CompareCommand extends Subcommand {
    private static final int LAST_ROWS = 10;

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Folders of training runs.")
    private List<Path> folders;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            order = 1,
            description = "The page.")
    private Path out;

    @Override
    protected void run() {
        OutputFile.requireWritable(out);
        RunsPage page = new RunsPage(
                "Training runs",
                "%d runs side by side.".formatted(folders.size()),
                folders.stream()
                        .map(folder -> run(folder.toString(), folder, Optional.empty()))
                        .toList());
        OutputFile.write(out, page.html());
        print(this, page);
        print("page       %s", out);
    }

    /** Prints the table of a page. */
    static void print(Subcommand command, RunsPage page) {
        List<String> columns = page.columns();
        int[] widths = columns.stream().mapToInt(String::length).toArray();
        page.rows().forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        printRow(command, columns, widths);
        page.rows().forEach(row -> printRow(command, row, widths));
    }

    private static void printRow(Subcommand command, List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
        }
        command.out().println(line.toString().stripTrailing());
    }

    /** What a run has written. */
    static RunsPage.Run run(String name, Path folder, Optional<BoundReport> score) {
        Checkpoint checkpoint = RunPath.checkpoint(folder);
        TrainingPlan plan = checkpoint.plan();
        Path place = RunPath.folder(folder);
        Path metrics = place.resolve(TrainingRun.METRICS);
        if (!Files.exists(metrics)) {
            throw new Failure("%s: expected the metrics of a run, found no such file".formatted(metrics));
        }
        List<CurveFigure.Point> curve = CurveFile.metrics(metrics).read().stream()
                .map(CurveFigure.Point::of)
                .toList();
        Map<String, String> values = new LinkedHashMap<>();
        PlanEdit.values(plan).forEach(value -> {
            String[] parts = value.split("=", 2);
            values.put(parts[0], parts[1]);
        });
        Map<String, String> results = new LinkedHashMap<>();
        results.put("steps done", Integer.toString(checkpoint.step()));
        results.put("minutes", format("%.1f", checkpoint.seconds() / 60));
        results.put(
                "training bound",
                curve.isEmpty()
                        ? ""
                        : format(
                                "%.2f",
                                curve.subList(Math.max(0, curve.size() - LAST_ROWS), curve.size()).stream()
                                        .mapToDouble(CurveFigure.Point::bound)
                                        .average()
                                        .orElseThrow()));
        results.put(
                "best validation",
                best(plan, place).map(best -> format("%.2f", best)).orElse(""));
        score.ifPresent(report -> {
            results.put("test bound", format("%.3f", report.nats()));
            results.put("± error", Double.isNaN(report.standardError()) ? "" : format("%.3f", report.standardError()));
        });
        return new RunsPage.Run(name, values, curve, results);
    }

    private static Optional<Double> best(TrainingPlan plan, Path place) {
        Path file = place.resolve(TrainingRun.VALIDATION);
        return plan.validation().images() == 0 || !Files.exists(file)
                ? Optional.empty()
                : CurveFile.validation(file).read().stream()
                        .map(ValidationScore::bound)
                        .min(Comparator.naturalOrder());
    }

    private static String format(String pattern, Object value) {
        return String.format(Locale.ROOT, pattern, value);
    }
}
