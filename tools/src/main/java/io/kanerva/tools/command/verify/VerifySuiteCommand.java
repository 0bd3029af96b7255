package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Suite;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.report.SuiteReport;
import io.kanerva.conformance.report.SuiteTable;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Positive;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.terminal.PlainText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kpp verify suite}: counts the tests of a folder that each runtime passes. */
@Command(
        name = "suite",
        aliases = "--suite",
        header = "Run a folder of ONNX tests on every runtime, and count how many each passes.",
        description = "Outputs that a test lacks are those of ONNX Runtime's Java API; of those that random operators "
                + "decide, only types are compared. Exit code 1 if no runtime can run, with --known if a test fails "
                + "that is not listed there, and with --expect if an outcome is another than there.",
        footer = {
            "  kpp verify suite onnx/backend/test/data/node --failures failures.txt",
            "  kpp verify suite onnx/backend/test/data/node --known failures.txt",
            "  kpp verify suite onnx/backend/test/data/node --expect node-tests.txt --every 20"
        })
final class VerifySuiteCommand extends Subcommand {
    /** The opset of bundles. */
    private static final long OPSET = 17;

    @ParentCommand
    private VerifyCommand parent;

    @Parameters(
            paramLabel = "DIR",
            description = "Folder of folders with model.onnx and test_data_set_N, such as the ONNX project's node "
                    + "tests.")
    private Path folder;

    @Option(
            names = "--failures",
            paramLabel = "FILE",
            order = 1,
            description = "Write every test that a runtime did not pass, and why.")
    private Path failures;

    @Option(
            names = "--known",
            paramLabel = "FILE",
            order = 2,
            description = "A file written by --failures: fail if a runtime does not pass a test that is not listed "
                    + "there for it.")
    private Path known;

    @Option(
            names = "--table",
            paramLabel = "FILE",
            order = 3,
            description =
                    "Write each test's outcome on each runtime, one letter each; columns of runtimes that did not "
                            + "run are kept if the file exists.")
    private Path table;

    @Option(
            names = "--expect",
            paramLabel = "FILE",
            order = 4,
            description = "A file written by --table: fail if an outcome is another.")
    private Path expected;

    @Option(
            names = "--every",
            paramLabel = "N",
            converter = Positive.class,
            defaultValue = "1",
            order = 5,
            description = "Run only every Nth test. Default: all.")
    private int every;

    @Mixin
    private ToleranceOptions tolerance;

    @Mixin
    private RuntimeOptions options;

    @Override
    protected void run() throws IOException {
        parent.requireUnused();
        Optional<Tolerance> allowed = tolerance.tolerance(this);
        if (!Files.isDirectory(folder)) {
            throw new Failure("%s: expected a folder of tests, found no such folder".formatted(folder));
        }
        if (failures != null) {
            OutputFile.requireWritable(failures);
        }
        if (known != null && !Files.isRegularFile(known)) {
            throw new Failure("%s: expected a file written by --failures, found none".formatted(known));
        }
        if (table != null) {
            OutputFile.requireWritable(table);
        }
        if (table != null && every > 1) {
            throw usage("Expected --table with all tests, found it together with --every");
        }
        SuiteTable earlier = expected == null ? null : read(expected);
        readIfThere(table); // a file that is no table is refused before anything runs
        List<Suite.Row> rows;
        try (TemporaryFolder scratch = new TemporaryFolder("kpp-verify")) {
            // A model can crash its process, so the Java API runs in a separate process.
            ModelRuntime java = ForeignRuntime.separateJava(JavaRuntime.CPU.name(), scratch.path(), options.silence());
            Suite tests = new Suite(folder, allowed, java, scratch.path());
            tests.keepEvery(every);
            if (tests.tests().isEmpty()) {
                throw new Failure("%s: expected folders with model.onnx and test_data_set_0, found none that can be run"
                        .formatted(folder));
            }
            List<ModelRuntime> runtimes = new ArrayList<>(options.find(this, false));
            runtimes.replaceAll(runtime -> runtime.equals(JavaRuntime.CPU) ? java : runtime);
            Thread hook = new Thread(() -> report(tests, tests.rows()), "keep-what-was-found");
            Runtime.getRuntime().addShutdownHook(hook);
            rows = tests.run(runtimes, options.install(), RuntimeChecks.progress(terminal()));
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                throw new Failure("this process is being terminated", e); // the hook reports what was found
            }
            report(tests, rows);
        } catch (UncheckedIOException e) {
            throw new Failure(e.getMessage(), e); // a process that cannot run, be it since this one is terminated
        }
        SuiteTable found = SuiteTable.of(rows);
        try {
            if (table != null) {
                SuiteTable older = readIfThere(table); // another run may have renewed columns meanwhile
                OutputFile.write(table, (older == null ? found : over(found, older)).toString());
                print("table     %s", table);
            }
            requireKnown(rows, found, earlier);
            print("kpp verify suite passed: %s", counts(rows));
        } catch (Failure e) {
            print("kpp verify suite FAILED: %s; %s", counts(rows), e.getMessage());
            throw e;
        }
    }

    private static String counts(List<Suite.Row> rows) {
        long ran = rows.stream().filter(row -> !row.results().isEmpty()).count();
        return "runtimes %d of %d, tests %d"
                .formatted(
                        ran,
                        rows.size(),
                        rows.stream()
                                .mapToInt(row -> row.results().size())
                                .max()
                                .orElse(0));
    }

    private void requireKnown(List<Suite.Row> rows, SuiteTable found, SuiteTable earlier) throws IOException {
        if (rows.stream().allMatch(row -> row.results().isEmpty())) {
            throw new Failure("%s: expected a runtime that runs, found none".formatted(folder));
        }
        rows.forEach(row -> options.requireReady(row.runtime().name(), row.readiness()));
        if (known != null) {
            requireNone(SuiteReport.unknownFailures(rows, Files.readString(known)), "tests");
        }
        if (earlier != null) {
            if (every == 1 && found.tests() != earlier.tests()) {
                throw new Failure("%s: expected the %d tests of the table %s, found %d"
                        .formatted(folder, earlier.tests(), expected, found.tests()));
            }
            requireNone(found.changesSince(earlier), "outcomes");
        }
    }

    private SuiteTable over(SuiteTable found, SuiteTable older) {
        try {
            return found.over(older);
        } catch (IOException e) {
            throw new Failure("%s: %s".formatted(table, e.getMessage()), e);
        }
    }

    private static SuiteTable readIfThere(Path file) throws IOException {
        return file == null || !Files.isRegularFile(file) ? null : read(file);
    }

    private static SuiteTable read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new Failure("%s: expected a file written by --table, found none".formatted(file));
        }
        try {
            return SuiteTable.parse(Files.readString(file));
        } catch (IOException e) {
            throw new Failure("%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    private void printNames(String what, List<String> names) {
        if (!names.isEmpty()) {
            print("%d with %s (the first: %s)", names.size(), what, names.get(0));
        }
    }

    private void report(Suite tests, List<Suite.Row> rows) {
        print(
                "%,d tests; %,d more cannot be run here (%s)",
                tests.tests().size(),
                tests.skipped().size(),
                tests.skipped().isEmpty()
                        ? "none"
                        : "the first: " + tests.skipped().get(0));
        printNames("no expected outputs, compared with ONNX Runtime's", tests.withoutOutputs());
        printNames("outputs that are random, of which types are compared", tests.random());
        out().print(PlainText.of(SuiteReport.table(rows, OPSET)));
        out().flush();
        if (failures != null) {
            OutputFile.write(
                    failures, SuiteReport.failures(rows) + "skipped\n  " + String.join("\n  ", tests.skipped()) + "\n");
            print("failures  %s", failures);
        }
    }
}
