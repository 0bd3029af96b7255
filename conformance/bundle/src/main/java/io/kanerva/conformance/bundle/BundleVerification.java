package io.kanerva.conformance.bundle;

import io.kanerva.conformance.Agreement.Row;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An open bundle, and the comparisons that can be made with it. Owns its sessions; close it.
 *
 * <p>What may be asked of a bundle alone: {@link #changedFiles}, {@link #graphFacts}, {@link #vectors},
 * {@link #fullMemory} and {@link #fusedGraphs}. With the model that it was exported from: {@link #againstModel} and
 * {@link #pipeline}. With another bundle of that model: {@link #againstBundle}.
 */
public final class BundleVerification implements AutoCloseable {
    /** The reference: DJL's blocks on the PyTorch engine. */
    public static final String PYTORCH = "PyTorch";
    /** ONNX Runtime's own Java API. */
    public static final String ONNX_RUNTIME = "ONNX Runtime";
    /** io.kanerva.runtime's public calls. */
    public static final String RUNTIME = "Kanerva runtime";

    private static final long SEED = 41;

    private final Path folder;
    private final Kanerva kanerva;
    private final Map<String, OnnxGraph> graphs = new LinkedHashMap<>();
    private final List<GraphFacts> facts = new ArrayList<>();

    /**
     * Opens a bundle on the CPU.
     *
     * @throws io.kanerva.runtime.BundleException if it is not whole, was changed or is foreign
     */
    public BundleVerification(Path folder) {
        this.folder = folder;
        kanerva = Kanerva.load(folder, Device.CPU);
        try {
            for (String graph : bundle().graphs().keySet()) {
                byte[] file = Files.readAllBytes(
                        folder.resolve(bundle().graphs().get(graph).file()));
                facts.add(GraphFacts.of(graph, file));
                if (Inputs.GRAPHS.contains(graph)) {
                    graphs.put(graph, new OnnxGraph(file));
                }
            }
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(
                    "%s: expected a bundle that can be read, found that it cannot (%s)".formatted(folder, e), e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** What the bundle says of itself. */
    public Bundle bundle() {
        return kanerva.bundle();
    }

    /** The open bundle; it belongs to this verification. */
    public Kanerva kanerva() {
        return kanerva;
    }

    /** Files that are missing, changed, or not listed in bundle.json: a sentence each, none if all is well. */
    public List<String> changedFiles() {
        return BundleFiles.problems(folder, bundle().files());
    }

    /** What the graphs are made of, in the order of bundle.json. */
    public List<GraphFacts> graphFacts() {
        return List.copyOf(facts);
    }

    /**
     * The bundle's own vectors, PyTorch's answers of the day of the export: through each graph by itself on ONNX
     * Runtime's own API, and from image to logits through the runtime.
     *
     * @throws UncheckedIOException if a vector cannot be read
     */
    public Agreement vectors() {
        List<Row> rows = new ArrayList<>();
        Map<Integer, Map<String, VectorSet>> sets = new LinkedHashMap<>();
        for (String graph : Inputs.GRAPHS) {
            for (VectorSet set : VectorSet.read(folder, bundle(), graph)) {
                compare(
                        rows,
                        PYTORCH + " / " + ONNX_RUNTIME,
                        graph,
                        set.label(),
                        set.outputs(),
                        graphs.get(graph).run(set.inputs()));
                sets.computeIfAbsent(set.index(), n -> new LinkedHashMap<>()).put(graph, set);
            }
        }
        for (Map<String, VectorSet> set : sets.values()) {
            Map<String, Map<String, Tensor>> found = new RuntimePath(kanerva)
                    .run(
                            set.get("encoder").inputs().get("images"),
                            set.get("reader").inputs().get("keys"),
                            set.get("decoder").inputs().get("latent"));
            set.forEach((graph, vectors) -> compare(
                    rows, PYTORCH + " / " + RUNTIME, graph, vectors.label(), vectors.outputs(), found.get(graph)));
        }
        return new Agreement(rows);
    }

    /**
     * Each graph by itself against its block, on random and on real inputs, at sizes of B, T and Q that were never
     * traced, T up to the memory's capacity.
     *
     * @param model that the bundle was exported from
     * @param images of the model's shape; taken black and white at half intensity if that is what the model knows
     */
    public Agreement againstModel(KanervaModel model, ImageSet images) {
        ModelPath reference = new ModelPath(model, bundle());
        List<Row> rows = new ArrayList<>();
        long seed = SEED;
        for (Sizes sizes : Sizes.cases(bundle().settings())) {
            Map<String, Map<String, Tensor>> real = Inputs.real(reference, images, sizes, seed++);
            for (String graph : Inputs.GRAPHS) {
                Map<String, Tensor> random =
                        Inputs.random(bundle().graphs().get(graph).inputs(), sizes, seed++);
                compare(
                        rows,
                        PYTORCH + " / " + ONNX_RUNTIME,
                        graph,
                        "random " + sizes,
                        reference.run(graph, random),
                        graphs.get(graph).run(random));
                Map<String, Tensor> given = real.get(graph);
                compare(
                        rows,
                        PYTORCH + " / " + ONNX_RUNTIME,
                        graph,
                        "real " + sizes,
                        reference.run(graph, given),
                        graphs.get(graph).run(given));
            }
        }
        return new Agreement(rows);
    }

    /**
     * The whole way with the same noise on both paths: encode, write, draw keys from their posterior, read, draw
     * latents from theirs, decode. Each path goes on with its own numbers, so differences add up.
     *
     * @param model that the bundle was exported from
     * @param images of the model's shape; taken black and white at half intensity if that is what the model knows
     * @param seed of the noise
     */
    public Agreement pipeline(KanervaModel model, ImageSet images, long seed) {
        return new Pipeline(model, kanerva).compare(images, seed);
    }

    /**
     * Each graph against the same graph of another bundle of this model, on random inputs: for readers of another kind.
     *
     * @param label what the two are called in the table, for example {@code GridSample / products}
     */
    public Agreement againstBundle(BundleVerification other, String label) {
        List<Row> rows = new ArrayList<>();
        long seed = SEED;
        for (Sizes sizes : Sizes.cases(bundle().settings())) {
            for (String graph : Inputs.GRAPHS) {
                Map<String, Tensor> random =
                        Inputs.random(bundle().graphs().get(graph).inputs(), sizes, seed++);
                compare(
                        rows,
                        label,
                        graph,
                        "random " + sizes,
                        graphs.get(graph).run(random),
                        other.graphs.get(graph).run(random));
            }
        }
        return new Agreement(rows);
    }

    /**
     * A heap's memory-writer against its DJL block with every slot taken, which needs no training run; no rows for a
     * pooled writer.
     */
    public Agreement fullMemory() {
        return FullMemory.compare(bundle(), graphs.get("memory-writer"));
    }

    /** The bundle's fused graphs against the four, on random inputs; no rows if it has none. */
    public Agreement fusedGraphs() {
        return FusedGraphs.compare(folder, bundle(), graphs);
    }

    private void compare(
            List<Row> rows,
            String paths,
            String graph,
            String inputs,
            Map<String, Tensor> expected,
            Map<String, Tensor> found) {
        for (TensorDescription output : bundle().graphs().get(graph).outputs()) {
            Tensor wanted = expected.get(output.name());
            rows.add(new Row(
                    paths,
                    graph,
                    inputs,
                    Comparison.betweenFinite(
                            output.name(),
                            wanted,
                            found.get(output.name()),
                            Budget.of(output.name(), bundle(), wanted))));
        }
    }

    @Override
    public void close() {
        graphs.values().forEach(OnnxGraph::close);
        kanerva.close();
    }
}
