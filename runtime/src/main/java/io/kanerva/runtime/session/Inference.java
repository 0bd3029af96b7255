package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.bundle.Sizes;
import io.kanerva.runtime.math.ContentSearch;
import io.kanerva.runtime.math.Normal;
import io.kanerva.runtime.math.Posterior;
import io.kanerva.runtime.math.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/** Implements the calls of {@link io.kanerva.runtime.Kanerva} with the graphs. */
public final class Inference {

    /** 64 MiB for a run's largest tensors: more takes memory, but is no faster. */
    private static final long PART_FLOATS = 1 << 24;

    /** 4 MiB: the graphs get smaller memories as a whole, from tensors that keep them between calls. */
    private static final int LARGE_FLOATS = 1 << 20;

    /** The scale of pointers where it matters: the quantile of 3/4, which reads verbatim. */
    private static final float VERBATIM = (float) Normal.quantile(0.75);

    /** All results are kept. */
    private static final int MAX_ITERATIONS = 10_000;

    private final Sessions sessions;
    private final ModelSettings settings;
    private final String modelId;
    private final Posterior posterior;

    /** Of memories that grow; null for others. */
    private final BlockCopier slots;

    private final boolean isHeap;
    private final boolean fusedSampling;
    private final Limit limit;

    /** The most images that one run takes; larger calls go in parts. */
    private final int most;

    /**
     * @param fusedSampling whether {@link #generate} draws latents in the fused graph, in float32, rather than on the
     *     host in float64
     * @param limit of every call
     */
    public Inference(Bundle bundle, Sessions sessions, boolean fusedSampling, Limit limit) {
        this(bundle, sessions, fusedSampling, limit, (int) Math.max(1, PART_FLOATS / Sizes.largest(bundle.settings())));
    }

    /** @param most the most images that one run takes */
    public Inference(Bundle bundle, Sessions sessions, boolean fusedSampling, Limit limit, int most) {
        this.sessions = sessions;
        this.fusedSampling = fusedSampling;
        this.limit = limit;
        this.most = most;
        settings = bundle.settings();
        modelId = bundle.modelId();
        posterior = new Posterior(settings);
        isHeap = settings.writer() == Writer.HEAP;
        slots = settings.grows() ? new BlockCopier(settings) : null;
    }

    public Encoding encode(FloatTensor images) {
        int[] sizes = sessions.signature(ENCODER).check(images);
        if (!fits(sizes)) {
            List<FloatTensor> made = inParts(sizes, isHeap, part -> {
                Encoding encoded = encodeChecked(part.of(images));
                return List.of(
                        encoded.content(),
                        encoded.keyMean(),
                        encoded.keyLogVariance(),
                        encoded.latentMean(),
                        encoded.latentLogVariance());
            });
            return new Encoding(made.get(0), made.get(1), made.get(2), made.get(3), made.get(4));
        }
        return encodeChecked(images);
    }

    private Encoding encodeChecked(FloatTensor images) {
        try (Workspace workspace = begin(Plan.ENCODE, images.dimension(0), images.dimension(1), null)) {
            workspace.put(IMAGES, images);
            workspace.run();
            return encoding(workspace);
        }
    }

    private Workspace begin(Plan plan, int batch, int count, StoredMemory memory) {
        return sessions.begin(plan, batch, count, memory, limit);
    }

    private boolean fits(int... sizes) {
        return (long) sizes[0] * sizes[1] <= most;
    }

    /**
     * Does a call in parts and puts their results [b, n, ...] together to [B, N, ...].
     *
     * @param sizes B and N
     * @param cutsCounts whether the samples or queries of an episode do not depend on each other
     */
    private List<FloatTensor> inParts(int[] sizes, boolean cutsCounts, Function<Part, List<FloatTensor>> call) {
        List<FloatTensor> whole = new ArrayList<>();
        for (Part part : Part.of(sizes[0], sizes[1], most, cutsCounts)) {
            List<FloatTensor> made = call.apply(part);
            for (int i = 0; i < made.size(); i++) {
                if (whole.size() == i) {
                    int[] shape = made.get(i).shape();
                    shape[0] = sizes[0];
                    shape[1] = sizes[1];
                    whole.add(FloatTensor.zeros(shape));
                }
                part.into(whole.get(i), made.get(i));
            }
        }
        return whole;
    }

    /** Does a call that makes memories in parts and puts them together. */
    private StoredMemory memoryInParts(int[] sizes, Function<Part, StoredMemory> call) {
        List<FloatTensor> whole = new ArrayList<>();
        for (Part part : Part.of(sizes[0], sizes[1], most, false)) {
            StoredMemory made = call.apply(part);
            List<FloatTensor> tensors = List.of(made.memory(), made.pointers());
            for (int i = 0; i < tensors.size(); i++) {
                if (whole.size() == i) {
                    int[] shape = tensors.get(i).shape();
                    shape[0] = sizes[0];
                    whole.add(FloatTensor.zeros(shape));
                }
                part.rowsInto(whole.get(i), tensors.get(i));
            }
        }
        return new StoredMemory(whole.get(0), whole.get(1), modelId);
    }

    private static Encoding encoding(Workspace encoded) {
        return new Encoding(
                encoded.get(CONTENT),
                encoded.get(KEY_MEAN),
                encoded.get(KEY_LOG_VARIANCE),
                encoded.get(LATENT_MEAN),
                encoded.get(LATENT_LOG_VARIANCE));
    }

    public StoredMemory write(FloatTensor episodes) {
        int[] sizes = sessions.signature(ENCODER).check(episodes);
        checkCapacity(sizes[1]);
        if (sizes[0] > 1 && !fits(sizes)) {
            return memoryInParts(sizes, part -> writeOne(part.of(episodes)));
        }
        return writeOne(episodes);
    }

    /** A heap's encoder treats samples separately, so that a long episode goes in parts, too. */
    private StoredMemory writeOne(FloatTensor episodes) {
        int[] sizes = {episodes.dimension(0), episodes.dimension(1)};
        if (slots == null || fits(sizes)) {
            return writeChecked(episodes);
        }
        int first = Math.max(1, most / sizes[0]);
        StoredMemory begun = writeChecked(new Part(0, sizes[0], 0, first).of(episodes));
        return append(begun, encodeContent(new Part(0, sizes[0], first, sizes[1] - first).of(episodes)));
    }

    private FloatTensor encodeContent(FloatTensor images) {
        int[] sizes = {images.dimension(0), images.dimension(1)};
        if (slots != null && !fits(sizes)) {
            return inParts(sizes, true, part -> List.of(encodeContent(part.of(images))))
                    .get(0);
        }
        try (Workspace workspace = begin(Plan.ENCODE_CONTENT, sizes[0], sizes[1], null)) {
            workspace.put(IMAGES, images);
            workspace.run();
            return workspace.get(CONTENT);
        }
    }

    /** Memories with further samples' blocks, [B, N, K, C, h, w], in the slots after those of the first samples. */
    private StoredMemory append(StoredMemory memory, FloatTensor content) {
        int episodes = memory.episodes();
        int keys = settings.keys();
        int before = memory.samples();
        int added = content.dimension(1);
        FloatTensor planes = BlockCopier.grown(memory.memory(), settings.memoryHeight(before + added));
        FloatTensor pointers = FloatTensor.zeros(episodes, before + added, keys, 3);
        float scale = memory.pointers().data()[0];
        for (int episode = 0; episode < episodes; episode++) {
            for (int i = 0; i < added * keys; i++) {
                int from = (episode * added * keys + i) * slots.floats();
                slots.put(content.data(), from, planes, episode, (long) before * keys + i);
            }
            int each = (before + added) * keys;
            slots.name(scale, 0, pointers.data(), episode * each * 3, each);
        }
        return new StoredMemory(planes, pointers, modelId);
    }

    private StoredMemory writeChecked(FloatTensor episodes) {
        try (Workspace workspace = begin(Plan.WRITE, episodes.dimension(0), episodes.dimension(1), null)) {
            workspace.put(IMAGES, episodes);
            workspace.run();
            return new StoredMemory(workspace.get(MEMORY), workspace.get(POINTERS), modelId);
        }
    }

    /** To be freed by the caller. */
    public Workspace prepareWrite(int episodes, int samples) {
        checkCapacity(samples);
        return sessions.prepare(Plan.WRITE, episodes, samples, null);
    }

    /**
     * Adds samples. A memory that grows gets their blocks after its own. The writer of a heap with continuous keys adds
     * each block at its slot: new samples are written after zeros and added to the memory. A pooled writer ranks all
     * samples anew, so it writes the earlier ones' blocks again.
     */
    public StoredMemory extend(StoredMemory memory, FloatTensor episodes) {
        checkModel(memory);
        int[] sizes = sessions.signature(ENCODER).check(episodes);
        checkRows("episodes", memory, episodes);
        int samples = checkedSamples((long) memory.samples() + sizes[1]);
        if (settings.memoryLayers() > 0) {
            throw new TensorException(
                    "extend: expected a model whose memory keeps each sample's blocks as they were written, found one "
                            + "that maps the whole memory: write all samples at once");
        }
        if (slots != null) {
            return append(memory, encodeContent(episodes));
        }
        if (sizes[0] > 1 && !fits(sizes[0], samples)) {
            return memoryInParts(
                    new int[] {sizes[0], samples},
                    part -> extend(
                            memory.part(part.episode(), part.episodes()),
                            new Part(part.episode(), part.episodes(), 0, sizes[1]).of(episodes)));
        }
        FloatTensor added = encodeContent(episodes);
        FloatTensor content = StoredMemory.joined(earlier(memory, added.shape()), added);
        sessions.signature(MEMORY_WRITER).check(content);
        try (Workspace workspace = begin(Plan.WRITE_CONTENT, sizes[0], samples, null)) {
            workspace.put(CONTENT, content);
            workspace.run();
            FloatTensor planes = workspace.get(MEMORY);
            for (int i = 0; isHeap && i < planes.size(); i++) {
                planes.data()[i] += memory.memory().data()[i];
            }
            workspace.requireFinite(MEMORY, planes.data(), planes.size());
            return new StoredMemory(planes, workspace.get(POINTERS), modelId);
        }
    }

    /** What stands for earlier samples beside further ones of that shape: zeros for a heap, else their content. */
    private FloatTensor earlier(StoredMemory memory, int[] shape) {
        if (isHeap) {
            shape[1] = memory.samples();
            return FloatTensor.zeros(shape);
        }
        return memory.written(settings);
    }

    /** @throws TensorException if images [B, T, Cx, Hx, Wx] have another shape or values */
    public void checkImages(FloatTensor images) {
        sessions.signature(ENCODER).check(images);
    }

    /** The blocks of checked images [1, N, Cx, Hx, Wx], [1, N, K, C, h, w]. */
    public FloatTensor blocks(FloatTensor images) {
        return encodeContent(images);
    }

    /**
     * A memory of blocks, sample by sample in its slots.
     *
     * @param blocks N K C h w values
     */
    public StoredMemory placed(float[] blocks, int samples) {
        int keys = settings.keys();
        Planes planes = settings.memory();
        FloatTensor memory = FloatTensor.zeros(1, planes.channels(), settings.memoryHeight(samples), planes.width());
        FloatTensor pointers = FloatTensor.zeros(1, samples, keys, 3);
        for (int i = 0; i < samples * keys; i++) {
            slots.put(blocks, i * slots.floats(), memory, 0, i);
        }
        slots.name(settings.scaleCells() == 2 ? VERBATIM : 0, 0, pointers.data(), 0, samples * keys);
        return new StoredMemory(memory, pointers, modelId);
    }

    /** The blocks of a memory that grows, N K C h w values: the inverse of {@link #placed}. */
    public float[] contents(StoredMemory memory) {
        int count = memory.samples() * settings.keys();
        float[] blocks = new float[Math.multiplyExact(count, slots.floats())];
        for (int i = 0; i < count; i++) {
            slots.get(memory.memory(), 0, i, blocks, i * slots.floats());
        }
        return blocks;
    }

    /** Images of a memory's samples, decoded at the prior's mean: [1, T, Cx, Hx, Wx]. */
    public FloatTensor images(StoredMemory memory) {
        return inParts(
                        new int[] {1, memory.samples()},
                        true,
                        part -> List.of(readBack(memory, part.of(memory.pointers()))))
                .get(0);
    }

    /** Draws images from a memory, some of whose places are free. */
    public Generation generate(StoredMemory memory, IntPredicate isWritten, int count, NormalSampler sampler) {
        return generate(memory, isWritten, count, sampler, done -> {});
    }

    public Lookup lookUp(StoredMemory memory, FloatTensor queries) {
        checkQueries(memory, queries);
        try (Workspace workspace = begin(Plan.LOOK_UP, memory.episodes(), queries.dimension(1), null)) {
            return lookUp(workspace, memory, queries);
        }
    }

    private Lookup lookUp(Workspace workspace, StoredMemory memory, FloatTensor queries) {
        int batch = workspace.batch();
        int count = workspace.count();
        FloatTensor keys = FloatTensor.zeros(batch, count, settings.keys(), 3);
        FloatTensor scores = FloatTensor.zeros(batch, count, memory.samples());
        int[] samples = new int[batch * count];
        workspace.recaller().lookUp(memory, queries.data(), samples, scores.data(), keys.data());
        return new Lookup(samples, scores, keys);
    }

    public Recall recall(StoredMemory memory, FloatTensor queries, int iterations) {
        if (iterations > MAX_ITERATIONS) {
            throw new TensorException("recall: iterations: expected at most %d, found %d", MAX_ITERATIONS, iterations);
        }
        checkQueries(memory, queries);
        int[] sizes = {memory.episodes(), queries.dimension(1)};
        if (!fits(sizes)) {
            return recallInParts(memory, queries, iterations, sizes);
        }
        return recallChecked(memory, queries, iterations);
    }

    private Recall recallChecked(StoredMemory memory, FloatTensor queries, int iterations) {
        if (isLarge(memory)) {
            return recallFromLarge(memory, queries, iterations);
        }
        try (Workspace workspace = begin(Plan.RECALL, memory.episodes(), queries.dimension(1), memory)) {
            Lookup[] lookups = new Lookup[iterations];
            FloatTensor[] steps = new FloatTensor[iterations];
            FloatTensor images = queries;
            for (int i = 0; i < iterations; i++) {
                lookups[i] = lookUp(workspace, memory, images);
                images = FloatTensor.zeros(queries.shape());
                workspace.recaller().read(memory, lookups[i].keys().data(), images.data());
                steps[i] = images;
            }
            return new Recall(List.of(lookups), List.of(steps));
        }
    }

    private Recall recallFromLarge(StoredMemory memory, FloatTensor queries, int iterations) {
        List<Lookup> lookups = new ArrayList<>();
        List<FloatTensor> steps = new ArrayList<>();
        FloatTensor images = queries;
        for (int i = 0; i < iterations; i++) {
            lookups.add(lookUp(memory, images));
            images = readBack(memory, lookups.get(i).keys());
            steps.add(images);
        }
        return new Recall(lookups, steps);
    }

    /** Of each iteration, in order: the scores, the keys and the images; the samples beside them. */
    private Recall recallInParts(StoredMemory memory, FloatTensor queries, int iterations, int... sizes) {
        int[][] samples = new int[iterations][sizes[0] * sizes[1]];
        List<FloatTensor> made = inParts(sizes, true, part -> {
            Recall recalled = recallChecked(memory.part(part.episode(), part.episodes()), part.of(queries), iterations);
            List<FloatTensor> tensors = new ArrayList<>();
            for (int i = 0; i < iterations; i++) {
                Lookup lookup = recalled.lookups().get(i);
                tensors.addAll(
                        List.of(lookup.scores(), lookup.keys(), recalled.steps().get(i)));
                for (int row = 0; row < part.episodes(); row++) {
                    int to = (part.episode() + row) * sizes[1] + part.first();
                    System.arraycopy(lookup.samples(), row * part.count(), samples[i], to, part.count());
                }
            }
            return tensors;
        });
        List<Lookup> lookups = new ArrayList<>();
        List<FloatTensor> steps = new ArrayList<>();
        for (int i = 0; i < iterations; i++) {
            lookups.add(new Lookup(samples[i], made.get(3 * i), made.get(3 * i + 1)));
            steps.add(made.get(3 * i + 2));
        }
        return new Recall(lookups, steps);
    }

    /** To be freed by the caller. */
    public Workspace prepareRecall(StoredMemory memory, int queries) {
        checkModel(memory);
        index(memory);
        return sessions.prepare(Plan.RECALL, memory.episodes(), queries, memory);
    }

    /** Reads a memory's samples back, to be searched. */
    private void index(StoredMemory memory) {
        if (memory.contents() == null) {
            int[] sizes = {memory.episodes(), memory.samples()};
            FloatTensor images = fits(sizes)
                    ? readBack(memory, memory.pointers())
                    : inParts(
                                    sizes,
                                    true,
                                    part -> List.of(readBack(
                                            memory.part(part.episode(), part.episodes()), part.of(memory.pointers()))))
                            .get(0);
            memory.contents(new ContentSearch(images));
        }
    }

    /** Whether to read from a copy of the slots that are read, rather than to hand all slots to the graphs. */
    private boolean isLarge(StoredMemory memory) {
        return slots != null && memory.memory().size() > LARGE_FLOATS;
    }

    /**
     * Memories [B, C, H', W] of the blocks that keys [B, Q, K, 3] name alone, in their order, so that a read costs the
     * same whatever the memories' size.
     */
    private StoredMemory extract(StoredMemory memory, FloatTensor keys) {
        int each = keys.dimension(1) * settings.keys();
        float[] block = new float[slots.floats()];
        int[] shape = memory.memory().shape();
        shape[2] = settings.memoryHeight(keys.dimension(1));
        FloatTensor planes = FloatTensor.zeros(shape);
        for (int i = 0; i < shape[0] * each; i++) {
            slots.get(memory.memory(), i / each, slots.slot(keys.data(), 3 * i), block, 0);
            slots.put(block, 0, planes, i / each, i % each);
        }
        return new StoredMemory(planes, renamed(keys), modelId);
    }

    /** Keys with their scales, which name the blocks of {@link #extract}. */
    private FloatTensor renamed(FloatTensor keys) {
        FloatTensor renamed = FloatTensor.zeros(keys.shape());
        int each = keys.dimension(1) * settings.keys();
        for (int i = 0; i < keys.size() / 3; i++) {
            slots.name(keys.data()[3 * i], i % each, renamed.data(), 3 * i, 1);
        }
        return renamed;
    }

    private FloatTensor readBack(StoredMemory memory, FloatTensor keys) {
        if (isLarge(memory)) {
            StoredMemory extracted = extract(memory, keys);
            return readBackChecked(extracted, extracted.pointers());
        }
        return readBackChecked(memory, keys);
    }

    private FloatTensor readBackChecked(StoredMemory memory, FloatTensor keys) {
        Planes image = settings.image();
        int count = keys.dimension(1);
        FloatTensor images =
                FloatTensor.zeros(memory.episodes(), count, image.channels(), image.height(), image.width());
        try (Workspace workspace = begin(Plan.RECALL, memory.episodes(), count, memory)) {
            workspace.recaller().read(memory, keys.data(), images.data());
        }
        return images;
    }

    public Reading read(StoredMemory memory, FloatTensor keys) {
        checkModel(memory);
        int[] sizes = sessions.signature(READER).check(memory.memory(), keys);
        checkNames(memory, keys);
        if (!fits(sizes)) {
            List<FloatTensor> made = inParts(sizes, true, part -> {
                Reading read = readChecked(memory.part(part.episode(), part.episodes()), part.of(keys));
                return List.of(read.traces(), read.priorMean(), read.priorLogVariance());
            });
            return new Reading(made.get(0), made.get(1), made.get(2));
        }
        return readChecked(memory, keys);
    }

    /** Checks that dereferenced keys name slots that the memories have. */
    private void checkNames(StoredMemory memory, FloatTensor keys) {
        int rows = settings.slotRows(memory.memory().dimension(2));
        for (int i = 0; slots != null && i < keys.size(); i += 3) {
            float column = keys.data()[i + 1];
            float row = keys.data()[i + 2];
            if (!(column >= 0 && column < settings.slotColumns() && row >= 0 && row < rows)) {
                throw new TensorException(
                        "reader input 'keys': expected slots of %d rows and %d columns, found row %s, column %s at %s",
                        rows,
                        settings.slotColumns(),
                        row,
                        column,
                        Signature.index(i / 3, keys.dimension(0), keys.dimension(1), keys.dimension(2)));
            }
        }
    }

    private Reading readChecked(StoredMemory memory, FloatTensor keys) {
        if (isLarge(memory)) {
            StoredMemory extracted = extract(memory, keys);
            return readAll(extracted, extracted.pointers());
        }
        return readAll(memory, keys);
    }

    private Reading readAll(StoredMemory memory, FloatTensor keys) {
        try (Workspace workspace = begin(Plan.READ, keys.dimension(0), keys.dimension(1), memory)) {
            workspace.hold(memory);
            workspace.put(KEYS, keys);
            workspace.run();
            return reading(workspace);
        }
    }

    private static Reading reading(Workspace read) {
        return new Reading(read.get(TRACES), read.get(PRIOR_MEAN), read.get(PRIOR_LOG_VARIANCE));
    }

    public FloatTensor sampleKeys(Encoding encoding, StoredMemory memory, FloatTensor noise) {
        checkModel(memory);
        int[] shape = memory.pointers().shape();
        checkShape("sampleKeys: encoding", encoding.keyMean(), shape);
        checkShape("sampleKeys: encoding", encoding.keyLogVariance(), shape);
        checkShape("sampleKeys: noise", noise, shape);
        FloatTensor keys = posterior.sample(encoding.keyMean(), encoding.keyLogVariance(), memory.pointers(), noise);
        int first = Values.firstNotFinite(keys.data());
        if (first >= 0) {
            throw new InferenceException(
                    null,
                    "sampleKeys: expected finite keys, found %s at %s: the encoding's variances are too large",
                    keys.data()[first],
                    Signature.index(first, shape));
        }
        return keys;
    }

    public FloatTensor decode(FloatTensor latent, FloatTensor traces) {
        int[] sizes = sessions.signature(DECODER).check(latent, traces);
        return fits(sizes)
                ? decodeChecked(latent, traces)
                : inParts(sizes, true, part -> List.of(decodeChecked(part.of(latent), part.of(traces))))
                        .get(0);
    }

    private FloatTensor decodeChecked(FloatTensor latent, FloatTensor traces) {
        try (Workspace workspace = begin(Plan.DECODE, latent.dimension(0), latent.dimension(1), null)) {
            workspace.put(LATENT, latent);
            workspace.put(TRACES, traces);
            workspace.run();
            return workspace.get(LOGITS);
        }
    }

    /** @param progress receives the number of images drawn so far */
    public Generation generate(StoredMemory memory, int count, NormalSampler sampler, IntConsumer progress) {
        return generate(memory, sample -> sample < memory.samples(), count, sampler, progress);
    }

    private Generation generate(
            StoredMemory memory, IntPredicate isWritten, int count, NormalSampler sampler, IntConsumer progress) {
        checkModel(memory);
        Runnable check = () -> limit.check(Plan.GENERATE.label());
        FloatTensor keys = posterior.samplePrior(
                sampler,
                memory.episodes(),
                count,
                isWritten,
                settings.slotRows(memory.memory().dimension(2)),
                check);
        FloatTensor noise = sampler.tensor(memory.episodes(), count, settings.latent());
        int[] sizes = {memory.episodes(), count};
        FloatTensor images =
                fits(sizes) ? generateChecked(memory, keys, noise) : generateInParts(memory, keys, noise, progress);
        progress.accept(memory.episodes() * count);
        return new Generation(images, keys);
    }

    private FloatTensor generateInParts(
            StoredMemory memory, FloatTensor keys, FloatTensor noise, IntConsumer progress) {
        int[] sizes = {memory.episodes(), keys.dimension(1)};
        int[] done = new int[1];
        List<FloatTensor> made = inParts(sizes, true, part -> {
            FloatTensor images =
                    generateChecked(memory.part(part.episode(), part.episodes()), part.of(keys), part.of(noise));
            done[0] += part.episodes() * part.count();
            progress.accept(done[0]);
            return List.of(images);
        });
        return made.get(0);
    }

    private FloatTensor generateChecked(StoredMemory memory, FloatTensor keys, FloatTensor noise) {
        if (isLarge(memory)) {
            StoredMemory extracted = extract(memory, keys);
            return generateAll(extracted, extracted.pointers(), noise);
        }
        return generateAll(memory, keys, noise);
    }

    private FloatTensor generateAll(StoredMemory memory, FloatTensor keys, FloatTensor noise) {
        Plan plan = fusedSampling ? Plan.GENERATE_FUSED : Plan.GENERATE;
        try (Workspace workspace = begin(plan, memory.episodes(), keys.dimension(1), memory)) {
            workspace.hold(memory);
            workspace.put(KEYS, keys);
            if (fusedSampling) {
                workspace.put(NOISE, noise);
                workspace.run();
            } else {
                workspace.run(READER);
                decode(
                        workspace,
                        Posterior.sampleLatent(workspace.get(PRIOR_MEAN), workspace.get(PRIOR_LOG_VARIANCE), noise));
            }
            return settings.likelihood().means(settings, workspace.get(LOGITS));
        }
    }

    private void decode(Workspace workspace, FloatTensor latent) {
        sessions.signature(DECODER).requireValues(LATENT, latent);
        workspace.put(LATENT, latent);
        workspace.run(DECODER);
    }

    public BoundTerms bound(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        int[] sizes = sessions.signature(ENCODER).check(episodes);
        checkCapacity(sizes[1]);
        checkShape("bound: keyNoise", keyNoise, sizes[0], sizes[1], settings.keys(), 3);
        checkShape("bound: latentNoise", latentNoise, sizes[0], sizes[1], settings.latent());
        if (slots != null && sizes[1] > most) {
            return boundOfLong(episodes, keyNoise, latentNoise);
        }
        if (sizes[0] == 1 || fits(sizes)) {
            return boundChecked(episodes, keyNoise, latentNoise);
        }
        double[][] terms = new double[3][sizes[0] * sizes[1]];
        for (Part part : Part.of(sizes[0], sizes[1], most, false)) {
            BoundTerms made = boundChecked(part.of(episodes), part.of(keyNoise), part.of(latentNoise));
            int to = part.episode() * sizes[1];
            System.arraycopy(made.reconstruction(), 0, terms[0], to, made.samples());
            System.arraycopy(made.klKeys(), 0, terms[1], to, made.samples());
            System.arraycopy(made.klLatent(), 0, terms[2], to, made.samples());
        }
        return new BoundTerms(terms[0], terms[1], terms[2]);
    }

    /** Of episodes that are too long for one run. */
    private BoundTerms boundOfLong(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        int[] sizes = {episodes.dimension(0), episodes.dimension(1)};
        Encoding q = encode(episodes);
        StoredMemory memory = write(episodes);
        FloatTensor keys = posterior.sample(q.keyMean(), q.keyLogVariance(), memory.pointers(), keyNoise);
        FloatTensor latent = Posterior.sampleLatent(q.latentMean(), q.latentLogVariance(), latentNoise);
        double[][] terms = new double[2][sizes[0] * sizes[1]];
        for (Part part : Part.of(sizes[0], sizes[1], most, true)) {
            Reading p = readChecked(memory.part(part.episode(), part.episodes()), part.of(keys));
            FloatTensor logits = decode(part.of(latent), p.traces());
            double[] reconstruction = settings.likelihood().negativeLogLikelihood(settings, part.of(episodes), logits);
            double[] klLatent = Posterior.klLatent(part.of(q.latentMean()), part.of(q.latentLogVariance()), p);
            for (int row = 0; row < part.episodes(); row++) {
                int to = (part.episode() + row) * sizes[1] + part.first();
                System.arraycopy(reconstruction, row * part.count(), terms[0], to, part.count());
                System.arraycopy(klLatent, row * part.count(), terms[1], to, part.count());
            }
        }
        return new BoundTerms(
                finite("reconstruction", terms[0]),
                finite(
                        "KL of the keys",
                        klKeys(q, memory.pointers(), memory.memory().dimension(2))),
                finite("KL of the latents", terms[1]));
    }

    private double[] klKeys(Encoding q, FloatTensor pointers, int memoryHeight) {
        return posterior.klKeys(q.keyMean(), q.keyLogVariance(), pointers, settings.slotRows(memoryHeight));
    }

    private BoundTerms boundChecked(FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        try (Workspace workspace = begin(Plan.BOUND, episodes.dimension(0), episodes.dimension(1), null)) {
            workspace.put(IMAGES, episodes);
            for (BundleGraph graph : Plan.WRITE.graphs(sessions)) {
                workspace.run(graph);
            }
            Encoding q = encoding(workspace);
            FloatTensor pointers = workspace.get(POINTERS);
            FloatTensor keys = posterior.sample(q.keyMean(), q.keyLogVariance(), pointers, keyNoise);
            sessions.signature(READER).requireValues(KEYS, keys);
            workspace.put(KEYS, keys);
            workspace.run(READER);
            Reading p = reading(workspace);
            decode(workspace, Posterior.sampleLatent(q.latentMean(), q.latentLogVariance(), latentNoise));
            return new BoundTerms(
                    finite(
                            "reconstruction",
                            settings.likelihood().negativeLogLikelihood(settings, episodes, workspace.get(LOGITS))),
                    finite("KL of the keys", klKeys(q, pointers, settings.memoryHeight(episodes.dimension(1)))),
                    finite("KL of the latents", Posterior.klLatent(q.latentMean(), q.latentLogVariance(), p)));
        }
    }

    private static double[] finite(String term, double[] nats) {
        int first = Values.firstNotFinite(nats);
        if (first >= 0) {
            throw new InferenceException(
                    null, "bound: %s: expected finite nats, found %s for sample %d", term, nats[first], first);
        }
        return nats;
    }

    public BoundTerms bound(FloatTensor episodes, long seed) {
        int[] sizes = sessions.signature(ENCODER).check(episodes);
        checkCapacity(sizes[1]);
        NormalSampler sampler = new NormalSampler(seed);
        FloatTensor keyNoise = sampler.tensor(sizes[0], sizes[1], settings.keys(), 3);
        return bound(episodes, keyNoise, sampler.tensor(sizes[0], sizes[1], settings.latent()));
    }

    /** Checks the decoder's output for {@link io.kanerva.runtime.Kanerva#sample}. */
    public void checkLogits(FloatTensor logits) {
        int[] shape = logits.shape();
        boolean isBatch = shape.length == 5;
        TensorDescription expected = sessions.signature(DECODER).outputs().get(0);
        checkShape(
                "sample: logits", logits, Signature.shape(expected, isBatch ? shape[0] : 1, isBatch ? shape[1] : 1, 0));
    }

    private void checkModel(StoredMemory memory) {
        if (!memory.modelId().equals(modelId)) {
            throw new TensorException(
                    "memory: expected one of model %s, found one of model %s", modelId, memory.modelId());
        }
    }

    /** Checks queries for these memories, and makes the memories ready to be searched. */
    private void checkQueries(StoredMemory memory, FloatTensor queries) {
        checkModel(memory);
        sessions.signature(ENCODER).check(queries);
        checkRows("queries", memory, queries);
        index(memory);
    }

    private static void checkRows(String place, StoredMemory memory, FloatTensor images) {
        if (images.dimension(0) != memory.episodes()) {
            throw new TensorException(
                    "%s: expected %d rows, one for each memory, found shape %s",
                    place, memory.episodes(), images.shape());
        }
    }

    private int checkedSamples(long samples) {
        checkCapacity(samples);
        return Math.toIntExact(samples);
    }

    private void checkCapacity(long samples) {
        if (slots != null && samples > settings.capacity()) {
            throw new CapacityException(
                    "out of memory: expected at most %d samples in one memory, which is then of 2^28 values, found %d",
                    settings.capacity(), samples);
        }
        if (samples > settings.capacity()) {
            throw new CapacityException(
                    "out of memory: %d samples, %d slots (%d rows x %d columns, %d per sample)",
                    samples,
                    settings.slotRows() * settings.slotColumns(),
                    settings.slotRows(),
                    settings.slotColumns(),
                    settings.keys());
        }
    }

    private static void checkShape(String place, FloatTensor tensor, int... expected) {
        if (!Arrays.equals(tensor.shape(), expected)) {
            throw new TensorException("%s: expected shape %s, found %s", place, expected, tensor.shape());
        }
        Signature.requireFinite(place, tensor);
    }
}
