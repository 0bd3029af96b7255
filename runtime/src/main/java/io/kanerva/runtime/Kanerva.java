package io.kanerva.runtime;

import static io.kanerva.runtime.Graph.CONTENT;
import static io.kanerva.runtime.Graph.DECODER;
import static io.kanerva.runtime.Graph.ENCODER;
import static io.kanerva.runtime.Graph.KEYS;
import static io.kanerva.runtime.Graph.KEY_LOG_VARIANCE;
import static io.kanerva.runtime.Graph.KEY_MEAN;
import static io.kanerva.runtime.Graph.LATENT;
import static io.kanerva.runtime.Graph.LATENT_LOG_VARIANCE;
import static io.kanerva.runtime.Graph.LATENT_MEAN;
import static io.kanerva.runtime.Graph.LOGITS;
import static io.kanerva.runtime.Graph.MEMORY;
import static io.kanerva.runtime.Graph.MEMORY_WRITER;
import static io.kanerva.runtime.Graph.POINTERS;
import static io.kanerva.runtime.Graph.PRIOR_LOG_VARIANCE;
import static io.kanerva.runtime.Graph.PRIOR_MEAN;
import static io.kanerva.runtime.Graph.READER;
import static io.kanerva.runtime.Graph.TRACES;

import io.kanerva.runtime.ModelSettings.Writer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A Kanerva++ model, open for inference.
 *
 * <p>It holds native memory and must be closed. Every method may be called from many threads at once; each
 * call runs on its caller's thread. {@link #close} waits for running calls; a call after it throws {@link
 * ClosedException}. What methods return are plain Java values that stay good after it.
 *
 * <p>In shapes, B counts episodes and so memories, T written samples, Q queries or reads, K keys a sample;
 * images are [Cx, Hx, Wx] with values in [0, 1], memories [C, H, W], blocks [C, h, w], latents [D]: all as
 * in {@link Bundle#settings()}. B, T and Q are each call's own choice, 1 or more; a heap memory takes at most
 * {@link ModelSettings#capacity()} samples.
 *
 * <p>Every method throws {@link TensorException} for a tensor of another shape, for values that are not
 * finite and for images outside [0, 1], and {@link InferenceException} if ONNX Runtime fails.
 */
public final class Kanerva implements AutoCloseable {

    private final Bundle bundle;
    private final Sessions sessions;
    private final KeyGeometry geometry;
    private final KeyPosterior keyPosterior;

    Kanerva(Bundle bundle, Sessions sessions) {
        this.bundle = bundle;
        this.sessions = sessions;
        geometry = new KeyGeometry(bundle.settings());
        keyPosterior = new KeyPosterior(bundle.settings(), geometry);
    }

    /**
     * Opens the bundle in a folder, with one thread a call.
     *
     * @throws BundleException if a file is missing, was changed, is foreign or of a newer format
     * @throws DeviceException if {@link Device#CUDA} cannot be had
     */
    public static Kanerva load(Path folder, Device device) {
        return load(folder, Options.on(device));
    }

    /** Opens the bundle in a folder; see {@link #load(Path, Device)}. */
    public static Kanerva load(Path folder, Options options) {
        return BundleLoader.load(BundleSource.folder(folder), options);
    }

    /**
     * Opens a bundle that lies on the class path, such as one packed into a jar; nothing is unpacked.
     *
     * @param loader whose class path holds it
     * @param folder its folder there, such as {@code io/kanerva/models/fashion-mnist}
     * @throws BundleException if a file is missing, was changed, is foreign or of a newer format
     * @throws DeviceException if {@link Device#CUDA} cannot be had
     */
    public static Kanerva loadResource(ClassLoader loader, String folder, Options options) {
        return BundleLoader.load(BundleSource.resource(loader, folder), options);
    }

    /** Opens a bundle that lies on the class path; see {@link #loadResource(ClassLoader, String, Options)}. */
    public static Kanerva loadResource(ClassLoader loader, String folder, Device device) {
        return loadResource(loader, folder, Options.on(device));
    }

    /** What the bundle says of itself: settings, tensors, provenance. */
    public Bundle bundle() {
        return bundle;
    }

    /** Where the graphs run: {@link Device#CPU} or {@link Device#CUDA}, never {@link Device#AUTO}. */
    public Device device() {
        return sessions.device();
    }

    /** Where keys point in this model's memories. */
    public KeyGeometry geometry() {
        return geometry;
    }

    /**
     * Encodes images; a pooled writer's encoder looks at each row of T as one episode.
     *
     * @param images [B, T, Cx, Hx, Wx], values in [0, 1]
     */
    public Encoding encode(FloatTensor images) {
        try (Call call = sessions.begin()) {
            return encoding(encode(call, images));
        }
    }

    /**
     * Writes B episodes of T samples, each into a memory of its own.
     *
     * @param episodes [B, T, Cx, Hx, Wx], values in [0, 1]
     * @throws CapacityException if T is more than a heap memory takes
     */
    public Memory write(FloatTensor episodes) {
        try (Call call = sessions.begin()) {
            Call.Value images = call.images(episodes);
            checkCapacity(episodes.dimension(1));
            Map<String, Call.Value> encoded = call.run(ENCODER, List.of(images), CONTENT);
            return memory(write(call, encoded));
        }
    }

    /**
     * Finds queries in memories; see {@link Lookup} for what that means for either writer.
     *
     * @param memory B memories of this model
     * @param queries [B, Q, Cx, Hx, Wx], values in [0, 1]: Q queries for each memory
     */
    public Lookup lookUp(Memory memory, FloatTensor queries) {
        checkModel(memory);
        try (Call call = sessions.begin()) {
            return lookUp(call, memory, queries);
        }
    }

    /**
     * Reads memories at keys.
     *
     * @param memory B memories of this model
     * @param keys [B, Q, K, 3], each (scale, x, y)
     */
    public Reading read(Memory memory, FloatTensor keys) {
        checkModel(memory);
        try (Call call = sessions.begin()) {
            return reading(read(call, memory, keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE));
        }
    }

    /**
     * Decodes latents and traces to the image distribution's parameters.
     *
     * @param latent [B, Q, D]
     * @param traces [B, Q, K, C, h, w]
     * @return logits, [B, Q, Cx, Hx, Wx]; {@link Likelihood#probabilities} makes them images
     */
    public FloatTensor decode(FloatTensor latent, FloatTensor traces) {
        try (Call call = sessions.begin()) {
            return decode(call, call.input(DECODER, LATENT, latent), call.input(DECODER, TRACES, traces));
        }
    }

    /**
     * Reads iteratively: each query is looked up, read and decoded with its latent at the prior's mean; the
     * resulting probabilities are the next query. So damaged or partial images are mended.
     *
     * @param memory B memories of this model
     * @param queries [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @param iterations how often, 1 or more
     */
    public Recall recall(Memory memory, FloatTensor queries, int iterations) {
        checkModel(memory);
        checkPositive("recall: iterations", iterations);
        List<Recall.Step> steps = new ArrayList<>();
        FloatTensor images = queries;
        // The outer call holds the memories and keeps the sessions open; the inner ones free each iteration's tensors.
        try (Call whole = sessions.begin()) {
            Call.Value memories = whole.input(READER, MEMORY, memory.memory());
            for (int i = 0; i < iterations; i++) {
                try (Call call = sessions.begin()) {
                    Lookup lookup = lookUp(call, memory, images);
                    Map<String, Call.Value> read = read(call, memories, lookup.keys(), TRACES, PRIOR_MEAN);
                    FloatTensor logits = decode(call, read.get(PRIOR_MEAN), read.get(TRACES));
                    images = bundle.settings().likelihood().probabilities(logits);
                    steps.add(new Recall.Step(lookup, images));
                }
            }
        }
        return new Recall(steps);
    }

    /**
     * Draws images from memories: y ~ N(0, I), traces = read(y), z ~ p(z | traces), decoded.
     *
     * <p>All numbers come from one {@link NormalSampler}: first the keys in order, three numbers each
     * (scale, x, y); then the latents' noise, [B, N, D]. With dereferenced addressing a key that lands on a
     * slot to which nothing was written is drawn again, all three numbers, until it lands on a written one.
     *
     * @param memory B memories of this model
     * @param count N, images from each memory, 1 or more
     * @param seed the same seed gives the same images
     */
    public Generation generate(Memory memory, int count, long seed) {
        checkModel(memory);
        checkPositive("generate: count", count);
        NormalSampler sampler = new NormalSampler(seed);
        FloatTensor keys = keyPosterior.samplePrior(sampler, memory.episodes(), count, memory.samples());
        FloatTensor noise = sampler.tensor(memory.episodes(), count, bundle.settings().latent());
        try (Call call = sessions.begin()) {
            Map<String, Call.Value> read = read(call, memory, keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE);
            FloatTensor latent =
                    LatentPosterior.sample(
                            read.get(PRIOR_MEAN).toTensor(), read.get(PRIOR_LOG_VARIANCE).toTensor(), noise);
            FloatTensor logits = decode(call, call.input(DECODER, LATENT, latent), read.get(TRACES));
            return new Generation(bundle.settings().likelihood().probabilities(logits), keys);
        }
    }

    /**
     * The clean bound of episodes scored on the images that wrote their memories, every latent sampled with
     * the noise given.
     *
     * @param episodes [B, T, Cx, Hx, Wx], values in [0, 1]
     * @param keyNoise standard normal numbers, [B, T, K, 3]
     * @param latentNoise standard normal numbers, [B, T, D]
     * @throws CapacityException if T is more than a heap memory takes
     */
    public BoundTerms bound(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        ModelSettings settings = bundle.settings();
        try (Call call = sessions.begin()) {
            Call.Value images = call.images(episodes);
            int batch = episodes.dimension(0);
            int samples = episodes.dimension(1);
            checkCapacity(samples);
            checkNoise("bound: keyNoise", keyNoise, batch, samples, settings.keys(), 3);
            checkNoise("bound: latentNoise", latentNoise, batch, samples, settings.latent());
            Map<String, Call.Value> encoded = encode(call, images);
            Map<String, Call.Value> written = write(call, encoded);
            Encoding encoding = encoding(encoded);
            FloatTensor pointers = written.get(POINTERS).toTensor();
            FloatTensor keys =
                    keyPosterior.sample(encoding.keyMean(), encoding.keyLogVariance(), pointers, keyNoise);
            Map<String, Call.Value> read =
                    read(call, written.get(MEMORY), keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE);
            FloatTensor latent =
                    LatentPosterior.sample(encoding.latentMean(), encoding.latentLogVariance(), latentNoise);
            FloatTensor logits = decode(call, call.input(DECODER, LATENT, latent), read.get(TRACES));
            return new BoundTerms(
                    settings.likelihood().negativeLogLikelihood(episodes, logits),
                    keyPosterior.divergence(encoding.keyMean(), encoding.keyLogVariance(), pointers),
                    LatentPosterior.divergence(encoding, reading(read)));
        }
    }

    /**
     * The clean bound with noise from a seed: one {@link NormalSampler} gives first the keys' noise, [B, T,
     * K, 3], then the latents', [B, T, D].
     *
     * @param episodes [B, T, Cx, Hx, Wx], values in [0, 1]
     */
    public BoundTerms bound(FloatTensor episodes, long seed) {
        ModelSettings settings = bundle.settings();
        ENCODER.signature(settings).bind(List.of(episodes.shape()));
        int batch = episodes.dimension(0);
        int samples = episodes.dimension(1);
        NormalSampler sampler = new NormalSampler(seed);
        FloatTensor keyNoise = sampler.tensor(batch, samples, settings.keys(), 3);
        return bound(episodes, keyNoise, sampler.tensor(batch, samples, settings.latent()));
    }

    /**
     * Reads a memory file that {@link Memory#save} wrote.
     *
     * @throws MemoryFileException if it is missing, damaged or of another model
     */
    public Memory loadMemory(Path file) {
        return MemoryFile.read(file, bundle);
    }

    /** Waits for running calls, then frees the graphs. Closing again does nothing. */
    @Override
    public void close() {
        sessions.close();
    }

    private Map<String, Call.Value> encode(Call call, Call.Value images) {
        return call.run(
                ENCODER, List.of(images), CONTENT, KEY_MEAN, KEY_LOG_VARIANCE, LATENT_MEAN, LATENT_LOG_VARIANCE);
    }

    private Map<String, Call.Value> encode(Call call, FloatTensor images) {
        return encode(call, call.images(images));
    }

    private static Encoding encoding(Map<String, Call.Value> encoded) {
        return new Encoding(
                encoded.get(CONTENT).toTensor(),
                encoded.get(KEY_MEAN).toTensor(),
                encoded.get(KEY_LOG_VARIANCE).toTensor(),
                encoded.get(LATENT_MEAN).toTensor(),
                encoded.get(LATENT_LOG_VARIANCE).toTensor());
    }

    private static Map<String, Call.Value> write(Call call, Map<String, Call.Value> encoded) {
        return call.run(MEMORY_WRITER, List.of(encoded.get(CONTENT)), MEMORY, POINTERS);
    }

    private Memory memory(Map<String, Call.Value> written) {
        return new Memory(written.get(MEMORY).toTensor(), written.get(POINTERS).toTensor(), bundle.modelId());
    }

    private static Map<String, Call.Value> read(Call call, Memory memory, FloatTensor keys, String... wanted) {
        return read(call, call.input(READER, MEMORY, memory.memory()), keys, wanted);
    }

    private static Map<String, Call.Value> read(Call call, Call.Value memories, FloatTensor keys, String... wanted) {
        return call.run(READER, List.of(memories, call.input(READER, KEYS, keys)), wanted);
    }

    private static Reading reading(Map<String, Call.Value> read) {
        return new Reading(
                read.get(TRACES).toTensor(), read.get(PRIOR_MEAN).toTensor(), read.get(PRIOR_LOG_VARIANCE).toTensor());
    }

    private static FloatTensor decode(Call call, Call.Value latent, Call.Value traces) {
        return call.run(DECODER, List.of(latent, traces), LOGITS).get(LOGITS).toTensor();
    }

    private Lookup lookUp(Call call, Memory memory, FloatTensor queries) {
        Call.Value images = call.images(queries);
        if (queries.dimension(0) != memory.episodes()) {
            throw new TensorException(
                    "queries: expected %d rows, one for each memory, found shape %s"
                            .formatted(memory.episodes(), Arrays.toString(queries.shape())));
        }
        if (bundle.settings().writer() == Writer.POOLED) {
            FloatTensor keys = call.run(ENCODER, List.of(images), KEY_MEAN).get(KEY_MEAN).toTensor();
            FloatTensor none = FloatTensor.zeros(queries.dimension(0), queries.dimension(1), 0);
            return new Lookup(new int[0], none, keys);
        }
        FloatTensor content = call.run(ENCODER, List.of(images), CONTENT).get(CONTENT).toTensor();
        FloatTensor scores = ContentSearch.scores(ContentSearch.unitRows(content), contents(call, memory));
        int[] samples = ContentSearch.best(scores);
        return new Lookup(samples, scores, ContentSearch.keysOf(memory.pointers(), samples));
    }

    private static FloatTensor contents(Call call, Memory memory) {
        if (memory.contents() == null) {
            FloatTensor traces = read(call, memory, memory.pointers(), TRACES).get(TRACES).toTensor();
            memory.contents(ContentSearch.unitRows(traces));
        }
        return memory.contents();
    }

    private void checkModel(Memory memory) {
        if (!memory.modelId().equals(bundle.modelId())) {
            throw new TensorException(
                    "memory: expected one of model %s, found one of model %s".formatted(bundle.modelId(), memory.modelId()));
        }
    }

    private void checkCapacity(int samples) {
        ModelSettings settings = bundle.settings();
        if (settings.writer() == Writer.HEAP && samples > settings.capacity()) {
            throw new CapacityException(
                    "out of memory: %d samples, %d slots (%d rows x %d columns, %d a sample)"
                            .formatted(
                                    samples,
                                    settings.slotRows() * settings.slotColumns(),
                                    settings.slotRows(),
                                    settings.slotColumns(),
                                    settings.keys()));
        }
    }

    private static void checkNoise(String place, FloatTensor tensor, int... expected) {
        if (!Arrays.equals(tensor.shape(), expected)) {
            throw new TensorException(
                    "%s: expected shape %s, found %s"
                            .formatted(place, Arrays.toString(expected), Arrays.toString(tensor.shape())));
        }
        tensor.requireFinite(place);
    }

    private static void checkPositive(String place, int number) {
        if (number < 1) {
            throw new TensorException("%s: expected at least 1, found %d".formatted(place, number));
        }
    }
}
