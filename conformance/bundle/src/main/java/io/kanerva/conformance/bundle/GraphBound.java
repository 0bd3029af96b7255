package io.kanerva.conformance.bundle;

import io.kanerva.conformance.bundle.BundleBound.Episode;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.BoundTerms;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.GraphDescription;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * The bound through a bundle's four graphs on any runtime, with that runtime's values carried from graph to graph. What
 * a host computes between them ({@code conformance/SAMPLER.md}) is computed here, in float64.
 */
final class GraphBound {
    private static final NormalDistribution PRIOR = NormalDistribution.of(0, 1);
    private static final double CELL_MARGIN = 1e-6;

    private final BundleCases bundle;
    private final ModelRuntime runtime;
    private final Verification verification;
    private final ModelSettings settings;
    private final boolean dereferenced;

    GraphBound(BundleCases bundle, ModelRuntime runtime, Verification verification) {
        this.bundle = bundle;
        this.runtime = runtime;
        this.verification = verification;
        settings = bundle.bundle().settings();
        dereferenced = settings.addressing() == Addressing.DEREFERENCED;
    }

    /** A runtime cannot run a graph; the message gives the reason. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /**
     * The terms of each episode's bound.
     *
     * @throws Refused if the runtime cannot run a graph
     * @throws IOException if intermediate files cannot be written
     */
    List<BoundTerms> score(List<Episode> episodes) throws IOException {
        List<Map<String, Tensor>> known = new ArrayList<>();
        for (Episode episode : episodes) {
            known.add(new LinkedHashMap<>(
                    Map.of(BundleGraph.IMAGES, FloatTensors.of(BundleGraph.IMAGES, episode.images()))));
        }
        for (BundleGraph graph : BundleGraph.REQUIRED) {
            for (int i = 0; i < known.size(); i++) {
                if (graph == BundleGraph.READER) {
                    known.get(i).put(BundleGraph.KEYS, keys(known.get(i), episodes.get(i)));
                } else if (graph == BundleGraph.DECODER) {
                    known.get(i).put(BundleGraph.LATENT, latent(known.get(i), episodes.get(i)));
                }
            }
            run(graph.label(), known);
        }
        List<BoundTerms> terms = new ArrayList<>();
        for (int i = 0; i < known.size(); i++) {
            terms.add(terms(known.get(i), episodes.get(i)));
        }
        return terms;
    }

    /** Runs a graph for all episodes, and adds its outputs to their tensors. */
    private void run(String graph, List<Map<String, Tensor>> known) throws IOException {
        GraphDescription description = bundle.bundle().graphs().get(graph);
        boolean optimised = runtime.description().optimisations().contains(true);
        List<Job> jobs = new ArrayList<>();
        for (Map<String, Tensor> tensors : known) {
            Path inputs = TensorFolder.write(
                    verification.scratch().resolve("bound-%s-%d".formatted(graph, jobs.size())),
                    TensorFolder.INPUT,
                    description.inputs().stream()
                            .map(input -> tensors.get(input.name()))
                            .toList());
            jobs.add(new Job(bundle.folder().resolve(description.file()), inputs, optimised));
        }
        List<Answer> answers = runtime.run(
                jobs,
                done -> verification
                        .progress()
                        .accept("%s, bound: %s, %d of %d".formatted(runtime.name(), graph, done, jobs.size())));
        for (int i = 0; i < answers.size(); i++) {
            if (answers.get(i) instanceof None none) {
                throw new Refused("graph '%s': %s".formatted(graph, none.why()));
            }
            List<Tensor> outputs = ((Outputs) answers.get(i)).outputs();
            if (outputs.size() < description.outputs().size()) {
                throw new Refused("graph '%s': expected %d outputs, found %d"
                        .formatted(graph, description.outputs().size(), outputs.size()));
            }
            for (int j = 0; j < outputs.size(); j++) {
                String name = description.outputs().get(j).name();
                known.get(i).put(name, outputs.get(j).named(name));
            }
        }
    }

    /** Keys from their posterior, which is centred on the pointers from the same runtime's writer. */
    private Tensor keys(Map<String, Tensor> known, Episode episode) {
        double[] mean = known.get(BundleGraph.KEY_MEAN).doubles();
        double[] logVariance = known.get(BundleGraph.KEY_LOG_VARIANCE).doubles();
        float[] pointers = known.get(BundleGraph.POINTERS).floats();
        float[] keys = episode.keyNoise().data().clone();
        for (int i = 0; i < keys.length; i++) {
            double offset = mean[i] + Math.exp(0.5 * logVariance[i]) * keys[i];
            keys[i] = (float) (dereferenced ? inSlot(i % 3, pointers[i], offset) : pointers[i] + offset);
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

    private static Tensor latent(Map<String, Tensor> known, Episode episode) {
        return FusedGraphs.gaussian(
                        known.get(BundleGraph.LATENT_MEAN),
                        known.get(BundleGraph.LATENT_LOG_VARIANCE),
                        FloatTensors.of("", episode.latentNoise()))
                .named(BundleGraph.LATENT);
    }

    private BoundTerms terms(Map<String, Tensor> known, Episode episode) {
        int samples = episode.images().dimension(1);
        double[] mean = known.get(BundleGraph.KEY_MEAN).doubles();
        double[] pointers = known.get(BundleGraph.POINTERS).doubles();
        for (int i = 0; !dereferenced && i < mean.length; i++) {
            mean[i] += pointers[i];
        }
        double[] standard = new double[mean.length];
        double[] klKeys =
                divergence(mean, known.get(BundleGraph.KEY_LOG_VARIANCE).doubles(), standard, standard, samples);
        int height = (int) known.get(BundleGraph.MEMORY).shape()[2];
        double cells = (double) settings.slotRows(height) * settings.slotColumns() * settings.scaleCells();
        for (int i = 0; dereferenced && i < samples; i++) {
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
                                settings, episode.images(), FloatTensors.of(known.get(BundleGraph.LOGITS))),
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
