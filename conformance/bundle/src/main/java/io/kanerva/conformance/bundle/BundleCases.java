package io.kanerva.conformance.bundle;

import io.kanerva.bundle.SampleImages;
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
import io.kanerva.runtime.TensorDescription;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * An open bundle and the cases that check it. Owns its sessions; close it, but not before its cases have run.
 *
 * <p>Of a bundle alone: {@link #vectors}, {@link #random}, {@link #fullMemory}, {@link #fusedGraphs},
 * {@link #throughRuntime} and {@link #clients}. With the model that it was exported from: {@link #blocks} and
 * {@link #pipeline}. With another bundle of that model: {@link #otherBundle}. {@link BundleBound} scores test images.
 */
public final class BundleCases implements AutoCloseable {
    private static final long SEED = 41;
    private static final long FUSED_SEED = 57;
    private static final long FULL_SEED = 73;
    /** Graphs are traced at sizes from 2 to 24, so these were never traced in at least one dimension each. */
    private static final int NEVER_TRACED = 25;
    /** Samples in an episode where a pooled writer sets no limit. */
    private static final int MANY = NEVER_TRACED + 7;

    private static final Set<String> UNIT = Set.of(BundleGraph.IMAGES);
    /** A term of the bound: float64 on both sides, and graphs that give equal bits. */
    private static final Budget NATS = Budget.of(Tolerance.elements(1e-9, 1e-9));

    private final Path folder;
    private final Path scratch;
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
        this.folder = folder;
        this.scratch = scratch;
        kanerva = Kanerva.load(folder, Device.CPU);
        try {
            for (String graph : bundle().graphs().keySet()) {
                facts.add(GraphFacts.of(graph, Files.readAllBytes(file(graph))));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Where it is. */
    public Path folder() {
        return folder;
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
        return BundleFiles.problems(folder, bundle().files());
    }

    /** What the graphs are made of, in the order of bundle.json. */
    public List<GraphFacts> graphFacts() {
        return List.copyOf(facts);
    }

    /**
     * Checks bundles by themselves: their graphs on all runtimes, each runtime being started once for all of them; full
     * memory and fused graphs on ONNX Runtime here; vectors through the Kanerva runtime; pipelines on the clients.
     *
     * @param runtimes of graphs; the Kanerva runtime may be among them
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
            if (runtimes.contains(JavaRuntime.CPU)) {
                add(here, name, bundle.fullMemory());
                add(here, name, bundle.fusedGraphs());
            }
            add(runtime, name, bundle.throughRuntime());
            add(pipelines, name, clients.isEmpty() ? List.of() : bundle.clients(seed));
            bundle.facts.forEach(facts ->
                    facts.problems().forEach(problem -> faults.add("%s: %s".formatted(bundle.folder, problem))));
        }
        String subject = bundles.stream().map(bundle -> bundle.bundle().name()).collect(Collectors.joining(", "));
        List<ModelRuntime> ofGraphs =
                runtimes.stream().filter(one -> !isKanerva(one)).toList();
        return Findings.of(subject, faults, List.of())
                .and(verification.run(subject, ofGraphs, graphs))
                .and(verification.run(subject, only(runtimes, JavaRuntime.CPU::equals), here))
                .and(verification.run(subject, only(runtimes, BundleCases::isKanerva), runtime))
                .and(verification.run(subject, clients, pipelines));
    }

    /**
     * Checks a bundle against the model that it was exported from: each graph by itself against its block, and the
     * pipeline; those on ONNX Runtime here, this through the Kanerva runtime.
     *
     * @param reference with the model
     * @param images of the model's shape; taken black and white at half intensity if that is what the model knows
     * @param seed of the pipeline's noise
     * @throws IOException if files in between cannot be written
     */
    public Findings check(
            Verification verification, List<ModelRuntime> runtimes, DjlRuntime reference, ImageSet images, long seed)
            throws IOException {
        String subject = bundle().name();
        return verification
                .run(subject, only(runtimes, JavaRuntime.CPU::equals), blocks(reference, images))
                .and(verification.run(
                        subject, only(runtimes, BundleCases::isKanerva), pipeline(reference, images, seed)));
    }

    private static boolean isKanerva(ModelRuntime runtime) {
        return runtime instanceof KanervaRuntime;
    }

    private static List<ModelRuntime> only(List<ModelRuntime> runtimes, Predicate<ModelRuntime> wanted) {
        return runtimes.stream().filter(wanted).toList();
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
            Path vectors = folder.resolve("vectors").resolve(graph);
            if (Files.isDirectory(vectors)) {
                Budget precision = Budget.of(Precision.of(file(graph)));
                cases.addAll(Case.of(
                        graph, file(graph), vectors, Optional.of(BundleBudget.everywhere(bundle(), precision))));
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
        for (String graph : bundle().graphs().keySet()) {
            Budget budget =
                    BundleBudget.measured(Budget.of(Precision.of(file(graph))).scaled());
            for (int i = 0; i < count; i++) {
                Map<String, Integer> sizes =
                        i % 2 == 0 ? sizes(1 + i, capacity(), 7) : sizes(2 + i, Math.min(capacity(), 2), 5);
                random(cases, graph, sizes, next++, JavaRuntime.CPU, budget);
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
        List<Case> cases = new ArrayList<>();
        if (bundle().settings().writer() == ModelSettings.Writer.HEAP) {
            KanervaModel model = DjlRuntime.heap(bundle().settings());
            models.add(model);
            random(
                    cases,
                    BundleGraph.MEMORY_WRITER.label(),
                    sizes(2, capacity(), 1),
                    FULL_SEED,
                    new DjlRuntime(bundle(), model),
                    BundleBudget.here(bundle()));
        }
        return cases;
    }

    /**
     * The fused graphs on random inputs, against the four graphs; none if the bundle has no fused graphs.
     *
     * @throws IOException if inputs cannot be written
     */
    public List<Case> fusedGraphs() throws IOException {
        ModelRuntime four = new FusedGraphs(folder, bundle());
        return everySize(
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
                                bundle(), graph, JavaRuntime.runner().run(other.file(graph), inputs));
                    }
                };
        return everySize(four(), SEED, reference, BundleBudget.here(bundle()));
    }

    /**
     * Each graph by itself against its block, on random and on real inputs, at sizes of B, T and Q that were never
     * traced, T up to the memory's capacity.
     *
     * @param reference with the model that the bundle was exported from
     * @param images of the model's shape; taken black and white at half intensity if that is what the model knows
     * @throws IOException if inputs cannot be written
     */
    public List<Case> blocks(DjlRuntime reference, ImageSet images) throws IOException {
        List<Case> cases = everySize(four(), SEED, reference, BundleBudget.here(bundle()));
        long seed = SEED;
        for (Map<String, Integer> sizes : everySize()) {
            cases.addAll(real(reference, images, sizes, seed++));
        }
        return cases;
    }

    /**
     * Inputs of every graph as they come up when images are written and read back by the reference: the images, their
     * content, the memory with keys near the written pointers and from the prior by turns, latents from their prior.
     */
    private List<Case> real(DjlRuntime reference, ImageSet images, Map<String, Integer> sizes, long seed)
            throws IOException {
        NormalSampler sampler = new NormalSampler(seed);
        int first = (int) Math.floorMod(seed, (long) images.count());
        Map<String, Tensor> known = new LinkedHashMap<>();
        List<Case> cases = new ArrayList<>();
        for (String graph : four()) {
            List<Tensor> inputs = new ArrayList<>();
            for (TensorDescription input : bundle().graphs().get(graph).inputs()) {
                long[] shape = shape(input, sizes);
                switch (input.name()) {
                    case BundleGraph.IMAGES ->
                        known.put(
                                input.name(),
                                images(reference.model(), images, first, sizes.get("B") * sizes.get("T"), shape));
                    case BundleGraph.KEYS ->
                        known.put(input.name(), keys(known.get(BundleGraph.POINTERS), normal(sampler, shape)));
                    case BundleGraph.LATENT ->
                        known.put(
                                input.name(),
                                FusedGraphs.gaussian(
                                        known.get(BundleGraph.PRIOR_MEAN),
                                        known.get(BundleGraph.PRIOR_LOG_VARIANCE),
                                        normal(sampler, shape)));
                    default -> {}
                }
                inputs.add(known.get(input.name()).named(input.name()));
            }
            known.putAll(reference.block(graph, known));
            cases.add(ofInputs(
                    graph, file(graph), "real " + words(sizes), inputs, reference, BundleBudget.here(bundle())));
        }
        return cases;
    }

    /**
     * From images to logits with the same noise on both paths: encode, write, draw keys from their posterior, read,
     * draw latents from theirs, decode. Each path goes on with its own numbers, so differences add up. One episode of
     * as many samples as fit, then three of two.
     *
     * @param reference with the model that the bundle was exported from
     * @param images of the model's shape; taken black and white at half intensity if that is what the model knows
     * @param seed of the noise
     * @throws IOException if inputs cannot be written
     */
    public List<Case> pipeline(DjlRuntime reference, ImageSet images, long seed) throws IOException {
        ModelSettings s = bundle().settings();
        NormalSampler sampler = new NormalSampler(seed);
        List<Case> cases = new ArrayList<>();
        for (Map<String, Integer> sizes : List.of(sizes(1, capacity(), capacity()), sizes(3, 2, 2))) {
            int b = sizes.get("B");
            int t = sizes.get("T");
            TensorDescription description =
                    bundle().graphs().get(BundleGraph.ENCODER.label()).inputs().get(0);
            cases.add(ofInputs(
                    "pipeline",
                    folder,
                    words(sizes),
                    List.of(
                            images(reference.model(), images, 0, b * t, shape(description, sizes))
                                    .named(KanervaRuntime.EPISODES),
                            normal(sampler, b, t, s.keys(), 3).named(KanervaRuntime.KEY_NOISE),
                            normal(sampler, b, t, s.latent()).named(KanervaRuntime.LATENT_NOISE)),
                    reference,
                    BundleBudget.pipeline(bundle())));
        }
        return cases;
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
        for (int n = 0; Files.isDirectory(vectors(BundleGraph.ENCODER.label(), n)); n++) {
            Map<String, Tensor> known = new LinkedHashMap<>();
            List<Tensor> expected = new ArrayList<>();
            for (String graph : four()) {
                TensorFolder.read(vectors(graph, n), TensorFolder.INPUT)
                        .forEach(input -> known.put(input.name(), input));
                expected.addAll(TensorFolder.read(vectors(graph, n), TensorFolder.OUTPUT));
            }
            Path inputs = TensorFolder.write(
                    scratch.resolve("through-runtime-" + n),
                    TensorFolder.INPUT,
                    List.of(known.get(BundleGraph.IMAGES), known.get(BundleGraph.KEYS), known.get(BundleGraph.LATENT)));
            cases.add(new Case("bundle", "vectors " + n, folder, inputs, expected, JavaRuntime.CPU, budget));
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
        ModelRuntime reference = new KanervaRuntime(folder, kanerva);
        List<Case> cases = new ArrayList<>();
        for (int n = 0; Files.isDirectory(vectors(BundleGraph.ENCODER.label(), n)); n++) {
            Tensor episodes = TensorFolder.read(vectors(BundleGraph.ENCODER.label(), n), TensorFolder.INPUT)
                    .get(0)
                    .named(KanervaRuntime.EPISODES);
            Tensor queries = damaged(episodes, new NormalSampler(seed + n));
            Tensor keys = normal(
                    new NormalSampler(seed + n + 1),
                    episodes.shape()[0],
                    5,
                    bundle().settings().keys(),
                    3);
            Tensor seeds = Tensor.of(new long[] {seed + n}, 1).named(KanervaRuntime.SEED);
            String label = "seed " + (seed + n);
            cases.add(ofInputs(
                    "pipeline",
                    folder,
                    label,
                    List.of(episodes, queries, keys.named(BundleGraph.KEYS), seeds),
                    reference,
                    Budget.of(Precision.FLOAT32)));
            cases.add(ofInputs("bound", folder, label, List.of(episodes, seeds), reference, NATS));
        }
        return cases;
    }

    private List<Case> everySize(List<String> graphs, long seed, ModelRuntime reference, Budget budget)
            throws IOException {
        List<Case> cases = new ArrayList<>();
        long next = seed;
        for (String graph : graphs) {
            for (Map<String, Integer> sizes : everySize()) {
                random(cases, graph, sizes, next++, reference, budget);
            }
        }
        return cases;
    }

    private void random(
            List<Case> cases,
            String graph,
            Map<String, Integer> sizes,
            long seed,
            ModelRuntime reference,
            Budget budget)
            throws IOException {
        Path inputs = scratch.resolve(reference.name().replace(' ', '-'));
        Case.random(graph, file(graph), sizes, UNIT, seed, Optional.of(budget), inputs)
                .ifPresent(given -> cases.add(given.against(reference)));
    }

    private Case ofInputs(
            String graph, Path model, String label, List<Tensor> inputs, ModelRuntime reference, Budget budget)
            throws IOException {
        Path written = scratch.resolve("%s-%s".formatted(graph, label.replace(' ', '-')));
        return new Case(
                graph,
                label,
                model,
                TensorFolder.write(written, TensorFolder.INPUT, inputs),
                List.of(),
                reference,
                budget);
    }

    private static List<String> four() {
        return BundleGraph.REQUIRED.stream().map(BundleGraph::label).toList();
    }

    private Path file(String graph) {
        return folder.resolve(bundle().graphs().get(graph).file());
    }

    private Path vectors(String graph, int set) {
        return folder.resolve("vectors").resolve(graph).resolve("test_data_set_" + set);
    }

    private int capacity() {
        int capacity = bundle().settings().capacity();
        return capacity == Integer.MAX_VALUE ? MANY : capacity;
    }

    /** Where graphs are held against their blocks: the least, the most that fits a memory, and some between. */
    private List<Map<String, Integer>> everySize() {
        int most = capacity();
        return List.of(
                sizes(1, 1, 1),
                sizes(2, Math.min(most, NEVER_TRACED + 2), NEVER_TRACED + 4),
                sizes(NEVER_TRACED, Math.min(most, 2), 3),
                sizes(1, most, NEVER_TRACED));
    }

    /** Episodes, written samples and reads. */
    private static Map<String, Integer> sizes(int b, int t, int q) {
        return new TreeMap<>(Map.of("B", b, "T", t, "Q", q));
    }

    private static String words(Map<String, Integer> sizes) {
        return "B=%d T=%d Q=%d".formatted(sizes.get("B"), sizes.get("T"), sizes.get("Q"));
    }

    private static long[] shape(TensorDescription tensor, Map<String, Integer> sizes) {
        Function<String, Long> size = dimension ->
                sizes.containsKey(dimension) ? Long.valueOf(sizes.get(dimension)) : Long.valueOf(dimension);
        return tensor.shape().stream().mapToLong(size::apply).toArray();
    }

    private static Tensor images(KanervaModel model, ImageSet images, int first, int count, long[] shape) {
        return Tensor.of(SampleImages.asSeen(model.settings(), images, first, count), shape);
    }

    private static Tensor normal(NormalSampler sampler, long... shape) {
        return FloatTensors.of(
                "",
                sampler.tensor(Arrays.stream(shape).mapToInt(Math::toIntExact).toArray()));
    }

    /** [B, Q, K, 3]: read q is near sample q mod T's pointer if q is even, and the noise itself if q is odd. */
    private static Tensor keys(Tensor pointers, Tensor noise) {
        float[] written = pointers.floats();
        float[] keys = noise.floats();
        int reads = (int) noise.shape()[1];
        int samples = (int) pointers.shape()[1];
        int key = (int) (noise.shape()[2] * noise.shape()[3]);
        for (int i = 0; i < keys.length; i++) {
            int q = i / key % reads;
            int sample = i / key / reads * samples + q % samples;
            keys[i] = q % 2 == 0 ? written[sample * key + i % key] + 0.1f * keys[i] : keys[i];
        }
        return Tensor.of(keys, noise.shape());
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
