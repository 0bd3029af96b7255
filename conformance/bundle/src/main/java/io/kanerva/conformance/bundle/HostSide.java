package io.kanerva.conformance.bundle;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * What the graphs that are whole calls compute around the four graphs, here in float64.
 *
 * @param settings of the model
 */
record HostSide(ModelSettings settings) {
    /** The graphs that are whole calls. */
    static final Set<String> NAMES = Set.copyOf(BundleGraph.labels(BundleGraph.WHOLE));

    private static final NormalDistribution PRIOR = NormalDistribution.of(0, 1);
    private static final double CELL_MARGIN = 1e-6;
    private static final double MEAN_WEIGHT = 0.1;

    /** Runs one of the four graphs: takes its name and all tensors so far, and returns its outputs. */
    interface Four extends BiFunction<String, Map<String, Tensor>, Map<String, Tensor>> {}

    private boolean isDereferenced() {
        return settings.addressing() == Addressing.DEREFERENCED;
    }

    /**
     * A graph that is a whole call, through the four graphs.
     *
     * @return its inputs and outputs, and those of the four graphs, by name
     */
    Map<String, Tensor> run(String whole, Map<String, Tensor> inputs, Four four) {
        Map<String, Tensor> known = new LinkedHashMap<>(inputs);
        BundleGraph graph = BundleGraph.WHOLE.stream()
                .filter(one -> one.label().equals(whole))
                .findFirst()
                .orElseThrow();
        switch (graph) {
            case WRITE -> write(known, four);
            case INDEX -> {
                known.put(BundleGraph.KEYS, known.get(BundleGraph.POINTERS));
                run(BundleGraph.READER, known, four);
                known.put(BundleGraph.LATENT, known.get(BundleGraph.PRIOR_MEAN));
                run(BundleGraph.DECODER, known, four);
                known.put(BundleGraph.CONTENTS, means(known));
                known.put(BundleGraph.FEATURES, features(known.get(BundleGraph.CONTENTS)));
            }
            case RECALL -> recall(known);
            case GENERATE -> {
                known.put(BundleGraph.KEYS, priorKeys(known));
                run(BundleGraph.READER, known, four);
                Tensor noise = known.get(BundleGraph.NOISE);
                known.put(
                        BundleGraph.LATENT,
                        gaussian(known.get(BundleGraph.PRIOR_MEAN), known.get(BundleGraph.PRIOR_LOG_VARIANCE), noise));
                run(BundleGraph.DECODER, known, four);
                known.put(BundleGraph.GENERATED, means(known));
            }
            default -> {
                write(known, four);
                Tensor pointers = known.get(BundleGraph.POINTERS);
                Tensor noise = known.getOrDefault(BundleGraph.KEY_NOISE, pointers); // else it has no effect
                known.put(BundleGraph.KEYS, posteriorKeys(known, noise));
                run(BundleGraph.READER, known, four);
                known.put(BundleGraph.LATENT, posteriorLatent(known, known.get(BundleGraph.NOISE)));
                run(BundleGraph.DECODER, known, four);
                BoundTerms terms = terms(known);
                long[] shape = Arrays.copyOf(known.get(BundleGraph.IMAGES).shape(), 2);
                known.put(BundleGraph.RECONSTRUCTION, nats(terms.reconstruction(), shape));
                known.put(BundleGraph.KL_KEYS, nats(terms.klKeys(), shape));
                known.put(BundleGraph.KL_LATENT, nats(terms.klLatent(), shape));
            }
        }
        return known;
    }

    private static Tensor nats(double[] values, long[] shape) {
        return Tensor.of(ElementType.FLOAT32, values, shape);
    }

    private static void run(BundleGraph graph, Map<String, Tensor> known, Four four) {
        known.putAll(four.apply(graph.label(), known));
    }

    private static void write(Map<String, Tensor> known, Four four) {
        run(BundleGraph.ENCODER, known, four);
        run(BundleGraph.MEMORY_WRITER, known, four);
    }

    private Tensor means(Map<String, Tensor> known) {
        return FloatTensors.of("", settings.likelihood().means(settings, single(known.get(BundleGraph.LOGITS))));
    }

    private static FloatTensor single(Tensor tensor) {
        return FloatTensors.of(Tensor.of(ElementType.FLOAT32, tensor.doubles(), tensor.shape()));
    }

    /** Unit vectors: the pixels less their mean, then a fraction of the mean. */
    private static Tensor features(Tensor images) {
        double[] pixels = images.doubles();
        long[] shape = images.shape();
        int length = Math.toIntExact(shape[2] * shape[3] * shape[4]);
        int size = length + 1;
        double[] features = new double[pixels.length / length * size];
        for (int image = 0; image < pixels.length / length; image++) {
            double[] one = Arrays.copyOfRange(pixels, image * length, (image + 1) * length);
            double mean = Arrays.stream(one).average().orElseThrow();
            double level = MEAN_WEIGHT * Math.sqrt(length) * (mean - 0.5);
            double norm = Math.sqrt(Arrays.stream(one)
                            .map(pixel -> (pixel - mean) * (pixel - mean))
                            .sum()
                    + level * level);
            for (int i = 0; i < length && norm > 0; i++) {
                features[image * size + i] = (one[i] - mean) / norm;
            }
            features[image * size + length] = norm > 0 ? level / norm : 0;
        }
        return Tensor.of(ElementType.FLOAT32, features, shape[0], shape[1], size);
    }

    private void recall(Map<String, Tensor> known) {
        double[] table = known.get(BundleGraph.FEATURES).doubles();
        double[] queries = features(known.get(BundleGraph.QUERIES)).doubles();
        long[] sizes = known.get(BundleGraph.QUERIES).shape();
        int episodes = Math.toIntExact(sizes[0]);
        int count = Math.toIntExact(sizes[1]);
        int samples = Math.toIntExact(known.get(BundleGraph.FEATURES).shape()[1]);
        int length = table.length / episodes / samples;
        double[] scores = new double[episodes * count * samples];
        double[] best = new double[episodes * count];
        long[] found = new long[episodes * count];
        int[] rows = new int[episodes * count];
        for (int query = 0; query < found.length; query++) {
            best[query] = Double.NEGATIVE_INFINITY;
            for (int sample = 0; sample < samples; sample++) {
                int row = query / count * samples + sample;
                double score = 0;
                for (int i = 0; i < length; i++) {
                    score += queries[query * length + i] * table[row * length + i];
                }
                scores[query * samples + sample] = Math.max(-1, Math.min(1, score));
                if (score > best[query]) {
                    best[query] = score;
                    found[query] = sample;
                    rows[query] = row;
                }
            }
            best[query] = Math.max(-1, Math.min(1, best[query]));
        }
        known.put(BundleGraph.RECALLED, rows(known.get(BundleGraph.CONTENTS), rows, count));
        known.put(BundleGraph.SAMPLE, Tensor.of(found, episodes, count));
        known.put(BundleGraph.SCORE_OF_SAMPLE, Tensor.of(ElementType.FLOAT32, best, episodes, count));
        known.put(BundleGraph.SCORES, Tensor.of(ElementType.FLOAT32, scores, episodes, count, samples));
        known.put(BundleGraph.KEYS, rows(known.get(BundleGraph.POINTERS), rows, count));
    }

    /** Rows of a table [B, T, ...], as [B, N, ...]. */
    private static Tensor rows(Tensor table, int[] rows, int count) {
        float[] values = table.floats();
        long[] shape = table.shape();
        int each = Math.toIntExact(values.length / shape[0] / shape[1]);
        float[] taken = new float[rows.length * each];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(values, rows[i] * each, taken, i * each, each);
        }
        shape[1] = count;
        return Tensor.of(taken, shape);
    }

    /** Keys from the prior: continuous ones are the noise, the names of others those of pointers that it chooses. */
    private Tensor priorKeys(Map<String, Tensor> known) {
        Tensor noise = known.get(BundleGraph.KEY_NOISE);
        if (!isDereferenced()) {
            return noise;
        }
        float[] keys = noise.floats();
        float[] pointers = known.get(BundleGraph.POINTERS).floats();
        int episodes = Math.toIntExact(noise.shape()[0]);
        int samples = Math.toIntExact(known.get(BundleGraph.POINTERS).shape()[1]);
        for (int i = 0; i < keys.length; i += 3) {
            int sample = i / (keys.length / episodes) * samples + chosen(keys[i + 1], samples);
            int key = sample * settings.keys() + chosen(keys[i + 2], settings.keys());
            keys[i + 1] = pointers[key * 3 + 1];
            keys[i + 2] = pointers[key * 3 + 2];
        }
        return Tensor.of(keys, noise.shape());
    }

    private static int chosen(float noise, int count) {
        float fraction = noise - (float) Math.floor(noise);
        return Math.min((int) (fraction * count), count - 1);
    }

    /** mean + exp(logVariance / 2) noise; all of one shape and type. */
    static Tensor gaussian(Tensor mean, Tensor logVariance, Tensor noise) {
        double[] means = mean.doubles();
        double[] logVariances = logVariance.doubles();
        double[] values = noise.doubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = means[i] + Math.exp(0.5 * logVariances[i]) * values[i];
        }
        return Tensor.of(mean.type(), values, mean.shape());
    }

    /** Keys from their posterior, which is centred on the pointers from the same runtime's writer. */
    Tensor posteriorKeys(Map<String, Tensor> known, Tensor noise) {
        double[] mean = known.get(BundleGraph.KEY_MEAN).doubles();
        double[] logVariance = known.get(BundleGraph.KEY_LOG_VARIANCE).doubles();
        float[] pointers = known.get(BundleGraph.POINTERS).floats();
        float[] keys = noise.floats();
        for (int i = 0; i < keys.length; i++) {
            double offset = mean[i] + Math.exp(0.5 * logVariance[i]) * keys[i];
            keys[i] = (float) (isDereferenced() ? inSlot(i % 3, pointers[i], offset) : pointers[i] + offset);
        }
        return Tensor.of(BundleGraph.KEYS, keys, known.get(BundleGraph.KEY_MEAN).shape());
    }

    private double inSlot(int coordinate, float pointer, double offset) {
        if (coordinate > 0) {
            return pointer;
        }
        if (settings.scaleCells() == 1) {
            return offset;
        }
        double probability = Math.min(Math.max(PRIOR.cumulativeProbability(offset), CELL_MARGIN), 1 - CELL_MARGIN);
        return PRIOR.inverseCumulativeProbability(((pointer > 0 ? 1 : 0) + probability) / 2);
    }

    /** Latents from their posterior. */
    static Tensor posteriorLatent(Map<String, Tensor> known, Tensor noise) {
        return gaussian(known.get(BundleGraph.LATENT_MEAN), known.get(BundleGraph.LATENT_LOG_VARIANCE), noise)
                .named(BundleGraph.LATENT);
    }

    /** The terms of an episode's bound, once all four graphs were run for it. */
    BoundTerms terms(Map<String, Tensor> known) {
        long[] shape = known.get(BundleGraph.IMAGES).shape();
        int samples = Math.toIntExact(shape[0] * shape[1]);
        double[] mean = known.get(BundleGraph.KEY_MEAN).doubles();
        double[] pointers = known.get(BundleGraph.POINTERS).doubles();
        for (int i = 0; !isDereferenced() && i < mean.length; i++) {
            mean[i] += pointers[i];
        }
        double[] standard = new double[mean.length];
        double[] klKeys =
                divergence(mean, known.get(BundleGraph.KEY_LOG_VARIANCE).doubles(), standard, standard, samples);
        int height = (int) known.get(BundleGraph.MEMORY).shape()[2];
        double cells = (double) settings.slotRows(height) * settings.slotColumns() * settings.scaleCells();
        for (int i = 0; isDereferenced() && i < samples; i++) {
            klKeys[i] += settings.keys() * Math.log(cells);
        }
        double[] klLatent = divergence(
                known.get(BundleGraph.LATENT_MEAN).doubles(),
                known.get(BundleGraph.LATENT_LOG_VARIANCE).doubles(),
                known.get(BundleGraph.PRIOR_MEAN).doubles(),
                known.get(BundleGraph.PRIOR_LOG_VARIANCE).doubles(),
                samples);
        return new BoundTerms(
                settings.likelihood()
                        .negativeLogLikelihood(
                                settings, single(known.get(BundleGraph.IMAGES)), single(known.get(BundleGraph.LOGITS))),
                klKeys,
                klLatent);
    }

    /** KL divergence of two diagonal Gaussians for each sample, in nats. */
    private static double[] divergence(
            double[] mean, double[] log, double[] priorMean, double[] priorLog, int samples) {
        double[] divergence = new double[samples];
        for (int i = 0; i < mean.length; i++) {
            double difference = mean[i] - priorMean[i];
            divergence[i * samples / mean.length] += 0.5
                    * (Math.exp(log[i] - priorLog[i])
                            + difference * difference * Math.exp(-priorLog[i])
                            - 1
                            + priorLog[i]
                            - log[i]);
        }
        return divergence;
    }
}
