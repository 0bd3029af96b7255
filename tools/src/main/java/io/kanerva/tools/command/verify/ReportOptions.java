package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.report.JUnitReport;
import io.kanerva.conformance.report.JsonReport;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.report.ConformancePage;
import io.kanerva.tools.report.DecodedImages;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Where a verification's findings go, beside the terminal. */
final class ReportOptions {
    @Option(
            names = "--details",
            order = 30,
            description =
                    "Also print every output's worst case: largest differences, units in the last place, dB, cosine, and where.")
    private boolean details;

    @Option(names = "--html", paramLabel = "FILE", order = 31, description = "Write a page with tables and pictures.")
    private Path html;

    @Option(names = "--junit", paramLabel = "FILE", order = 32, description = "Write JUnit XML, for CI.")
    private Path junit;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            order = 33,
            description = "Write everything that was measured as JSON.")
    private Path json;

    /** Makes sure, before any work, that the files can be written. */
    void check() {
        Stream.of(
                        html == null ? Stream.<Path>empty() : Stream.of(html),
                        junit == null ? Stream.<Path>empty() : Stream.of(junit),
                        json == null ? Stream.<Path>empty() : Stream.of(json))
                .flatMap(file -> file)
                .forEach(OutputFile::requireWritable);
    }

    /** Whether a file was asked for. */
    boolean any() {
        return details || html != null || junit != null || json != null;
    }

    /**
     * Prints and writes.
     *
     * @param pictures images to look at, by runtime
     */
    void write(Subcommand action, Findings findings, DecodedImages pictures) {
        if (details) {
            action.out().println(TextReport.details(findings));
        }
        action.out().print(TextReport.summary(findings));
        action.out().flush(); // what is not as it should be ends the command, but not before this is read
        if (html != null) {
            OutputFile.write(html, ConformancePage.of(findings, pictures));
            action.print("page      %s", html);
        }
        if (junit != null) {
            OutputFile.write(junit, JUnitReport.of(findings));
            action.print("junit     %s", junit);
        }
        if (json != null) {
            OutputFile.write(json, JsonReport.of(findings));
            action.print("json      %s", json);
        }
    }
}
