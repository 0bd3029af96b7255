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
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The bound through a bundle's four graphs on any runtime, with that runtime's values carried from graph to graph. What
 * a host computes between them is computed here, in float64.
 */
final class GraphBound {
    private final BundleCases bundle;
    private final ModelRuntime runtime;
    private final Verification verification;
    private final HostSide host;

    GraphBound(BundleCases bundle, ModelRuntime runtime, Verification verification) {
        this.bundle = bundle;
        this.runtime = runtime;
        this.verification = verification;
        host = new HostSide(bundle.bundle().settings());
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
        for (BundleGraph graph : BundleGraph.FOUR) {
            for (int i = 0; i < known.size(); i++) {
                if (graph == BundleGraph.READER) {
                    Tensor noise = FloatTensors.of("", episodes.get(i).keyNoise());
                    known.get(i).put(BundleGraph.KEYS, host.posteriorKeys(known.get(i), noise));
                } else if (graph == BundleGraph.DECODER) {
                    Tensor noise = FloatTensors.of("", episodes.get(i).latentNoise());
                    known.get(i).put(BundleGraph.LATENT, HostSide.posteriorLatent(known.get(i), noise));
                }
            }
            run(graph.label(), known);
        }
        List<BoundTerms> terms = new ArrayList<>();
        known.forEach(tensors -> terms.add(host.terms(tensors)));
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
}
