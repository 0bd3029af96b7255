package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.*;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.math.ContentSearch;
import io.kanerva.runtime.math.Posterior;
import java.util.Arrays;
import java.util.List;

/** Implements the calls of {@link io.kanerva.runtime.Kanerva} with the graphs. */
public final class Inference {

    private final Sessions sessions;
    private final ModelSettings settings;
    private final String modelId;
    private final Posterior posterior;
    private final boolean isHeap;
    private final boolean fusedSampling;

    /**
     * @param fusedSampling whether {@link #generate} draws latents in the fused graph, in float32, rather than on the
     *     host in float64
     */
    public Inference(Bundle bundle, KeyGeometry geometry, Sessions sessions, boolean fusedSampling) {
        this.sessions = sessions;
        this.fusedSampling = fusedSampling;
        settings = bundle.settings();
        modelId = bundle.modelId();
        posterior = new Posterior(settings, geometry);
        isHeap = settings.writer() == Writer.HEAP;
    }

    public Encoding encode(FloatTensor images) {
        int[] sizes = sessions.signature(ENCODER).check(images);
        try (Workspace workspace = sessions.begin(Plan.ENCODE, sizes[0], sizes[1], null)) {
            workspace.put(IMAGES, images);
            workspace.run();
            return encoding(workspace);
        }
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
        try (Workspace workspace = sessions.begin(Plan.WRITE, sizes[0], sizes[1], null)) {
            workspace.put(IMAGES, episodes);
            workspace.run();
            FloatTensor contentMean =
                    isHeap ? FloatTensor.zeros(sizes[0], 0) : StoredMemory.mean(workspace.get(CONTENT));
            return new StoredMemory(workspace.get(MEMORY), workspace.get(POINTERS), contentMean, modelId);
        }
    }

    /** To be freed by the caller. */
    public Workspace prepareWrite(int episodes, int samples) {
        checkCapacity(samples);
        return sessions.prepare(Plan.WRITE, episodes, samples);
    }

    /**
     * Adds samples. A heap's writer adds each block at its slot: new samples are written after zeros and added to the
     * memory. A pooled writer uses only its samples' mean, which stands for the earlier ones.
     */
    public StoredMemory extend(StoredMemory memory, FloatTensor episodes) {
        checkModel(memory);
        int[] sizes = sessions.signature(ENCODER).check(episodes);
        checkRows("episodes", memory, episodes);
        int samples = memory.samples() + sizes[1];
        checkCapacity(samples);
        FloatTensor content;
        try (Workspace workspace = sessions.begin(Plan.ENCODE_CONTENT, sizes[0], sizes[1], null)) {
            workspace.put(IMAGES, episodes);
            workspace.run();
            content = memory.contentBefore(workspace.get(CONTENT));
        }
        sessions.signature(MEMORY_WRITER).check(content);
        try (Workspace workspace = sessions.begin(Plan.WRITE_CONTENT, sizes[0], samples, null)) {
            workspace.put(CONTENT, content);
            workspace.run();
            FloatTensor planes = workspace.get(MEMORY);
            for (int i = 0; isHeap && i < planes.size(); i++) {
                planes.data()[i] += memory.memory().data()[i];
            }
            FloatTensor contentMean = isHeap ? memory.contentMean() : StoredMemory.mean(content);
            return new StoredMemory(planes, workspace.get(POINTERS), contentMean, modelId);
        }
    }

    public Lookup lookUp(StoredMemory memory, FloatTensor queries) {
        checkQueries(memory, queries);
        try (Workspace workspace = sessions.begin(Plan.LOOK_UP, memory.episodes(), queries.dimension(1), null)) {
            return lookUp(workspace, memory, queries);
        }
    }

    private Lookup lookUp(Workspace workspace, StoredMemory memory, FloatTensor queries) {
        int batch = workspace.batch();
        int count = workspace.count();
        FloatTensor keys = FloatTensor.zeros(batch, count, settings.keys(), 3);
        FloatTensor scores = FloatTensor.zeros(batch, count, isHeap ? memory.samples() : 0);
        int[] samples = new int[isHeap ? batch * count : 0];
        workspace.recaller().lookUp(memory, queries.data(), samples, scores.data(), keys.data());
        return new Lookup(samples, scores, keys);
    }

    public Recall recall(StoredMemory memory, FloatTensor queries, int iterations) {
        checkQueries(memory, queries);
        try (Workspace workspace = sessions.begin(Plan.RECALL, memory.episodes(), queries.dimension(1), memory)) {
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

    /** To be freed by the caller. */
    public Workspace prepareRecall(StoredMemory memory, int queries) {
        checkModel(memory);
        index(memory);
        return sessions.prepare(Plan.RECALL, memory.episodes(), queries);
    }

    /** Reads a heap memory's samples back, to be searched. */
    private void index(StoredMemory memory) {
        if (isHeap && memory.contents() == null) {
            Planes image = settings.image();
            FloatTensor images = FloatTensor.zeros(
                    memory.episodes(), memory.samples(), image.channels(), image.height(), image.width());
            try (Workspace workspace = sessions.begin(Plan.RECALL, memory.episodes(), memory.samples(), memory)) {
                workspace.recaller().read(memory, memory.pointers().data(), images.data());
            }
            memory.contents(new ContentSearch(images));
        }
    }

    public Reading read(StoredMemory memory, FloatTensor keys) {
        checkModel(memory);
        int[] sizes = sessions.signature(READER).check(memory.finiteMemory(), keys);
        try (Workspace workspace = sessions.begin(Plan.READ, sizes[0], sizes[1], memory)) {
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
        return posterior.sample(encoding.keyMean(), encoding.keyLogVariance(), memory.pointers(), noise);
    }

    public FloatTensor decode(FloatTensor latent, FloatTensor traces) {
        int[] sizes = sessions.signature(DECODER).check(latent, traces);
        try (Workspace workspace = sessions.begin(Plan.DECODE, sizes[0], sizes[1], null)) {
            workspace.put(LATENT, latent);
            workspace.put(TRACES, traces);
            workspace.run();
            return workspace.get(LOGITS);
        }
    }

    public Generation generate(StoredMemory memory, int count, NormalSampler sampler) {
        checkModel(memory);
        FloatTensor keys = posterior.samplePrior(sampler, memory.episodes(), count, memory.samples());
        FloatTensor noise = sampler.tensor(memory.episodes(), count, settings.latent());
        Plan plan = fusedSampling ? Plan.GENERATE_FUSED : Plan.GENERATE;
        try (Workspace workspace = sessions.begin(plan, memory.episodes(), count, memory)) {
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
            return new Generation(settings.likelihood().means(settings, workspace.get(LOGITS)), keys);
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
        try (Workspace workspace = sessions.begin(Plan.BOUND, sizes[0], sizes[1], null)) {
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
                    settings.likelihood().negativeLogLikelihood(settings, episodes, workspace.get(LOGITS)),
                    posterior.klKeys(q.keyMean(), q.keyLogVariance(), pointers),
                    Posterior.klLatent(q, p));
        }
    }

    public BoundTerms bound(FloatTensor episodes, long seed) {
        int[] sizes = sessions.signature(ENCODER).check(episodes);
        NormalSampler sampler = new NormalSampler(seed);
        FloatTensor keyNoise = sampler.tensor(sizes[0], sizes[1], settings.keys(), 3);
        return bound(episodes, keyNoise, sampler.tensor(sizes[0], sizes[1], settings.latent()));
    }

    /** Checks the decoder's output for {@link io.kanerva.runtime.Kanerva#sample}. */
    public void checkLogits(FloatTensor logits) {
        int[] shape = logits.shape();
        boolean isBatch = shape.length == 5;
        TensorDescription expected = sessions.signature(DECODER).outputs().get(0);
        checkShape("sample: logits", logits, Signature.shape(expected, isBatch ? shape[0] : 1, isBatch ? shape[1] : 1));
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

    private void checkCapacity(int samples) {
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
