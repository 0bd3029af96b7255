package io.kanerva.conformance.check;

import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How far rounding errors alone move a model's outputs: the model is run several times with noise of a few units in the
 * last place added to every value that is computed inexactly ({@link NoisyModel}). So a value that lies between two
 * levels of a quantisation, or two classes that score the same, are told from a wrong answer; exact arithmetic gets no
 * noise, so a tie that the operator's definition decides stays decided.
 */
final class RoundingNoise {
    /** Each of the probes moves a value that rounding decides with probability one half, so one in 256 is missed. */
    static final int PROBES = 8;

    /** Engines differ by more than the probes do: they add in other orders, with other instructions. */
    private static final double ENGINES = 2;
    /** The same for the root mean square, of which few probes see little. */
    private static final double ENGINES_MEAN = 3;

    private final List<List<Tensor>> runs;

    private RoundingNoise(List<List<Tensor>> runs) {
        this.runs = runs;
    }

    /**
     * Measures it; no noise if the engine cannot run the model, or the model is too large to be changed in memory or
     * has weights where only some engines look for them.
     *
     * @param inputs folder of input_0.pb, ...
     * @param scratch folder for changed models, used by this measurement only
     * @throws IOException if a changed model cannot be written
     */
    static RoundingNoise measure(ModelRuntime engine, Path model, Path inputs, Path scratch) throws IOException {
        NoisyModel noisy = null;
        try {
            noisy = NoisyModel.read(model);
        } catch (IOException e) {
            // Without noise, the tolerance is the type's alone.
        }
        if (noisy == null) {
            return new RoundingNoise(List.of());
        }
        Files.createDirectories(scratch);
        Path exposing = Files.write(scratch.resolve("exposing.onnx"), noisy.exposing());
        if (!(one(engine, exposing, inputs) instanceof Outputs exposed) || !noisy.isExposed(exposed.outputs())) {
            return new RoundingNoise(List.of());
        }
        long bytes = exposed.outputs().stream()
                .mapToLong(value -> value.type().bytes(value.size()))
                .sum();
        if (bytes > NoisyModel.MAX_BYTES) {
            return new RoundingNoise(List.of());
        }
        List<Tensor> given = TensorFolder.read(inputs, TensorFolder.INPUT);
        List<Job> jobs = new ArrayList<>(List.of(new Job(model, inputs, false)));
        for (int probe = 0; probe < PROBES; probe++) {
            byte[] changed = noisy.probe(exposed.outputs(), given, probe);
            jobs.add(new Job(Files.write(scratch.resolve("probe-" + probe + ".onnx"), changed), inputs, false));
        }
        List<List<Tensor>> runs = new ArrayList<>();
        for (Answer answer : engine.run(jobs, done -> {})) {
            if (answer instanceof Outputs outputs) {
                runs.add(outputs.outputs());
            }
        }
        for (Job job : jobs.subList(1, jobs.size())) {
            Files.delete(job.model());
        }
        Files.delete(exposing);
        return new RoundingNoise(runs);
    }

    private static Answer one(ModelRuntime engine, Path model, Path inputs) {
        return engine.run(List.of(new Job(model, inputs, false)), done -> {}).get(0);
    }

    /**
     * Compares an output again, with its noise.
     *
     * @param output its index
     * @param base the tolerance that it exceeds
     */
    Comparison compare(String name, int output, Tensor expected, Tensor found, Tolerance base) {
        Comparison strict = Comparison.between(name, expected, found, base);
        if (strict.within()
                || found == null
                || found.type() != expected.type()
                || runs.size() < 2
                || runs.stream()
                        .anyMatch(run -> output >= run.size() || run.get(output).type() != expected.type())) {
            return strict;
        }
        if (expected.type().isFloat()) {
            return Arrays.equals(expected.shape(), found.shape())
                    ? Comparison.between(name, expected, found, widened(output, expected, base))
                    : strict;
        }
        List<Tensor> possible = runs.stream()
                .filter(run -> output < run.size())
                .map(run -> run.get(output))
                .toList();
        if (possible.contains(expected) && possible.contains(found)) {
            boolean comparable = Arrays.equals(expected.shape(), found.shape());
            return Comparison.between(name, expected, expected, base)
                    .undecided(comparable ? differing(expected, found) : expected.size());
        }
        if (!Arrays.equals(expected.shape(), found.shape())
                || !possible.stream().allMatch(run -> Arrays.equals(run.shape(), expected.shape()))) {
            return strict;
        }
        return decides(possible, expected, found)
                ? strict
                : Comparison.between(name, expected, expected, base).undecided(differing(expected, found));
    }

    /** Whether an element differs whose values no probe gave. */
    private static boolean decides(List<Tensor> possible, Tensor expected, Tensor found) {
        List<Object> one = expected.elements();
        List<Object> other = found.elements();
        List<List<Object>> runs = possible.stream().map(Tensor::elements).toList();
        for (int i = 0; i < one.size(); i++) {
            if (!one.get(i).equals(other.get(i))) {
                Set<Object> values = new HashSet<>();
                for (List<Object> run : runs) {
                    values.add(run.get(i));
                }
                if (!values.contains(one.get(i)) || !values.contains(other.get(i))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static long differing(Tensor expected, Tensor found) {
        List<Object> one = expected.elements();
        List<Object> other = found.elements();
        long count = 0;
        for (int i = 0; i < one.size(); i++) {
            count += one.get(i).equals(other.get(i)) ? 0 : 1;
        }
        return count;
    }

    private Tolerance widened(int output, Tensor expected, Tolerance base) {
        double largest = 0;
        double mean = 0;
        double[] right = output < runs.get(0).size() ? runs.get(0).get(output).doubles() : new double[0];
        for (List<Tensor> run : runs) {
            double[] moved = output < run.size() ? run.get(output).doubles() : right;
            double squares = 0;
            for (int i = 0; i < Math.min(right.length, moved.length); i++) {
                double by = Math.abs(moved[i] - right[i]);
                if (Double.isFinite(by)) {
                    largest = Math.max(largest, by);
                    squares += by * by;
                }
            }
            mean = Math.max(mean, Math.sqrt(squares / Math.max(1, right.length)));
        }
        if (largest == 0) {
            return base;
        }
        double signal = 0;
        double own = 0;
        double[] values = expected.doubles();
        for (double value : values) {
            if (Double.isFinite(value)) {
                signal += value * value / values.length;
                double allowed = base.absolute() + base.relative() * Math.abs(value);
                own += allowed * allowed / values.length;
            }
        }
        double noise = Math.sqrt(own) + ENGINES_MEAN * mean;
        return base.withNoise(ENGINES * largest, 10 * Math.log10(signal / (noise * noise)));
    }
}
