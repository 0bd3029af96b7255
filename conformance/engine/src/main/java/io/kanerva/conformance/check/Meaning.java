package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the specification says of a model on one set of inputs, by ONNX Runtime on models that are written out. It is
 * computed when it is asked for, and once. A model that cannot be read, or run so, says nothing.
 */
final class Meaning {
    private final Path model;
    private final Path inputs;
    private final ModelRuntime engine;
    private final Path scratch;
    private Map<String, List<Tensor>> readings;
    private List<List<Tensor>> choices;

    /** @param scratch folder for changed models, used by this case only */
    Meaning(Path model, Path inputs, ModelRuntime engine, Path scratch) {
        this.model = model;
        this.inputs = inputs;
        this.engine = engine;
        this.scratch = scratch;
    }

    /** The outputs that the model's opset gives; empty if that is not in question. */
    List<Tensor> right() {
        return readings().getOrDefault("", List.of());
    }

    /** The outputs that mistakes would give, by what is taken for what. */
    Map<String, List<Tensor>> mistaken() {
        Map<String, List<Tensor>> mistakes = new LinkedHashMap<>(readings());
        boolean known = mistakes.remove("") != null;
        return known ? mistakes : Map.of();
    }

    private Map<String, List<Tensor>> readings() {
        if (readings == null) {
            readings = new LinkedHashMap<>();
            read().flatMap(OpsetReadings::of).ifPresent(written -> {
                List<String> words = new ArrayList<>(List.of(""));
                List<byte[]> models = new ArrayList<>(List.of(written.right()));
                written.others().forEach((mistake, model) -> {
                    words.add(mistake);
                    models.add(model);
                });
                List<List<Tensor>> outputs = computed(models);
                for (int i = 0; i < outputs.size(); i++) {
                    if (!outputs.get(i).isEmpty()) {
                        readings.put(words.get(i), outputs.get(i));
                    }
                }
            });
        }
        return readings;
    }

    /** Elements of an output that the specification leaves open, and that differ. */
    BitSet open(int output, Tensor expected, Tensor found) {
        if (!expected.type().isNumeric()) {
            return new BitSet();
        }
        if (choices == null) {
            choices = computed(read().flatMap(OpenValues::choices).orElse(List.of()));
        }
        if (choices.size() < 2 || choices.stream().anyMatch(outputs -> output >= outputs.size())) {
            return new BitSet();
        }
        Tensor first = choices.get(0).get(output);
        boolean fits = first.type() == expected.type() && Arrays.equals(first.shape(), expected.shape());
        BitSet open = new BitSet();
        for (List<Tensor> other : choices.subList(1, fits ? choices.size() : 1)) {
            open.or(OpenValues.differing(first, other.get(output)));
        }
        open.and(OpenValues.differing(expected, found));
        return open;
    }

    private Optional<ModelProto> read() {
        try {
            return Files.isRegularFile(model) && Files.size(model) <= NoisyModel.MAX_BYTES
                    ? Optional.of(SelfContained.read(model).build())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // the runtimes say what is wrong with the file
        }
    }

    /** The outputs of each, in one run of the engine, whose process may take long to start. */
    private List<List<Tensor>> computed(List<byte[]> models) {
        if (models.isEmpty()) {
            return List.of();
        }
        try {
            Files.createDirectories(scratch);
            List<Job> jobs = new ArrayList<>();
            for (byte[] one : models) {
                Path file = scratch.resolve("written-out-%d.onnx".formatted(jobs.size()));
                jobs.add(new Job(Files.write(file, one), inputs, false));
            }
            List<List<Tensor>> outputs = engine.run(jobs, done -> {}).stream()
                    .map(answer -> answer instanceof Outputs found ? found.outputs() : List.<Tensor>of())
                    .toList();
            for (Job job : jobs) {
                Files.delete(job.model());
            }
            return outputs;
        } catch (IOException e) {
            return List.of(); // as if nothing were known
        }
    }
}
