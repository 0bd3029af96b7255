package io.kanerva.runtime;

import io.kanerva.runtime.bundle.BundleSource;
import io.kanerva.runtime.session.Inference;
import io.kanerva.runtime.session.Limit;
import io.kanerva.runtime.session.SessionLoader;
import io.kanerva.runtime.session.Sessions;
import io.kanerva.runtime.session.SettingsProbe;
import io.kanerva.runtime.session.StoredMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;

/**
 * A Kanerva++ model, open for inference.
 *
 * <p>It holds native memory and must be closed. Any number of threads may call it at once; each call runs on its
 * caller's thread. {@link #close} waits for running calls, and a call after it throws {@link ClosedException}; a model
 * that becomes garbage without it says so in the log. Calls can have a deadline and be cancelled: {@link #with}. What
 * methods return are plain Java values that stay valid after it; all their numbers are finite. Large calls are split to
 * limit memory use.
 *
 * <p>In shapes, B counts episodes and so memories, T written samples, Q queries or reads, K keys per sample; images are
 * [Cx, Hx, Wx] with values in [0, 1], memories [C, H, W], blocks [C, h, w] and latents [D], all as in
 * {@link Bundle#settings()}. Each call chooses its own B, T and Q, 1 or more; a memory takes at most
 * {@link ModelSettings#capacity()} samples.
 *
 * <p>Every method throws {@link TensorException} for a tensor of another shape, values that are not finite, images
 * outside [0, 1] and a memory of another model, {@link CapacityException} for more samples than a memory takes,
 * {@link InferenceException} if ONNX Runtime fails or a graph returns numbers that are not finite,
 * {@link ClosedException} after {@link #close} or while the process ends, and {@link NullPointerException} for an
 * argument that is null.
 */
public final class Kanerva implements AutoCloseable {

    private final Bundle bundle;
    private final Sessions sessions;
    private final KeyGeometry geometry;
    private final Inference inference;

    /** How long {@link #close()} waits for running calls before it cancels them: 30 seconds. */
    public static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

    private Kanerva(Bundle bundle, Sessions sessions, KeyGeometry geometry, Limit limit) {
        this.bundle = bundle;
        this.sessions = sessions;
        this.geometry = geometry;
        inference = new Inference(bundle, sessions, limit);
    }

    private static Kanerva open(BundleSource source, Options options) {
        Bundle bundle = source.bundle();
        // Before the classes below, which need ONNX Runtime's: says what is missing, and starts it without telemetry.
        NativeRuntime.start();
        Sessions sessions = SessionLoader.open(source.name(), bundle.settings(), source.graphs(bundle), options);
        KeyGeometry geometry = new KeyGeometry(bundle.settings());
        try {
            SettingsProbe.check(source.name(), bundle.settings(), sessions);
            return new Kanerva(bundle, sessions, geometry, Limit.NONE);
        } catch (RuntimeException | Error e) {
            sessions.close();
            throw e;
        }
    }

    /**
     * This model, with an end to each call: its calls throw {@link CancelledException} when {@code limit} is reached.
     * Costs no more than an object; to be closed or left alone, since closing either closes the model.
     *
     * <pre>{@code
     * Recall recall = kanerva.with(CallLimit.in(Duration.ofMillis(50))).recall(memory, queries, 3);
     * }</pre>
     */
    public Kanerva with(CallLimit limit) {
        return new Kanerva(bundle, sessions, geometry, limit.limit);
    }

    /**
     * Opens the bundle in a folder, with one thread per call.
     *
     * @throws BundleException if a file is missing, was changed, is foreign or of a newer format
     * @throws DeviceException if {@link Device#CUDA} is not available
     */
    public static Kanerva load(Path folder, Device device) {
        return load(folder, Options.on(device));
    }

    /** Opens the bundle in a folder; see {@link #load(Path, Device)}. */
    public static Kanerva load(Path folder, Options options) {
        return open(BundleSource.folder(folder), options);
    }

    /**
     * Opens a bundle on the class path, such as one in a jar, without unpacking it; see {@link #load(Path, Device)}.
     *
     * @param folder its folder there, such as {@code io/kanerva/models/fashion-mnist}
     */
    public static Kanerva loadResource(ClassLoader loader, String folder, Options options) {
        return open(BundleSource.resource(loader, folder), options);
    }

    /** Opens a bundle on the class path, with one thread per call. */
    public static Kanerva loadResource(ClassLoader loader, String folder, Device device) {
        return loadResource(loader, folder, Options.on(device));
    }

    /**
     * Opens a bundle in memory, such as one from a database; see {@link #load(Path, Device)}.
     *
     * @param files the bundle's files by their paths: {@code bundle.json} and the graphs; others are not read
     */
    public static Kanerva load(Map<String, byte[]> files, Options options) {
        return open(BundleSource.bytes(files), options);
    }

    /** The bundle's description: settings, tensors, provenance. */
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
     * Encodes images; the paper's encoder treats each row of T as one episode.
     *
     * @param images [B, T, Cx, Hx, Wx], values in [0, 1]
     */
    public Encoding encode(FloatTensor images) {
        return inference.writes().encode(images);
    }

    /**
     * Writes B episodes of T samples, each into its own memory.
     *
     * @param episodes [B, T, Cx, Hx, Wx], values in [0, 1]
     */
    public Memory write(FloatTensor episodes) {
        return new Memory(inference.writes().write(episodes));
    }

    /**
     * Writes more samples into copies of memories. The result equals, to rounding, what {@link #write} makes of all
     * samples at once. A pooled writer ranks all samples anew, so that earlier ones move to other places.
     *
     * @param memory B memories of this model, T samples in each
     * @param episodes [B, N, Cx, Hx, Wx], values in [0, 1]: N further samples for each memory
     * @return B memories of T + N samples
     */
    public Memory extend(Memory memory, FloatTensor episodes) {
        return new Memory(inference.writes().extend(memory.stored, episodes));
    }

    /**
     * Finds queries in memories by their content.
     *
     * @param memory B memories of this model
     * @param queries [B, Q, Cx, Hx, Wx], values in [0, 1]: Q queries for each memory
     */
    public Lookup lookUp(Memory memory, FloatTensor queries) {
        return inference.recalls().lookUp(memory.stored, queries);
    }

    /**
     * Reads memories at keys.
     *
     * @param memory B memories of this model
     * @param keys [B, Q, K, 3], each (scale, x, y)
     */
    public Reading read(Memory memory, FloatTensor keys) {
        return inference.reads().read(memory.stored, keys);
    }

    /**
     * Draws read keys from their posterior, q(Y|X): where the samples of an episode are in the memory that they wrote.
     *
     * @param encoding of the episodes
     * @param memory of the same episodes and this model
     * @param noise standard normal numbers, [B, T, K, 3]
     * @return keys, [B, T, K, 3]
     */
    public FloatTensor sampleKeys(Encoding encoding, Memory memory, FloatTensor noise) {
        inference.limit().check("sample keys");
        return inference.reads().sampleKeys(encoding, memory.stored, noise);
    }

    /**
     * Decodes latents and traces to the image distribution's parameters.
     *
     * @param latent [B, Q, D]
     * @param traces [B, Q, K, C, h, w]
     * @return [B, Q, P, Hx, Wx], see {@link Likelihood}; {@link Likelihood#means} turns them into images,
     *     {@link #sample} draws images
     */
    public FloatTensor decode(FloatTensor latent, FloatTensor traces) {
        return inference.reads().decode(latent, traces);
    }

    /**
     * Draws images from the decoder's distributions, p(x | z, traces).
     *
     * <p>Uniform numbers are Phi of one {@link NormalSampler}'s, taken image by image and row by row: for a Bernoulli
     * likelihood one per value; for a mixture of logistics one per pixel for the component, then one per channel.
     *
     * @param logits what {@link #decode} returned, [B, Q, P, Hx, Wx]
     * @param seed the same seed gives the same images
     * @return [B, Q, Cx, Hx, Wx]: zeros and ones, or k / 255
     */
    public FloatTensor sample(FloatTensor logits, long seed) {
        ModelSettings settings = bundle.settings();
        NormalSampler sampler = new NormalSampler(seed);
        return inference.reads().sample(logits, some -> settings.likelihood().sample(settings, some, sampler));
    }

    /**
     * Reads iteratively, which restores damaged or partial images: each query is looked up, and the sample found, as it
     * reads back with its latent at the prior's mean (the pixels' means), is the next query. All samples are read back
     * by the first search of a memory.
     *
     * @param memory B memories of this model
     * @param queries [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @param iterations 1 to 10,000; what each returns is kept
     */
    public Recall recall(Memory memory, FloatTensor queries, int iterations) {
        checkPositive("recall: iterations", iterations);
        return inference.recalls().recall(memory.stored, queries, iterations);
    }

    /**
     * Draws images from memories: y ~ N(0, I), traces = read(y), z ~ p(z | traces), decoded.
     *
     * <p>All numbers come from one {@link NormalSampler}: first the keys in order, three numbers each (scale, x, y);
     * then the latents' noise, [B, N, D]. With dereferenced addressing a key is a written sample's: the fraction of x
     * chooses the sample, that of y one of its keys.
     *
     * @param memory B memories of this model
     * @param count N, images from each memory, 1 or more
     * @param seed the same seed gives the same images
     */
    public Generation generate(Memory memory, int count, long seed) {
        return generate(memory, count, seed, done -> {});
    }

    /**
     * The same, for so many images that somebody waits: they are drawn in parts.
     *
     * @param progress called on this thread after each part, with the number of images drawn so far
     */
    public Generation generate(Memory memory, int count, long seed, IntConsumer progress) {
        checkPositive("generate: count", count);
        Objects.requireNonNull(progress, "progress");
        return inference.reads().generate(memory.stored, count, new NormalSampler(seed), progress);
    }

    /**
     * The clean bound of episodes, scored on the images that wrote their memories, with every latent sampled; in
     * float32, by the bundle's graph {@link BundleGraph#SCORE}.
     *
     * @param episodes [B, T, Cx, Hx, Wx], values in [0, 1]
     * @param keyNoise standard normal numbers, [B, T, K, 3]
     * @param latentNoise standard normal numbers, [B, T, D]
     * @throws BundleException if the graph {@code score}, which the first bound opens, cannot be loaded, or its tensors
     *     are not those of the settings
     * @throws DeviceException if the graph cannot be loaded on CUDA
     */
    public BoundTerms bound(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        return inference.bounds().bound(episodes, keyNoise, latentNoise);
    }

    /**
     * The clean bound with noise from one {@link NormalSampler}: first the keys', then the latents'; see
     * {@link #bound(FloatTensor, FloatTensor, FloatTensor)}.
     */
    public BoundTerms bound(FloatTensor episodes, long seed) {
        return inference.bounds().bound(episodes, seed);
    }

    /** An empty memory that is written to sample by sample, in which samples can be freed and replaced. */
    public MemoryHeap heap() {
        return new MemoryHeap(inference, bundle.settings());
    }

    /**
     * Reads a file that {@link MemoryHeap#save} wrote, or {@link Memory#save} for a single memory, whose samples then
     * have their numbers as ids.
     *
     * @throws MemoryFileException if it is missing, damaged or of another model
     */
    public MemoryHeap loadHeap(Path file) {
        return loadHeap(file.toString(), StoredMemory.bytes(file, bundle));
    }

    /** The same from bytes. */
    public MemoryHeap loadHeap(byte[] bytes) {
        return loadHeap("heap in bytes", bytes);
    }

    private MemoryHeap loadHeap(String file, byte[] bytes) {
        MemoryHeap heap = heap();
        StoredMemory memory = StoredMemory.parseAny(file, bytes, bundle);
        return heap.filled(inference.writes().contents(memory), StoredMemory.places(file, bytes, bundle));
    }

    /**
     * Reads a memory file that {@link Memory#save} wrote.
     *
     * @throws MemoryFileException if it is missing, damaged or of another model
     */
    public Memory loadMemory(Path file) {
        return new Memory(StoredMemory.read(file, bundle));
    }

    /**
     * Reads a memory from bytes that {@link Memory#toBytes} returned.
     *
     * @throws MemoryFileException if they are damaged or of another model
     */
    public Memory loadMemory(byte[] bytes) {
        return new Memory(StoredMemory.parse("memory in bytes", bytes, bundle));
    }

    /**
     * Prepares recalls of one size, which leave hardly any garbage and write into the caller's buffers.
     *
     * @param memory B memories of this model
     * @param queries Q, queries for each memory, 1 or more
     * @return to be closed by the caller, before or after this model
     */
    public PreparedRecall prepareRecall(Memory memory, int queries) {
        checkPositive("prepareRecall: queries", queries);
        return new PreparedRecall(
                inference.recalls().prepareRecall(memory.stored, queries), bundle.settings(), memory.stored);
    }

    /**
     * Prepares writes of one size, which leave hardly any garbage and write into the caller's buffers.
     *
     * @param episodes B, 1 or more
     * @param samples T, samples of each episode, 1 or more
     * @return to be closed by the caller, before or after this model
     */
    public PreparedWrite prepareWrite(int episodes, int samples) {
        checkPositive("prepareWrite: episodes", episodes);
        checkPositive("prepareWrite: samples", samples);
        return new PreparedWrite(inference.writes().prepareWrite(episodes, samples), bundle.settings());
    }

    /** Closes with a timeout of {@link #CLOSE_PATIENCE}: {@link #close(Duration)}. */
    @Override
    public void close() {
        sessions.close(CLOSE_PATIENCE);
    }

    /**
     * Lets no further call begin, waits for running ones and frees the graphs; closing again does nothing. Calls that
     * take longer than {@code patience} are cancelled: they throw {@link CancelledException} after the node of the
     * graph at which they are, for which this waits 10 seconds at most. A call that still runs then frees the graphs
     * when it ends.
     *
     * @param patience 0 cancels running calls at once
     * @throws IllegalArgumentException if {@code patience} is negative
     */
    public void close(Duration patience) {
        if (patience.isNegative()) {
            throw new IllegalArgumentException("close: patience: expected 0 or more, found " + patience);
        }
        sessions.close(patience);
    }

    Sessions sessions() {
        return sessions;
    }

    private static void checkPositive(String place, int number) {
        if (number < 1) {
            throw new TensorException("%s: expected at least 1, found %d", place, number);
        }
    }
}
