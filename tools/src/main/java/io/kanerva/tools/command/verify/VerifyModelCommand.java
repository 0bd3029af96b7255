package io.kanerva.tools.command.verify;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.RandomInputs;
import io.kanerva.conformance.check.ToleranceFile;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
                + "optimisations off and on, and compares the outputs. Integers, booleans and strings must be "
                + "equal; each floating-point output is held to the precision that it is computed in, and where it "
                + "exceeds that, to the model's own rounding noise, which is measured. Exit code 1 if an output is "
                + "wrong, or if no runtime can run the model.",
        footer = {
            "  kpp verify model resnet.onnx --vectors resnet-vectors",
            "  kpp verify model bert.onnx --dim sequence=128 --range input_ids=0..30522",
            "  kpp verify model mine.onnx --bisect --against right.onnx"
        })
final class VerifyModelCommand extends Subcommand {
    private static final Pattern RANGE = Pattern.compile("(-?[\\d.]+(?:e-?\\d+)?)\\.\\.(-?[\\d.]+(?:e-?\\d+)?)");

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

    @Option(
            names = "--dim",
            paramLabel = "NAME=N",
            order = 15,
            description = "Size of an open dimension in random inputs, by its name or as INPUT.AXIS, for example "
                    + "sequence=576 or x.0=1. Default: 2, or a size that ONNX Runtime accepts, found by trying.")
    private Map<String, Integer> sizes = Map.of();

    @Option(
            names = "--range",
            paramLabel = "INPUT=FROM..TO",
            order = 16,
            description =
                    "Values of an input in random inputs, such as tokens=0..30522 (TO exclusive). Default: normal "
                            + "values; for integers what the model's tables allow, else 0..10.")
    private Map<String, String> ranges = Map.of();

    @Mixin
    private ToleranceOptions tolerance;

    @Mixin
    private TolerancesOption tolerances;

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
        Optional<Budget> budget = tolerance.tolerance(this).map(Budget::ofFloats);
        requireModel(model);
        if (against != null) {
            requireModel(against);
        }
        String name = model.getFileName().toString();
        RandomInputs inputs = inputs();
        ToleranceFile own = tolerances.read(this, Map.of(name, model), runtimes.known());
        try (RuntimeChecks checks = new RuntimeChecks(this, runtimes, options, true)) {
            checks.verification().tolerances(own);
            List<Case> cases = cases(name, budget, inputs, checks);
            List<ModelRuntime> all = new ArrayList<>(runtimes.find(this, false));
            all.replaceAll(runtime -> runtime.equals(JavaRuntime.CPU) ? checks.java() : runtime);
            checks.conclude(checks.verification().run(name, all, cases), all, List.of(), against);
        }
    }

    private RandomInputs inputs() throws IOException {
        try {
            Map<String, RandomInputs.Range> bounds = new LinkedHashMap<>();
            ranges.forEach((input, text) -> bounds.put(input, range(input, text)));
            RandomInputs inputs = RandomInputs.of(model, sizes, bounds, Set.of());
            requireKnown("--dim", "an open dimension", inputs.open(), sizes);
            requireKnown("--range", "an input", inputs.names(), ranges);
            sizes.forEach((name, size) -> {
                if (size < 0) {
                    throw usage("Invalid value for option '--dim': expected a size of at least 0 for '%s', found %d"
                            .formatted(name, size));
                }
            });
            return inputs;
        } catch (IOException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    private void requireKnown(String option, String what, Collection<String> known, Map<String, ?> given) {
        for (String name : given.keySet()) {
            if (!known.contains(name)) {
                throw usage("Invalid value for option '%s': expected %s of the model (%s), found '%s'"
                        .formatted(option, what, known.isEmpty() ? "it has none" : String.join(", ", known), name));
            }
        }
    }

    private RandomInputs.Range range(String input, String text) {
        Matcher matcher = RANGE.matcher(text);
        if (matcher.matches()) {
            RandomInputs.Range range =
                    new RandomInputs.Range(Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2)));
            if (range.from() < range.to()) {
                return range;
            }
        }
        throw usage("Invalid value for option '--range': expected INPUT=FROM..TO with FROM below TO, found '%s=%s'"
                .formatted(input, text));
    }

    private List<Case> cases(String name, Optional<Budget> given, RandomInputs inputs, RuntimeChecks checks) {
        List<Case> cases = new ArrayList<>();
        try {
            Budget budget = given.isPresent() ? given.get() : Budget.of(model);
            if (vectors != null) {
                for (Case testCase : vectors(name, model, vectors, Optional.of(budget))) {
                    cases.add(testCase.expected().isEmpty() ? testCase.against(checks.java()) : testCase);
                }
            }
            // Without inputs there is only one case.
            int count = inputs.names().isEmpty() ? Math.min(1, options.random()) : options.random();
            if (count > 0 && !inputs.problem().isEmpty()) {
                if (vectors == null) {
                    throw new Failure(inputs.problem());
                }
                print("no random inputs: %s", inputs.problem());
                count = 0;
            }
            for (int i = 0; i < count; i++) {
                cases.add(inputs.find(name, options.seed() + i, budget, checks.scratch(), checks.java())
                        .against(checks.java()));
            }
        } catch (IOException e) {
            throw new Failure(e.getMessage(), e);
        }
        if (cases.isEmpty()) {
            throw usage("Expected --vectors, or --random above 0, found neither");
        }
        return cases;
    }

    /** The cases of a folder of vectors. */
    static List<Case> vectors(String name, Path model, Path folder, Optional<Budget> budget) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Failure("%s: expected a folder of test_data_set folders, found no such folder".formatted(folder));
        }
        List<Case> cases = Case.of(name, model, folder, budget);
        if (cases.isEmpty()) {
            throw new Failure(
                    "%s: expected folders test_data_set_0, test_data_set_1, ..., found none".formatted(folder));
        }
        return cases;
    }

    static void requireModel(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new Failure("%s: expected an ONNX model, found no such file".formatted(file));
        }
    }
}
