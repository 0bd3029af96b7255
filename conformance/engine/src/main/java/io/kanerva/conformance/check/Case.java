package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One set of inputs for one model, and what should come out.
 *
 * @param graph what tables call the model
 * @param label what tables call the inputs, for example {@code vectors 0}
 * @param model the .onnx file
 * @param precision how precisely it computes
 * @param inputs folder of input_0.pb, ...
 * @param expected the outputs that are right; none if what the reference gives is taken for right
 * @param tolerance how far outputs may be from them; empty for what the precision and the device allow
 * @param measuredByOne names of outputs that are measured by 1, see {@link Tolerance#measuredBy}
 */
public record Case(
        String graph,
        String label,
        Path model,
        Precision precision,
        Path inputs,
        List<Tensor> expected,
        Optional<Tolerance> tolerance,
        Set<String> measuredByOne) {

    public Case {
        expected = List.copyOf(expected);
        measuredByOne = Set.copyOf(measuredByOne);
    }

    /** A case of whose outputs it is not known what they are measured by. */
    public Case(
            String graph,
            String label,
            Path model,
            Precision precision,
            Path inputs,
            List<Tensor> expected,
            Optional<Tolerance> tolerance) {
        this(graph, label, model, precision, inputs, expected, tolerance, Set.of());
    }

    /** The same case, where these outputs are measured by 1: noise is weighed against that if the signal is smaller. */
    Case measuringByOne(Set<String> outputs) {
        return new Case(graph, label, model, precision, inputs, expected, tolerance, outputs);
    }

    /** The same case in a table of several bundles. */
    public Case of(String bundle) {
        return new Case(bundle + "/" + graph, label, model, precision, inputs, expected, tolerance, measuredByOne);
    }

    /** What an output of this case may differ by on a device. */
    public Tolerance toleranceOn(String device) {
        return tolerance.orElseGet(() -> precision.tolerance(device));
    }

    /**
     * The cases of a model in the ONNX project's test layout: one for each folder test_data_set_N.
     *
     * @param graph what tables call the model
     * @param vectors the folder that holds the test_data_set folders
     * @throws IOException if a file is missing or cannot be understood
     */
    public static List<Case> of(String graph, Path model, Path vectors, Optional<Tolerance> tolerance)
            throws IOException {
        List<Path> sets;
        try (Stream<Path> children = Files.list(vectors)) {
            sets = children.filter(child -> child.getFileName().toString().matches("test_data_set_\\d+"))
                    .sorted(Comparator.comparing(child ->
                            Integer.parseInt(child.getFileName().toString().substring("test_data_set_".length()))))
                    .toList();
        }
        List<Case> cases = new ArrayList<>();
        Precision precision = Precision.of(Files.readAllBytes(model));
        for (Path set : sets) {
            String label = "vectors " + set.getFileName().toString().substring("test_data_set_".length());
            cases.add(new Case(graph, label, model, precision, set, outputs(set), tolerance));
        }
        return cases;
    }

    /** output_0.pb, output_1.pb, ... of a folder, as far as they go. */
    static List<Tensor> outputs(Path folder) throws IOException {
        List<Tensor> outputs = new ArrayList<>();
        for (Path file = folder.resolve("output_0.pb");
                Files.exists(file);
                file = folder.resolve("output_" + outputs.size() + ".pb")) {
            outputs.add(Tensor.read(file));
        }
        return outputs;
    }
}
