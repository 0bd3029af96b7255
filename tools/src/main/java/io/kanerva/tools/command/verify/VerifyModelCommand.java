package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kpp verify model}: checks any ONNX model on every runtime that this machine has. */
@Command(
        name = "model",
        aliases = "--model",
        header = "Check any ONNX model on every runtime that this machine has.",
        description = "Runs the model on its test vectors and on random inputs with every runtime, with graph "
                + "optimisations off and on, and compares the outputs. Exit code 1 if a comparison fails.",
        footer = {
            "  kpp verify model resnet.onnx --vectors resnet-vectors",
            "  kpp verify model mine.onnx --bisect --against right.onnx"
        })
final class VerifyModelCommand extends Subcommand {
    @ParentCommand
    private VerifyCommand parent;

    @Parameters(paramLabel = "FILE.onnx", description = "The model.")
    private Path model;

    @Option(
            names = "--vectors",
            paramLabel = "DIR",
            order = 1,
            description = "Folder of test_data_set_N folders, the layout of the ONNX project's tests. Default: random "
                    + "inputs only.")
    private Path vectors;

    @Option(
            names = "--against",
            paramLabel = "FILE.onnx",
            order = 2,
            description = "With --bisect: a correct version of the model.")
    private Path against;

    @Mixin
    private ToleranceOptions tolerance;

    @Mixin
    private RuntimeOptions runtimes;

    @Mixin
    private CheckOptions options;

    @Override
    protected void run() throws IOException {
        parent.requireUnused();
        if (against != null && !options.bisect()) {
            throw usage("Expected --against together with --bisect");
        }
        Optional<Budget> budget = tolerance.tolerance(this).map(Budget::of);
        requireModel(model);
        if (against != null) {
            requireModel(against);
        }
        String name = model.getFileName().toString();
        try (RuntimeChecks checks = new RuntimeChecks(this, runtimes, options)) {
            List<Case> cases = cases(name, budget, checks.scratch());
            List<ModelRuntime> all = runtimes.find(this);
            checks.conclude(checks.verification().run(name, all, cases), all, List.of(), against);
        }
    }

    private List<Case> cases(String name, Optional<Budget> budget, Path scratch) {
        List<Case> cases = new ArrayList<>();
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
            for (int i = 0; i < options.random(); i++) {
                Case.random(name, model, Map.of(), Set.of(), options.seed() + i, budget, scratch)
                        .ifPresent(cases::add);
            }
        } catch (IOException e) {
            throw new Failure(e.getMessage(), e);
        }
        if (cases.isEmpty()) {
            throw new Failure(
                    "%s: expected --vectors for a model whose inputs are not float32, found none".formatted(model));
        }
        return cases;
    }

    private static void requireModel(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new Failure("%s: expected an ONNX model, found no such file".formatted(file));
        }
    }
}
