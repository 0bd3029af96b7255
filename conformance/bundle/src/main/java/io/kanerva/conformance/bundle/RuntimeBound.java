package io.kanerva.conformance.bundle;

import io.kanerva.conformance.Budget;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.Encoding;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.NormalSampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The clean bound of test images through a runtime's four graphs, each path going on with its own numbers; noise and
 * everything between the graphs is the host's. The same images with the same noise through {@link Kanerva} are the
 * reference.
 */
public final class RuntimeBound {
    private static final List<String> GRAPHS = List.of("encoder", "memory-writer", "reader", "decoder");

    private final Path bundle;
    private final Kanerva kanerva;
    private final List<FloatTensor> batches;
    private final List<FloatTensor> keyNoise = new ArrayList<>();
    private final List<FloatTensor> latentNoise = new ArrayList<>();
    private final double[] reference;
    private final double budget;

    /**
     * Scores the reference.
     *
     * @param bundle the folder
     * @param kanerva the same bundle, open
     * @param batches images, [B, T, Cx, Hx, Wx] each
     * @param seed of the noise
     */
    public RuntimeBound(Path bundle, Kanerva kanerva, List<FloatTensor> batches, long seed) {
        this.bundle = bundle;
        this.kanerva = kanerva;
        this.batches = List.copyOf(batches);
        ModelSettings settings = kanerva.bundle().settings();
        NormalSampler sampler = new NormalSampler(seed);
        List<double[]> bounds = new ArrayList<>();
        for (FloatTensor images : batches) {
            keyNoise.add(sampler.tensor(images.dimension(0), images.dimension(1), settings.keys(), 3));
            latentNoise.add(sampler.tensor(images.dimension(0), images.dimension(1), settings.latent()));
            BoundTerms terms = kanerva.bound(images, keyNoise.get(bounds.size()), latentNoise.get(bounds.size()));
            double[] values = new double[terms.samples()];
            for (int i = 0; i < values.length; i++) {
                values[i] = terms.negativeBound(i);
            }
            bounds.add(values);
        }
        reference = bounds.stream().flatMapToDouble(Arrays::stream).toArray();
        budget = Budget.ofBound(mean(reference));
    }

    /**
     * Scores a runtime, with graph optimisations on.
     *
     * @param scratch folder for tensors in between
     * @throws IOException if they cannot be written
     */
    public BoundFinding of(ModelRuntime runtime, Path scratch, Consumer<String> progress) throws IOException {
        boolean optimised = runtime.optimisations().contains(true);
        List<Map<String, Tensor>> known = new ArrayList<>();
        for (FloatTensor images : batches) {
            known.add(new LinkedHashMap<>(Map.of("images", FloatTensors.of("images", images))));
        }
        for (String graph : GRAPHS) {
            List<Job> jobs = new ArrayList<>();
            for (int i = 0; i < batches.size(); i++) {
                jobs.add(new Job(
                        bundle.resolve(kanerva.bundle().graphs().get(graph).file()),
                        inputs(graph, i, known.get(i), scratch),
                        optimised));
            }
            List<Answer> answers = runtime.run(
                    jobs,
                    done -> progress.accept(
                            "%s, bound: %s, %d of %d".formatted(runtime.name(), graph, done, jobs.size())));
            for (int i = 0; i < answers.size(); i++) {
                if (answers.get(i) instanceof None none) {
                    return new BoundFinding(
                            runtime.name(),
                            kanerva.bundle().name(),
                            reference.length,
                            Double.NaN,
                            mean(reference),
                            Double.NaN,
                            budget,
                            "graph '%s': %s".formatted(graph, none.why()));
                }
                List<Tensor> outputs = ((Outputs) answers.get(i)).outputs();
                for (int j = 0; j < outputs.size(); j++) {
                    known.get(i)
                            .put(
                                    kanerva.bundle()
                                            .graphs()
                                            .get(graph)
                                            .outputs()
                                            .get(j)
                                            .name(),
                                    outputs.get(j));
                }
            }
        }
        double[] found = new double[reference.length];
        int next = 0;
        for (Map<String, Tensor> tensors : known) {
            double[] bounds = bounds(tensors);
            System.arraycopy(bounds, 0, found, next, bounds.length);
            next += bounds.length;
        }
        double largest = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(found[i] - reference[i]));
        }
        return new BoundFinding(
                runtime.name(),
                kanerva.bundle().name(),
                found.length,
                mean(found),
                mean(reference),
                largest,
                budget,
                "");
    }

    private Path inputs(String graph, int batch, Map<String, Tensor> known, Path scratch) throws IOException {
        if (graph.equals("reader")) {
            Memory memory = kanerva.write(batches.get(batch));
            Encoding encoding = new Encoding(
                    FloatTensors.of(known.get("content")),
                    FloatTensors.of(known.get("key_mean")),
                    FloatTensors.of(known.get("key_log_variance")),
                    FloatTensors.of(known.get("latent_mean")),
                    FloatTensors.of(known.get("latent_log_variance")));
            known.put("keys", FloatTensors.of("keys", kanerva.sampleKeys(encoding, memory, keyNoise.get(batch))));
        } else if (graph.equals("decoder")) {
            double[] mean = known.get("latent_mean").doubles();
            double[] logVariance = known.get("latent_log_variance").doubles();
            float[] latent = latentNoise.get(batch).data().clone();
            for (int i = 0; i < latent.length; i++) {
                latent[i] = (float) (mean[i] + Math.exp(0.5 * logVariance[i]) * latent[i]);
            }
            known.put(
                    "latent",
                    Tensor.of("latent", latent, known.get("latent_mean").shape()));
        }
        Path folder = Files.createDirectories(scratch.resolve("bound-%s-%d".formatted(graph, batch)));
        int i = 0;
        for (var input : kanerva.bundle().graphs().get(graph).inputs()) {
            known.get(input.name()).write(folder.resolve("input_" + i++ + ".pb"));
        }
        return folder;
    }

    /** The negative bound of each image, in nats: reconstruction + KL of the keys + KL of the latent. */
    private double[] bounds(Map<String, Tensor> tensors) {
        ModelSettings settings = kanerva.bundle().settings();
        boolean dereferenced = settings.addressing() == Addressing.DEREFERENCED;
        double[] bounds = settings.likelihood()
                .negativeLogLikelihood(
                        settings, FloatTensors.of(tensors.get("images")), FloatTensors.of(tensors.get("logits")));
        for (int i = 0; dereferenced && i < bounds.length; i++) {
            bounds[i] += settings.keys()
                    * Math.log((double) settings.slotRows() * settings.slotColumns() * settings.scaleCells());
        }
        double[] pointers = tensors.get("pointers").doubles();
        double[] keyMean = tensors.get("key_mean").doubles();
        double[] keyLog = tensors.get("key_log_variance").doubles();
        for (int i = 0; i < keyMean.length; i++) {
            double centre = dereferenced ? keyMean[i] : pointers[i] + keyMean[i];
            bounds[i / (settings.keys() * 3)] += 0.5 * (centre * centre + Math.exp(keyLog[i]) - 1 - keyLog[i]);
        }
        double[] mean = tensors.get("latent_mean").doubles();
        double[] log = tensors.get("latent_log_variance").doubles();
        double[] priorMean = tensors.get("prior_mean").doubles();
        double[] priorLog = tensors.get("prior_log_variance").doubles();
        for (int i = 0; i < mean.length; i++) {
            double difference = mean[i] - priorMean[i];
            bounds[i / settings.latent()] += 0.5
                    * (Math.exp(log[i] - priorLog[i])
                            + difference * difference * Math.exp(-priorLog[i])
                            - 1
                            + priorLog[i]
                            - log[i]);
        }
        return bounds;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(Double.NaN);
    }
}
