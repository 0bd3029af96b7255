package io.kanerva.conformance.bundle;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An open bundle and the cases that check it by itself. Owns its sessions; close it, but not before its cases have run.
 *
 * <p>With the model that the bundle was exported from, {@link ModelCases} has more; {@link BundleBound} scores test
 * images.
 */
public final class BundleCases implements AutoCloseable {
    private static final long OTHER_SEED = 41;
    private static final long FUSED_SEED = 57;
    private static final long FULL_SEED = 73;
    private static final String ENCODER = BundleGraph.ENCODER.label();
    /** A term of the bound: float64 on both sides, and graphs that give equal bits. */
    private static final Budget NATS = Budget.of(Tolerance.elements(1e-9, 1e-9));

    private final CaseInputs inputs;
    private final Kanerva kanerva;
    private final List<GraphFacts> facts = new ArrayList<>();
    private final List<KanervaModel> models = new ArrayList<>();

    /**
     * Opens a bundle on the CPU.
     *
     * @param scratch folder for inputs, this bundle's own
     * @throws io.kanerva.runtime.BundleException if it is not whole, was changed or is foreign
     * @throws IOException if a graph cannot be read
     */
    public BundleCases(Path folder, Path scratch) throws IOException {
        kanerva = Kanerva.load(folder, Device.CPU);
        inputs = new CaseInputs(folder, scratch, kanerva.bundle());
        try {
            for (String graph : bundle().graphs().keySet()) {
                facts.add(GraphFacts.of(graph, Files.readAllBytes(inputs.file(graph))));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Where it is. */
    public Path folder() {
        return inputs.folder();
    }

    CaseInputs inputs() {
        return inputs;
    }

    /** What the bundle says of itself. */
    public Bundle bundle() {
        return kanerva.bundle();
    }

    /** The open bundle; it belongs to these cases. */
    public Kanerva kanerva() {
        return kanerva;
    }

    /** Files that are missing, changed, or not listed in bundle.json: a sentence each. */
    public List<String> changedFiles() {
        return BundleFiles.problems(folder(), bundle().files());
    }

    /** What the graphs are made of, in the order of bundle.json. */
    public List<GraphFacts> graphFacts() {
        return List.copyOf(facts);
    }

    /**
     * Checks bundles by themselves: their graphs on the runtimes, each being started once for all of them; pipelines on
     * the clients. Whatever these are, ONNX Runtime in this process runs the vectors, full memory and the fused graphs,
     * and the Kanerva runtime the vectors.
     *
     * @param runtimes of graphs
     * @param clients of whole bundles
     * @param random how many random cases each graph gets
     * @param seed of random cases and pipelines
     * @throws IOException if a vector cannot be read, or files in between cannot be written
     */
    public static Findings check(
            Verification verification,
            List<BundleCases> bundles,
            List<ModelRuntime> runtimes,
            List<ModelRuntime> clients,
            int random,
            long seed)
            throws IOException {
        List<Case> graphs = new ArrayList<>();
        List<Case> here = new ArrayList<>();
        List<Case> runtime = new ArrayList<>();
        List<Case> pipelines = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        for (BundleCases bundle : bundles) {
            String name = bundles.size() == 1 ? "" : bundle.bundle().name();
            add(graphs, name, bundle.vectors());
            add(graphs, name, bundle.random(random, seed));
            add(here, name, runtimes.contains(JavaRuntime.CPU) ? List.of() : bundle.vectors());
            add(here, name, bundle.fullMemory());
            add(here, name, bundle.fusedGraphs());
            add(runtime, name, bundle.throughRuntime());
            add(pipelines, name, clients.isEmpty() ? List.of() : bundle.clients(seed));
            bundle.facts.forEach(facts ->
                    facts.problems().forEach(problem -> faults.add("%s: %s".formatted(bundle.folder(), problem))));
        }
        String subject = bundles.stream().map(bundle -> bundle.bundle().name()).collect(Collectors.joining(", "));
        return Findings.of(subject, faults, List.of())
                .and(verification.run(subject, runtimes, graphs))
                .and(verification.run(subject, List.of(JavaRuntime.CPU), here))
                .and(verification.run(subject, List.of(new KanervaRuntime(bundles)), runtime))
                .and(verification.run(subject, clients, pipelines));
    }

    private static void add(List<Case> all, String bundle, List<Case> cases) {
        cases.forEach(given -> all.add(bundle.isEmpty() ? given : given.of(bundle)));
    }

    /**
     * The bundle's own vectors, which PyTorch computed on the day of the export, for each graph by itself.
     *
     * @throws IOException if a vector cannot be read
     */
    public List<Case> vectors() throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String graph : bundle().graphs().keySet()) {
            Path vectors = folder().resolve("vectors").resolve(graph);
            if (Files.isDirectory(vectors)) {
                Budget precision = Budget.of(Precision.of(inputs.file(graph)));
                cases.addAll(Case.of(
                        graph, inputs.file(graph), vectors, Optional.of(BundleBudget.everywhere(bundle(), precision))));
            }
        }
        return cases;
    }

    /**
     * Random inputs for each graph; what ONNX Runtime computes without optimisations is right.
     *
     * @param count how many cases each graph gets; their sizes go from one full memory to several small ones
     * @param seed of the first case of the first graph
     * @throws IOException if inputs cannot be written
     */
    public List<Case> random(int count, long seed) throws IOException {
        List<Case> cases = new ArrayList<>();
        long next = seed;
        int most = inputs.capacity();
        for (String graph : bundle().graphs().keySet()) {
            Budget budget = BundleBudget.measured(
                    Budget.of(Precision.of(inputs.file(graph))).scaled());
            for (int i = 0; i < count; i++) {
                Map<String, Integer> sizes =
                        i % 2 == 0 ? CaseInputs.sizes(1 + i, most, 7) : CaseInputs.sizes(2 + i, Math.min(most, 2), 5);
                cases.addAll(inputs.random(graph, sizes, next++, JavaRuntime.CPU, budget));
            }
        }
        return cases;
    }

    /**
     * A heap's memory-writer, written to its last slot, against its DJL block; none for a pooled writer. Golden vectors
     * fill a few slots only, and a heap's writer has no weights: what it computes follows from the settings, so DJL's
     * block can be made without the training run.
     *
     * @throws IOException if inputs cannot be written
     */
    public List<Case> fullMemory() throws IOException {
        if (bundle().settings().writer() != ModelSettings.Writer.HEAP) {
            return List.of();
        }
        KanervaModel model = DjlRuntime.heap(bundle().settings());
        models.add(model);
        return inputs.random(
                BundleGraph.MEMORY_WRITER.label(),
                CaseInputs.sizes(2, inputs.capacity(), 1),
                FULL_SEED,
                new DjlRuntime(bundle(), model),
                BundleBudget.here(bundle()));
    }

    /**
     * The fused graphs on random inputs, against the four graphs; none if the bundle has no fused graphs.
     *
     * @throws IOException if inputs cannot be written
     */
    public List<Case> fusedGraphs() throws IOException {
        ModelRuntime four = new FusedGraphs(folder(), bundle());
        return inputs.everySize(
                bundle().graphs().keySet().stream()
                        .filter(FusedGraphs.NAMES::contains)
                        .toList(),
                FUSED_SEED,
                four,
                (expected, runtime) -> BundleBudget.of(expected.name()));
    }

    /**
     * Each graph by itself against the same graph of another bundle of this model, on random inputs.
     *
     * @throws IOException if inputs cannot be written
     */
    public List<Case> otherBundle(BundleCases other) throws IOException {
        ModelRuntime reference =
                new LocalRuntime(new ModelRuntime.Description(
                        "the other bundle (%s)".formatted(other.bundle().reader()),
                        "",
                        "",
                        "cpu",
                        Set.of(false),
                        false)) {
                    @Override
                    List<Tensor> answer(Job job, Map<String, Tensor> inputs) {
                        String graph = FusedGraphs.name(bundle(), job.model());
                        return FusedGraphs.outputs(
                                bundle(), graph, JavaRuntime.runner().run(other.inputs.file(graph), inputs));
                    }
                };
        return inputs.everySize(CaseInputs.FOUR, OTHER_SEED, reference, BundleBudget.here(bundle()));
    }

    /**
     * The bundle's own vectors from images on, for the Kanerva runtime: what the writer and the reader get is what the
     * runtime itself computed before.
     *
     * @throws IOException if a vector cannot be read
     */
    public List<Case> throughRuntime() throws IOException {
        List<Case> cases = new ArrayList<>();
        Budget budget = BundleBudget.everywhere(bundle(), Budget.of(Precision.FLOAT32));
        for (int n = 0; Files.isDirectory(inputs.vectors(ENCODER, n)); n++) {
            Map<String, Tensor> known = new LinkedHashMap<>();
            List<Tensor> expected = new ArrayList<>();
            for (String graph : CaseInputs.FOUR) {
                TensorFolder.read(inputs.vectors(graph, n), TensorFolder.INPUT)
                        .forEach(input -> known.put(input.name(), input));
                expected.addAll(TensorFolder.read(inputs.vectors(graph, n), TensorFolder.OUTPUT));
            }
            Path written = TensorFolder.write(
                    inputs.scratch().resolve("through-runtime-" + n),
                    TensorFolder.INPUT,
                    List.of(known.get(BundleGraph.IMAGES), known.get(BundleGraph.KEYS), known.get(BundleGraph.LATENT)));
            cases.add(new Case("bundle", "vectors " + n, folder(), written, expected, JavaRuntime.CPU, budget));
        }
        return cases;
    }

    /**
     * Whole pipelines for the clients in other languages, on the images of the golden vectors: write, read, recall and
     * generate, and the bound. Their images and nats must be those of the Kanerva runtime.
     *
     * @param seed of the damage to the queries, of keys from the prior, and of what is generated
     * @throws IOException if a vector cannot be read, or inputs cannot be written
     */
    public List<Case> clients(long seed) throws IOException {
        ModelRuntime reference = new KanervaRuntime(folder(), kanerva);
        List<Case> cases = new ArrayList<>();
        for (int n = 0; Files.isDirectory(inputs.vectors(ENCODER, n)); n++) {
            Tensor episodes = TensorFolder.read(inputs.vectors(ENCODER, n), TensorFolder.INPUT)
                    .get(0)
                    .named(KanervaRuntime.EPISODES);
            Tensor queries = damaged(episodes, new NormalSampler(seed + n));
            Tensor keys = CaseInputs.normal(
                    new NormalSampler(seed + n + 1),
                    episodes.shape()[0],
                    5,
                    bundle().settings().keys(),
                    3);
            Tensor seeds = Tensor.of(new long[] {seed + n}, 1).named(KanervaRuntime.SEED);
            String label = "seed " + (seed + n);
            cases.add(inputs.of(
                    "pipeline",
                    folder(),
                    label,
                    List.of(episodes, queries, keys.named(BundleGraph.KEYS), seeds),
                    reference,
                    Budget.of(Precision.FLOAT32)));
            cases.add(inputs.of("bound", folder(), label, List.of(episodes, seeds), reference, NATS));
        }
        return cases;
    }

    /** Every pixel with a normal number above 1.5, one in fifteen, is inverted. */
    private static Tensor damaged(Tensor images, NormalSampler sampler) {
        float[] pixels = images.floats();
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = sampler.next() > 1.5 ? 1 - pixels[i] : pixels[i];
        }
        return Tensor.of(KanervaRuntime.QUERIES, pixels, images.shape());
    }

    @Override
    public void close() {
        kanerva.close();
        models.forEach(KanervaModel::close);
    }
}
