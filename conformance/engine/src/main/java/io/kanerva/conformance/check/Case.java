package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One set of inputs for one model, and the expected outputs.
 *
 * @param graph the model's name in tables
 * @param label the inputs' name in tables, for example {@code vectors 0}
 * @param model the .onnx file, or what the runtimes of this case take instead
 * @param inputs folder of input_0.pb, ...
 * @param expected the expected outputs; empty if {@code reference} computes them
 * @param reference computes the expected outputs, without graph optimisations, if {@code expected} is empty
 * @param budget how far outputs may differ from them
 */
public record Case(
        String graph,
        String label,
        Path model,
        Path inputs,
        List<Tensor> expected,
        ModelRuntime reference,
        Budget budget) {

    private static final String SET = "test_data_set_";

    public Case {
        expected = List.copyOf(expected);
    }

    /** The same case, named for a table of several subjects. */
    public Case of(String subject) {
        return new Case(subject + "/" + graph, label, model, inputs, expected, reference, budget);
    }

    /** The same case with another budget. */
    public Case within(Budget other) {
        return new Case(graph, label, model, inputs, expected, reference, other);
    }

    /** The same case with the expected outputs from another runtime. */
    public Case against(ModelRuntime other) {
        return new Case(graph, label, model, inputs, List.of(), other, budget);
    }

    /** The name in tables for the source of the expected outputs. */
    String source() {
        return expected.isEmpty() ? reference.name() : Finding.VECTORS;
    }

    /**
     * The cases of a model in the ONNX project's test layout: one per folder test_data_set_N.
     *
     * @param graph the model's name in tables
     * @param vectors the folder that holds the test_data_set folders
     * @param budget empty for the one that follows from the model, see {@link Budget#of(Path)}
     * @throws IOException if a file is missing, unreadable or malformed
     */
    public static List<Case> of(String graph, Path model, Path vectors, Optional<Budget> budget) throws IOException {
        List<Path> sets;
        try (Stream<Path> children = Files.list(vectors)) {
            sets = children.filter(child -> child.getFileName().toString().matches(SET + "\\d+"))
                    .sorted(Comparator.comparing(Case::number))
                    .toList();
        }
        List<Case> cases = new ArrayList<>();
        Budget allowed = budget.isPresent() ? budget.get() : Budget.of(model);
        GraphProto proto = OnnxFiles.read(model).getGraph();
        for (Path set : sets) {
            List<Tensor> expected = TensorFolder.outputs(set, proto.getOutputList());
            VectorFiles.require(set, proto);
            cases.add(new Case(graph, "vectors " + number(set), model, set, expected, JavaRuntime.CPU, allowed));
        }
        return cases;
    }

    private static int number(Path set) {
        return Integer.parseInt(set.getFileName().toString().substring(SET.length()));
    }

    /**
     * A case of random inputs, made up as {@link RandomInputs} says. ONNX Runtime's Java API computes the expected
     * outputs.
     *
     * @param graph the model's name in tables
     * @param sizes of its named dimensions; any other dimension that the model leaves open is 2
     * @param unit names of inputs with values in (0, 1): these go through the logistic function
     * @param budget empty for the one that follows from the model, see {@link Budget#of(Path)}
     * @param scratch where the inputs are written
     * @return empty if an input is no tensor of a type that can be made up
     * @throws IOException if the model cannot be read or the inputs cannot be written
     */
    public static Optional<Case> random(
            String graph,
            Path model,
            Map<String, Integer> sizes,
            Set<String> unit,
            long seed,
            Optional<Budget> budget,
            Path scratch)
            throws IOException {
        RandomInputs inputs = RandomInputs.of(model, sizes, Map.of(), unit);
        return inputs.problem().isEmpty()
                ? Optional.of(inputs.write(graph, seed, budget.isPresent() ? budget.get() : Budget.of(model), scratch))
                : Optional.empty();
    }

    /** The graph's inputs: those of its list that no initialiser gives a value. */
    static List<ValueInfoProto> inputs(GraphProto graph) {
        Set<String> initialised =
                graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        graph.getSparseInitializerList()
                .forEach(weight -> initialised.add(weight.getValues().getName()));
        return graph.getInputList().stream()
                .filter(input -> !initialised.contains(input.getName()))
                .toList();
    }
}
