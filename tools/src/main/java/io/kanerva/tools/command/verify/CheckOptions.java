package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.report.JUnitReport;
import io.kanerva.conformance.report.JsonReport;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.report.ConformancePage;
import io.kanerva.tools.report.DecodedImages;
import io.kanerva.tools.terminal.PlainText;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Random inputs, bisection and reports: what the checks of bundles and of other models have in common. */
final class CheckOptions {
    @Option(
            names = "--random",
            paramLabel = "N",
            defaultValue = "2",
            converter = Positive.OrZero.class,
            order = 10,
            description = "Number of random inputs for each graph. Default: ${DEFAULT-VALUE}.")
    private int random;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            order = 11,
            description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--bisect",
            order = 12,
            description = "For each graph that fails, name the first node whose value differs: from ONNX Runtime's in "
                    + "Java, or with --against from the other graph's. Where the difference vanishes once values in "
                    + "between become outputs, name the fused nodes and the optimiser's pass.")
    private boolean bisect;

    @Option(
            names = "--reduce",
            paramLabel = "DIR",
            order = 12,
            description = "Also write the smallest part of each graph that fails, and the vectors that show it.")
    private Path reduced;

    @Option(
            names = "--latency",
            paramLabel = "N",
            defaultValue = "0",
            converter = Positive.OrZero.class,
            order = 29,
            description = "Also run each case N times more on each runtime, and tell what one run takes on one thread: "
                    + "the median, as the runtime itself measures it.")
    private int latency;

    @Option(
            names = "--details",
            order = 30,
            description = "Also print the worst case of every output: largest differences, units in the last place, "
                    + "dB, cosine, and where.")
    private boolean details;

    @Option(names = "--html", paramLabel = "FILE", order = 31, description = "Write a page with tables and pictures.")
    private Path html;

    @Option(names = "--junit", paramLabel = "FILE", order = 32, description = "Write JUnit XML, for CI.")
    private Path junit;

    @Option(names = "--json", paramLabel = "FILE", order = 33, description = "Write all measurements as JSON.")
    private Path json;

    int random() {
        return random;
    }

    long seed() {
        return seed;
    }

    /** How many runs of each case are timed. */
    int latency() {
        return latency;
    }

    boolean bisect() {
        return bisect || reduced != null;
    }

    /** Folder for parts of graphs that fail; null for none. */
    Path reduced() {
        return reduced;
    }

    /** Checks before any work that the reports can be written. */
    void requireWritable() {
        Stream.of(html, junit, json).filter(Objects::nonNull).forEach(OutputFile::requireWritable);
        if (reduced != null) {
            OutputFile.requireWritableFolder(reduced);
        }
    }

    /**
     * Prints the findings and writes the reports.
     *
     * @param pictures images to show, by runtime
     */
    void report(Subcommand command, Findings findings, DecodedImages pictures) {
        if (details) {
            command.out().println(PlainText.of(TextReport.details(findings)));
        }
        command.out().print(PlainText.of(TextReport.summary(findings)));
        command.out().flush(); // A failed check ends the command with an exception; this is printed before it.
        if (html != null) {
            OutputFile.write(html, ConformancePage.of(findings, pictures));
            command.print("page      %s", html);
        }
        if (junit != null) {
            OutputFile.write(junit, JUnitReport.of(findings));
            command.print("junit     %s", junit);
        }
        if (json != null) {
            OutputFile.write(json, JsonReport.of(findings));
            command.print("json      %s", json);
        }
    }
}
