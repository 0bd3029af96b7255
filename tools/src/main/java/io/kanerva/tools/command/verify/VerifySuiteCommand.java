package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Suite;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.report.SuiteReport;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TemporaryFolder;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
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
        description = "Exit code 1 if no runtime can run, and with --known if a test fails that is not listed there.",
        footer = {
            "  kpp verify suite onnx/backend/test/data/node --failures failures.txt",
            "  kpp verify suite onnx/backend/test/data/node --known failures.txt"
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
        List<Suite.Row> rows;
        try (TemporaryFolder scratch = new TemporaryFolder("kpp-verify")) {
            // A model can crash its process, so the Java API runs in a separate process.
            ModelRuntime java =
                    ForeignRuntime.separateJava(JavaRuntime.CPU.name() + "-apart", scratch.path(), options.silence());
            Suite tests = new Suite(folder, allowed, java, scratch.path());
            if (tests.tests().isEmpty()) {
                throw new Failure("%s: expected folders with model.onnx and test_data_set_0, found none that can be run"
                        .formatted(folder));
            }
            List<ModelRuntime> runtimes = new ArrayList<>(options.find(this));
            runtimes.replaceAll(runtime -> runtime.equals(JavaRuntime.CPU) ? java : runtime);
            Thread hook = new Thread(() -> report(tests, tests.rows()), "keep-what-was-found");
            Runtime.getRuntime().addShutdownHook(hook);
            rows = tests.run(runtimes, options.install(), RuntimeChecks.progress(terminal()));
            Runtime.getRuntime().removeShutdownHook(hook);
            report(tests, rows);
        }
        if (rows.stream().allMatch(row -> row.results().isEmpty())) {
            throw new Failure("%s: expected a runtime that runs, found none".formatted(folder));
        }
        rows.forEach(row -> options.requireReady(row.runtime().name(), row.readiness()));
        if (known != null) {
            requireNone(SuiteReport.unknownFailures(rows, Files.readString(known)), "tests");
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
        out().print(SuiteReport.table(rows, OPSET));
        out().flush();
        if (failures != null) {
            OutputFile.write(
                    failures, SuiteReport.failures(rows) + "skipped\n  " + String.join("\n  ", tests.skipped()) + "\n");
            print("failures  %s", failures);
        }
    }
}
