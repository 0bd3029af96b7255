package io.kanerva.exporter.onnx;

import io.kanerva.exporter.onnx.operators.Operators;
import io.kanerva.exporter.trace.MethodReport;
import io.kanerva.exporter.trace.MethodReport.Outcome;
import io.kanerva.exporter.trace.MethodReport.Row;
import java.util.List;
import java.util.stream.Collectors;

/** What becomes of each method of DJL's array interfaces in an export, as a table to read. */
public final class MethodTable {
    private static final int MIN_OPSET = 13;

    private MethodTable() {}

    /** The table in Markdown: one line a method of {@code NDArray}, then of {@code NDArrayEx}. */
    public static String markdown() {
        List<Row> rows = MethodReport.rows();
        Operators operators = new Operators();
        return rows.stream()
                .map(row -> "| `" + row.signature() + "` | " + text(row, operators) + " |")
                .collect(Collectors.joining(
                        "\n",
                        summary(rows) + "\n\n| method of `NDArray`, then of `NDArrayEx` | in the export |\n|---|---|\n",
                        "\n"));
    }

    private static String summary(List<Row> rows) {
        return "%d methods: %d are exported, %d are answered while tracing, %d are refused."
                .formatted(
                        rows.size(),
                        count(rows, Outcome.EXPORTED),
                        count(rows, Outcome.ANSWERED),
                        count(rows, Outcome.REFUSED));
    }

    private static long count(List<Row> rows, Outcome outcome) {
        return rows.stream().filter(row -> row.outcome() == outcome).count();
    }

    private static String text(Row row, Operators operators) {
        if (row.operation().isPresent()) {
            String operation = row.operation().get();
            int since = operators.since(operation);
            return "exported as " + operators.description(operation)
                    + (since > MIN_OPSET ? " (from opset " + since + " on)" : "")
                    + (row.remark().isEmpty() ? "" : "; " + row.remark());
        }
        return switch (row.outcome()) {
            case EXPORTED -> "exported " + (row.remark().startsWith("through") ? "" : "as ") + row.remark();
            case ANSWERED -> row.remark();
            case REFUSED -> "refused because " + row.remark();
        };
    }
}
