package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Suite;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.report.SuiteReport;
import io.kanerva.conformance.runtime.ForeignRuntime;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** Checks of ONNX models that are no bundle's. */
final class ModelChecks {
    /** The opset of bundles. */
    private static final long OPSET = 17;

    @Option(names = "--model", paramLabel = "FILE.onnx", order = 10, description = "Any ONNX model.")
    private Path model;

    @Option(
            names = "--vectors",
            paramLabel = "DIR",
            order = 11,
            description =
                    "With --model: folder of test_data_set_N, the ONNX project's layout. Default: random inputs only.")
    private Path vectors;

    @Option(
            names = "--suite",
            paramLabel = "DIR",
            order = 12,
            description =
                    "Folder of folders with model.onnx and test_data_set_N, such as the ONNX project's node "
                            + "tests: prints how many of them each runtime passes. Fails if no runtime can run, and with --suite-known if a test fails that is not known to.")
    private Path suite;

    @Option(
            names = "--suite-failures",
            paramLabel = "FILE",
            order = 12,
            description = "With --suite: write every test that a runtime did not pass, and why.")
    private Path failures;

    @Option(
            names = "--suite-known",
            paramLabel = "FILE",
            order = 12,
            description =
                    "With --suite: a file that --suite-failures wrote. Exit code 1 if a runtime does not pass a test "
                            + "that is not listed there under its name.")
    private Path known;

    @Option(
            names = "--atol",
            paramLabel = "X",
            order = 13,
            description =
                    "With --model or --suite: largest absolute difference. Default: what the model's precision allows.")
    private Double absolute;

    @Option(
            names = "--rtol",
            paramLabel = "X",
            order = 14,
            description = "With --model or --suite: what is added to it for each unit of the value.")
    private Double relative;

    /** Makes sure that no option is given that nothing would come of. */
    void check(Subcommand action, boolean bundle) {
        if (bundle && (vectors != null || absolute != null || relative != null)) {
            throw action.usage("Expected --vectors, --atol and --rtol together with --model or --suite");
        }
        if (suite == null && (failures != null || known != null)) {
            throw action.usage("Expected --suite-failures and --suite-known together with --suite");
        }
        if (suite != null && vectors != null) {
            throw action.usage("Expected --vectors together with --model");
        }
        requireTolerance(action, "--atol", absolute);
        requireTolerance(action, "--rtol", relative);
    }

    private static void requireTolerance(Subcommand action, String option, Double value) {
        if (value != null && !(value >= 0)) {
            throw action.usage("Invalid value for option '%s': expected at least 0, found %s".formatted(option, value));
        }
    }

    /** Whether a folder of tests was asked for. */
    boolean isSuite() {
        return suite != null;
    }

    /** Whether models were asked for. */
    boolean given() {
        return model != null || suite != null;
    }

    /** Runs the cases; {@code against} is the model that is right, null if it is not at hand. */
    void run(Subcommand action, RuntimeChecks checks, Path against, int random, long seed) throws IOException {
        if (model != null && suite != null) {
            throw action.usage("Expected --model or --suite, found both");
        }
        if (suite != null) {
            suite(action, checks);
            return;
        }
        if (!Files.isRegularFile(model)) {
            throw new Failure("%s: expected an ONNX model, found no such file".formatted(model));
        }
        if (against != null && !Files.isRegularFile(against)) {
            throw new Failure("%s: expected an ONNX model, found no such file".formatted(against));
        }
        String name = model.getFileName().toString();
        List<Case> cases = new ArrayList<>();
        Optional<Budget> budget = tolerance().map(Budget::of);
        try {
            if (vectors != null) {
                if (!Files.isDirectory(vectors)) {
                    throw new Failure(
                            "%s: expected a folder of test_data_set folders, found no such folder".formatted(vectors));
                }
                cases.addAll(Case.of(name, model, vectors, budget));
                if (cases.isEmpty()) {
                    throw new Failure("%s: expected folders test_data_set_0, test_data_set_1, ..., found none"
                            .formatted(vectors));
                }
            }
            for (int i = 0; i < random; i++) {
                Case.random(name, model, Map.of(), Set.of(), seed + i, budget, checks.scratch())
                        .ifPresent(cases::add);
            }
        } catch (IOException e) {
            throw new Failure(e.getMessage(), e);
        }
        if (cases.isEmpty()) {
            throw new Failure(
                    "%s: expected --vectors for a model whose inputs are not float32, found none".formatted(model));
        }
        checks.models(name, cases);
        checks.report(List.of(), against);
        checks.requireAll();
    }

    /** The ONNX project's own test runner holds outputs to 1e-7 + 1e-3 |x|; so does this. */
    private void suite(Subcommand action, RuntimeChecks checks) throws IOException {
        if (!Files.isDirectory(suite)) {
            throw new Failure("%s: expected a folder of tests, found no such folder".formatted(suite));
        }
        if (failures != null) {
            OutputFile.requireWritable(failures);
        }
        if (known != null && !Files.isRegularFile(known)) {
            throw new Failure("%s: expected a file that --suite-failures wrote, found none".formatted(known));
        }
        Suite tests = new Suite(suite, tolerance().orElse(Tolerance.elements(1e-7, 1e-3)));
        if (tests.tests().isEmpty()) {
            throw new Failure("%s: expected folders with model.onnx and test_data_set_0, found none that can be run"
                    .formatted(suite));
        }
        List<ModelRuntime> runtimes = new ArrayList<>(checks.options().find(action));
        // A model may take its process down with it, so the Java API gets one of its own, too.
        runtimes.replaceAll(runtime -> runtime.name().equals(JavaRuntime.CPU.name())
                ? ForeignRuntime.separateJava(checks.scratch())
                : runtime);
        List<Suite.Row> rows = tests.run(runtimes, checks.options().install(), checks.progress());
        action.print(
                "%,d tests; %,d more cannot be run here (%s)",
                tests.tests().size(),
                tests.skipped().size(),
                tests.skipped().isEmpty()
                        ? "none"
                        : "the first: " + tests.skipped().get(0));
        action.out().print(SuiteReport.table(rows, OPSET));
        if (failures != null) {
            OutputFile.write(
                    failures, SuiteReport.failures(rows) + "skipped\n  " + String.join("\n  ", tests.skipped()) + "\n");
            action.print("failures  %s", failures);
        }
        if (rows.stream().allMatch(row -> row.results().isEmpty())) {
            throw new Failure("%s: expected a runtime that runs, found none".formatted(suite));
        }
        if (known != null) {
            List<String> fresh = SuiteReport.unknownFailures(rows, Files.readString(known));
            if (!fresh.isEmpty()) {
                throw new Failure(
                        fresh.get(0) + (fresh.size() > 1 ? " (and %d more tests)".formatted(fresh.size() - 1) : ""));
            }
        }
    }

    private Optional<Tolerance> tolerance() {
        return absolute == null && relative == null
                ? Optional.empty()
                : Optional.of(Tolerance.elements(absolute == null ? 0 : absolute, relative == null ? 0 : relative));
    }
}
