package io.kanerva.conformance.bundle;

import io.kanerva.conformance.check.Budget;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.NormalSampler;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An open bundle and the cases that check it alone. Owns its sessions; close it after its cases have run.
 *
 * <p>With the model that the bundle was exported from, {@link ModelCases} has further cases; {@link BundleBound} scores
 * test images.
 */
public final class BundleCases implements AutoCloseable {
    private static final long OTHER_SEED = 41;
    private static final long WHOLE_SEED = 57;
    private static final long FULL_SEED = 73;
    private static final String ENCODER = BundleGraph.ENCODER.label();
    /** For the terms of the bound: float32 in the graph, float64 in Java. */
    private static final Budget NATS = (expected, runtime) -> BundleBudget.of(expected.name());

    private final CaseInputs inputs;
    private final Kanerva kanerva;
    private final List<String> graphProblems = new ArrayList<>();
    private final List<KanervaModel> models = new ArrayList<>();

    /**
     * Opens a bundle on the CPU.
     *
     * @param scratch folder for inputs, used by this bundle only
     * @throws io.kanerva.runtime.BundleException if it is incomplete or changed, or no bundle of this format
     * @throws IOException if a graph cannot be read
     */
    public BundleCases(Path folder, Path scratch) throws IOException {
        kanerva = Kanerva.load(folder, Device.CPU);
        inputs = new CaseInputs(folder, scratch, kanerva.bundle());
        try {
            for (String graph : bundle().graphs().keySet()) {
                graphProblems.addAll(GraphRules.problems(graph, Files.readAllBytes(inputs.file(graph))));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The bundle's folder. */
    public Path folder() {
        return inputs.folder();
    }

    CaseInputs inputs() {
        return inputs;
    }

    /** The contents of bundle.json. */
    public Bundle bundle() {
        return kanerva.bundle();
    }

    /** Samples that a memory holds in training: one for every K of its slots, for either writer. */
    public int trainedSamples() {
        return inputs.capacity();
    }

    /** The open bundle, closed with these cases. */
    public Kanerva kanerva() {
        return kanerva;
    }

    /** One sentence for each file that is missing, changed, or not listed in bundle.json. */
    public List<String> changedFiles() {
        return BundleDigests.problems(folder(), bundle().files());
    }

    /** One sentence for whatever would keep some runtime from loading a graph. */
    public List<String> graphProblems() {
        return List.copyOf(graphProblems);
    }

    /**
     * Checks bundles without their models: their graphs on the runtimes, each of which is started once for all bundles,
     * and pipelines on the clients. In addition, ONNX Runtime in this process always runs the vectors, full memory and
     * the whole calls, and the Kanerva runtime the vectors.
     *
     * @param runtimes run graphs
     * @param clients run whole bundles
     * @param random the number of random cases per graph
     * @param seed of random cases and pipelines
     * @throws IOException if a vector cannot be read, or intermediate files cannot be written
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
        List<Case> throughRuntime = new ArrayList<>();
        List<Case> pipelines = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        for (BundleCases bundle : bundles) {
            String name = bundles.size() == 1 ? "" : bundle.bundle().name();
            add(graphs, name, bundle.vectors());
            add(graphs, name, bundle.random(random, seed));
            add(here, name, runtimes.contains(JavaRuntime.CPU) ? List.of() : bundle.vectors());
            add(here, name, bundle.fullMemory());
            add(here, name, bundle.wholeGraphs());
            add(throughRuntime, name, bundle.throughRuntime());
            add(pipelines, name, clients.isEmpty() ? List.of() : bundle.clients(seed));
            bundle.graphProblems.forEach(problem -> faults.add("%s: %s".formatted(bundle.folder(), problem)));
        }
        String subject = bundles.stream().map(bundle -> bundle.bundle().name()).collect(Collectors.joining(", "));
        return Findings.of(subject, faults, List.of())
                .and(verification.run(subject, runtimes, graphs))
                .and(run(verification, subject, JavaRuntime.CPU, here, bundles))
                .and(run(verification, subject, new KanervaRuntime(bundles), throughRuntime, bundles))
                .and(verification.run(subject, clients, pipelines));
    }

    /** Runs cases in this process: all at a time, or each alone if the outputs of all would take much memory. */
    static Findings run(
            Verification verification,
            String subject,
            ModelRuntime runtime,
            List<Case> cases,
            Collection<BundleCases> bundles)
            throws IOException {
        if (bundles.stream().noneMatch(bundle -> bundle.inputs.isLarge())) {
            return verification.run(subject, List.of(runtime), cases);
        }
        Findings findings = Findings.of(subject, List.of(), List.of());
        for (Case testCase : cases) {
            findings = findings.and(verification.run(subject, List.of(runtime), List.of(testCase)));
        }
        return findings;
    }

    private static void add(List<Case> all, String bundle, List<Case> cases) {
        cases.forEach(testCase -> all.add(bundle.isEmpty() ? testCase : testCase.of(bundle)));
    }

    /**
     * The bundle's golden vectors, which PyTorch computed during the export, for each graph separately.
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
     * Random inputs for each graph; the reference is ONNX Runtime without optimisations.
     *
     * @param count the number of cases per graph; their sizes alternate between one full memory and several small ones
     * @param seed of the first case of the first graph
     * @throws IOException if inputs cannot be written
     */
    public List<Case> random(int count, long seed) throws IOException {
        List<Case> cases = new ArrayList<>();
        long next = seed;
        int capacity = inputs.capacity();
        for (String graph : bundle().graphs().keySet()) {
            Budget budget = BundleBudget.measured(
                    Budget.of(Precision.of(inputs.file(graph))).scaled());
            for (int i = 0; i < count; i++) {
                // The outputs of all cases and runtimes are held.
                int reads = inputs.isLarge() ? 1 : i % 2 == 0 ? 7 : 5;
                Map<String, Integer> sizes = i % 2 == 0
                        ? inputs.sizes(1 + i, capacity, reads)
                        : inputs.sizes(2 + i, Math.min(capacity, 2), reads);
                cases.addAll(inputs.random(graph, sizes, next++, JavaRuntime.CPU, budget));
            }
        }
        return cases;
    }

    /**
     * The memory-writer, filled to the last slot of its training and far beyond where the memory grows, against its DJL
     * block; none if it has layers over the whole memory. Golden vectors fill a few slots only. Without such layers a
     * writer has no weights, so its DJL block follows from the settings and needs no training run.
     *
     * @throws IOException if inputs cannot be written
     */
    public List<Case> fullMemory() throws IOException {
        if (bundle().settings().memoryLayers() > 0) {
            return List.of();
        }
        KanervaModel model = DjlRuntime.weightless(bundle().settings());
        models.add(model);
        ModelRuntime reference = new DjlRuntime(bundle(), model);
        List<Case> cases = new ArrayList<>();
        // A memory that grows takes more than in training, too.
        int most = bundle().settings().grows() ? 10 * inputs.capacity() + 1 : inputs.capacity();
        for (int samples : IntStream.of(inputs.capacity(), most).distinct().toArray()) {
            cases.addAll(inputs.random(
                    BundleGraph.MEMORY_WRITER.label(),
                    inputs.sizes(2, samples, 1),
                    FULL_SEED,
                    reference,
                    BundleBudget.here(bundle())));
        }
        return cases;
    }

    /**
     * The graphs that are whole calls on random inputs, against the four graphs and float64 between them.
     *
     * @throws IOException if inputs cannot be written
     */
    public List<Case> wholeGraphs() throws IOException {
        ModelRuntime four = new FourGraphs(folder(), bundle());
        return inputs.everySize(
                bundle().graphs().keySet().stream()
                        .filter(HostSide.NAMES::contains)
                        .toList(),
                WHOLE_SEED,
                four,
                (expected, runtime) -> BundleBudget.of(expected.name()));
    }

    /**
     * Each graph separately against the same graph of another bundle of this model, on random inputs.
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
                        String graph = FourGraphs.name(bundle(), job.model());
                        return FourGraphs.outputs(
                                bundle(), graph, JavaRuntime.runner().run(other.inputs.file(graph), inputs));
                    }
                };
        return inputs.everySize(
                BundleGraph.labels(BundleGraph.FOUR), OTHER_SEED, reference, BundleBudget.here(bundle()));
    }

    /**
     * The bundle's golden vectors for the Kanerva runtime, from the images on: the writer and the reader take what the
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
            for (String graph : BundleGraph.labels(BundleGraph.FOUR)) {
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
     * generate, and the bound. Their images and nats must match the Kanerva runtime's.
     *
     * @param seed for the damage to the queries, the keys from the prior, and generation
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
            Tensor drawn = CaseInputs.normal(
                    new NormalSampler(seed + n + 1),
                    episodes.shape()[0],
                    5,
                    bundle().settings().keys(),
                    3);
            Tensor keys = inputs.dereferenced(drawn, bundle().settings().memoryHeight((int) episodes.shape()[1]));
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

    /** Inverts one pixel in fifteen: those whose standard normal value exceeds 1.5. */
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
