package io.kanerva.tools.command;

import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.RandomCases;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.tools.Failure;
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
    @Option(names = "--model", paramLabel = "FILE.onnx", order = 10, description = "Any ONNX model.")
    private Path model;

    @Option(names = "--vectors", paramLabel = "DIR", order = 11, description = "With --model: folder of test_data_set_N, the ONNX project's layout. Default: random inputs only.")
    private Path vectors;

    @Option(names = "--atol", paramLabel = "X", order = 13, description = "With --model or --suite: largest absolute difference. Default: what the model's precision allows.")
    private Double absolute;

    @Option(names = "--rtol", paramLabel = "X", order = 14, description = "With --model or --suite: what is added to it for each unit of the value.")
    private Double relative;

    /** Whether models were asked for. */
    boolean given() {
        return model != null;
    }

    /** Runs the cases. */
    void run(Action action, RuntimeChecks checks, int random, long seed) throws IOException {
        if (!Files.isRegularFile(model)) {
            throw new Failure("%s: expected an ONNX model, found no such file".formatted(model));
        }
        String name = model.getFileName().toString();
        List<Case> cases = new ArrayList<>();
        try {
            if (vectors != null) {
                if (!Files.isDirectory(vectors)) {
                    throw new Failure("%s: expected a folder of test_data_set folders, found no such folder".formatted(vectors));
                }
                cases.addAll(Case.of(name, model, vectors, tolerance()));
                if (cases.isEmpty()) {
                    throw new Failure("%s: expected folders test_data_set_0, test_data_set_1, ..., found none".formatted(vectors));
                }
            }
            for (int i = 0; i < random; i++) {
                RandomCases.make(name, model, Map.of(), Set.of(), seed + i, tolerance(), checks.scratch()).ifPresent(cases::add);
            }
        } catch (IllegalArgumentException e) {
            throw new Failure("%s: %s".formatted(model, e.getMessage()), e);
        }
        if (cases.isEmpty()) {
            throw new Failure("%s: expected --vectors for a model whose inputs are not float32, found none".formatted(model));
        }
        checks.models(name, cases);
        checks.requireAll();
    }

    private Optional<Tolerance> tolerance() {
        return absolute == null && relative == null ? Optional.empty()
                : Optional.of(Tolerance.elements(absolute == null ? 0 : absolute, relative == null ? 0 : relative));
    }
}
