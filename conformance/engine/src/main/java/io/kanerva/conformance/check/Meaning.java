package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.ElementType;
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
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

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
    private String decided = "";
    private double rounding;
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

    /**
     * What is taken for what, where outputs are no known mistake's but cannot be right: all that differs is not finite,
     * where a formula may overflow; or the model has nothing else that engines may differ in, be it open or rounded.
     *
     * @param isRight whether outputs are what is meant
     */
    Optional<String> wrong(List<Tensor> outputs, Predicate<List<Tensor>> isRight) {
        List<Tensor> meant = right();
        if (meant.size() != outputs.size() || isRight.test(outputs)) {
            return Optional.empty();
        }
        for (Map.Entry<String, List<Tensor>> mistake : mistaken().entrySet()) {
            if (mistake.getKey().endsWith(Way.OVERFLOWS) && isRight.test(finite(outputs, mistake.getValue()))) {
                return Optional.of(mistake.getKey());
            }
        }
        boolean isDecided = !decided.isEmpty() && hasShapes(outputs) && isMoreThanRounded(outputs) && !isOpen();
        return isDecided ? Optional.of(decided + " in a way that no opset has") : Optional.empty();
    }

    /**
     * Whether outputs may be right though they are not what is meant: of pools before opset 22, the windows that begin
     * in the padding at the end.
     */
    boolean isUnclear(List<Tensor> outputs) {
        return !hasShapes(outputs) && read().flatMap(OpsetReadings::revised).isPresent();
    }

    private boolean hasShapes(List<Tensor> outputs) {
        List<Tensor> meant = right();
        return meant.size() == outputs.size()
                && IntStream.range(0, meant.size())
                        .allMatch(i -> Arrays.equals(
                                meant.get(i).shape(), outputs.get(i).shape()));
    }

    private boolean isMoreThanRounded(List<Tensor> outputs) {
        return rounding == 0
                || IntStream.range(0, outputs.size()).anyMatch(i -> isMoreThanRounded(right().get(i), outputs.get(i)));
    }

    /** Narrower types round sums by more than a small part. */
    private boolean isMoreThanRounded(Tensor meant, Tensor found) {
        if (meant.type() != ElementType.FLOAT32 || found.type() != ElementType.FLOAT32) {
            return false;
        }
        double[] right = meant.doubles();
        double[] other = found.doubles();
        double allowed = rounding * Arrays.stream(right).map(Math::abs).max().orElse(0);
        return IntStream.range(0, right.length).anyMatch(i -> !(Math.abs(right[i] - other[i]) <= allowed));
    }

    /** What NaN gives is open, and what the specification leaves open may decide exact values after it. */
    private boolean isOpen() {
        try {
            return right().stream().anyMatch(OpenValues::hasNan)
                    || TensorFolder.read(inputs, TensorFolder.INPUT).stream().anyMatch(OpenValues::hasNan)
                    || read().flatMap(OpenValues::choices).isPresent();
        } catch (IOException e) {
            return true;
        }
    }

    /** Outputs with what is meant in place of what is not finite, where another model's outputs are not either. */
    private List<Tensor> finite(List<Tensor> outputs, List<Tensor> overflowing) {
        List<Tensor> finite = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            Tensor meant = right().get(i);
            BitSet infinite = OpenValues.infinite(meant, outputs.get(i));
            infinite.and(OpenValues.infinite(meant, overflowing.get(i)));
            finite.add(infinite.isEmpty() ? outputs.get(i) : OpenValues.filled(outputs.get(i), meant, infinite));
        }
        return finite;
    }

    private Map<String, List<Tensor>> readings() {
        if (readings == null) {
            readings = new LinkedHashMap<>();
            read().flatMap(OpsetReadings::of).ifPresent(written -> {
                decided = written.decided();
                rounding = written.rounding();
                List<String> words = new ArrayList<>(List.of(""));
                List<Supplier<byte[]>> models = new ArrayList<>(List.of(written.right()));
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
            choices = computed(read().flatMap(OpenValues::choices).orElse(List.of()).stream()
                    .<Supplier<byte[]>>map(changed -> () -> changed)
                    .toList());
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
    private List<List<Tensor>> computed(List<Supplier<byte[]>> models) {
        if (models.isEmpty()) {
            return List.of();
        }
        try {
            Files.createDirectories(scratch);
            List<Job> jobs = new ArrayList<>();
            for (Supplier<byte[]> one : models) {
                Path file = scratch.resolve("written-out-%d.onnx".formatted(jobs.size()));
                jobs.add(new Job(Files.write(file, one.get()), inputs, false));
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
