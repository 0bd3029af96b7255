package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TensorShapeProto.Dimension;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
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
    /** A gigabyte of random values is more than any check needs. */
    private static final long MAX_VALUES = 1 << 28;

    public Case {
        expected = List.copyOf(expected);
    }

    /** The same case, named for a table of several subjects. */
    public Case of(String subject) {
        return new Case(subject + "/" + graph, label, model, inputs, expected, reference, budget);
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
     * @param budget empty for the tolerance of the model's precision
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
        Budget allowed = budget.orElse(Budget.of(Precision.of(model)));
        for (Path set : sets) {
            List<Tensor> expected = TensorFolder.read(set, TensorFolder.OUTPUT);
            cases.add(new Case(graph, "vectors " + number(set), model, set, expected, JavaRuntime.CPU, allowed));
        }
        return cases;
    }

    private static int number(Path set) {
        return Integer.parseInt(set.getFileName().toString().substring(SET.length()));
    }

    /**
     * A case of random inputs for a model whose inputs are all float32: standard normal values from a seed. ONNX
     * Runtime's Java API computes the expected outputs.
     *
     * @param graph the model's name in tables
     * @param sizes of its named dimensions; a dimension without a name is 2
     * @param unit names of inputs with values in (0, 1): these go through the logistic function
     * @param budget empty for the tolerance of the model's precision, scaled to the size of the outputs
     * @param scratch where the inputs are written
     * @return empty if an input is not float32, since normal values mean nothing for other types
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
        List<ValueInfoProto> inputs = inputs(OnnxFiles.read(model).getGraph());
        if (inputs.stream()
                .anyMatch(input -> input.getType().getTensorType().getElemType() != ElementType.FLOAT32.number())) {
            return Optional.empty();
        }
        Random random = new Random(seed);
        List<Tensor> tensors = new ArrayList<>();
        List<String> named = new ArrayList<>();
        for (ValueInfoProto input : inputs) {
            List<Dimension> dimensions =
                    input.getType().getTensorType().getShape().getDimList();
            long[] shape = shape(model, input.getName(), dimensions, sizes);
            dimensions.stream()
                    .filter(Dimension::hasDimParam)
                    .map(dimension -> dimension.getDimParam() + "=" + size(dimension, sizes))
                    .filter(text -> !named.contains(text))
                    .forEach(named::add);
            boolean logistic = unit.contains(input.getName());
            tensors.add(Tensor.of(
                            ElementType.FLOAT32,
                            () -> logistic ? 1 / (1 + Math.exp(-random.nextGaussian())) : random.nextGaussian(),
                            shape)
                    .named(input.getName()));
        }
        Path folder = scratch.resolve("%s-random-%d".formatted(graph.replaceAll("[^\\w.-]", "_"), seed));
        TensorFolder.write(folder, TensorFolder.INPUT, tensors);
        String label = ("random " + seed + " " + String.join(" ", named)).strip();
        return Optional.of(new Case(
                graph,
                label,
                model,
                folder,
                List.of(),
                JavaRuntime.CPU,
                budget.orElse(Budget.of(Precision.of(model)).scaled())));
    }

    private static List<ValueInfoProto> inputs(GraphProto graph) {
        Set<String> initialised =
                graph.getInitializerList().stream().map(TensorProto::getName).collect(Collectors.toSet());
        return graph.getInputList().stream()
                .filter(input -> !initialised.contains(input.getName()))
                .toList();
    }

    private static long[] shape(Path model, String input, List<Dimension> dimensions, Map<String, Integer> sizes)
            throws IOException {
        long[] shape = dimensions.stream()
                .mapToLong(dimension -> size(dimension, sizes))
                .toArray();
        long values = 1;
        for (long size : shape) {
            values = size < 0 || size > MAX_VALUES || values > MAX_VALUES ? Long.MAX_VALUE : values * size;
        }
        if (values > MAX_VALUES) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "%s: input '%s': expected a shape of at most %,d random values, found %s; "
                            + "--vectors takes other inputs",
                    model,
                    input,
                    MAX_VALUES,
                    Arrays.toString(shape)));
        }
        return shape;
    }

    private static long size(Dimension dimension, Map<String, Integer> sizes) {
        return dimension.hasDimValue() ? dimension.getDimValue() : sizes.getOrDefault(dimension.getDimParam(), 2);
    }
}
