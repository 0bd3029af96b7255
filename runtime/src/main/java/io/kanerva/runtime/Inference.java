package io.kanerva.runtime;

import static io.kanerva.runtime.BundleGraph.CONTENT;
import static io.kanerva.runtime.BundleGraph.DECODER;
import static io.kanerva.runtime.BundleGraph.ENCODER;
import static io.kanerva.runtime.BundleGraph.ENCODER_MEMORY_WRITER;
import static io.kanerva.runtime.BundleGraph.KEY_LOG_VARIANCE;
import static io.kanerva.runtime.BundleGraph.KEY_MEAN;
import static io.kanerva.runtime.BundleGraph.LATENT_LOG_VARIANCE;
import static io.kanerva.runtime.BundleGraph.LATENT_MEAN;
import static io.kanerva.runtime.BundleGraph.LOGITS;
import static io.kanerva.runtime.BundleGraph.MEMORY;
import static io.kanerva.runtime.BundleGraph.MEMORY_WRITER;
import static io.kanerva.runtime.BundleGraph.POINTERS;
import static io.kanerva.runtime.BundleGraph.PRIOR_LOG_VARIANCE;
import static io.kanerva.runtime.BundleGraph.PRIOR_MEAN;
import static io.kanerva.runtime.BundleGraph.READER;
import static io.kanerva.runtime.BundleGraph.READER_DECODER;
import static io.kanerva.runtime.BundleGraph.TRACES;

import io.kanerva.runtime.ModelSettings.Writer;
import java.util.Arrays;
import java.util.List;

/** How the graphs are put together, inside one {@link Call}. Stateless; {@link Kanerva} gives the shapes. */
final class Inference {

    /** What a write wants of the graphs. */
    private static final String[] HEAP = {MEMORY, POINTERS};

    private static final String[] POOLED = {MEMORY, POINTERS, CONTENT};

    private final ModelSettings settings;
    private final String modelId;
    private final Posterior posterior;
    private final boolean fusedWrite;
    private final boolean fusedSampling;

    /**
     * @param fusedWrite whether there is a graph from images to memory
     * @param fusedSampling whether a graph from memory to logits also draws latents for {@link #generate}, in float32;
     *     else the host does, in double precision, as {@link NormalSampler}'s users in other languages do
     */
    Inference(Bundle bundle, KeyGeometry geometry, boolean fusedWrite, boolean fusedSampling) {
        this.fusedWrite = fusedWrite;
        this.fusedSampling = fusedSampling;
        settings = bundle.settings();
        modelId = bundle.modelId();
        posterior = new Posterior(settings, geometry);
    }

    Encoding encode(Call call, FloatTensor images) {
        PinnedTensors tensors = call.tensors("encode", ENCODER, images);
        tensors.run(ENCODER, CONTENT, KEY_MEAN, KEY_LOG_VARIANCE, LATENT_MEAN, LATENT_LOG_VARIANCE);
        return encoding(tensors);
    }

    private static Encoding encoding(PinnedTensors encoded) {
        return new Encoding(
                encoded.get(CONTENT),
                encoded.get(KEY_MEAN),
                encoded.get(KEY_LOG_VARIANCE),
                encoded.get(LATENT_MEAN),
                encoded.get(LATENT_LOG_VARIANCE));
    }

    Memory write(Call call, FloatTensor episodes) {
        PinnedTensors tensors = call.tensors("write", ENCODER, episodes);
        checkCapacity(episodes.dimension(1));
        encodeAndWrite(tensors, isHeap() ? HEAP : POOLED);
        FloatTensor contentMean = isHeap() ? FloatTensor.zeros(episodes.dimension(0), 0) : mean(tensors.get(CONTENT));
        return new Memory(tensors.get(MEMORY), tensors.get(POINTERS), contentMean, modelId);
    }

    /** The wanted outputs of encoder and memory writer, from the fused graph if there is one. */
    private void encodeAndWrite(PinnedTensors tensors, String... wanted) {
        if (fusedWrite) {
            tensors.run(ENCODER_MEMORY_WRITER, wanted);
        } else {
            tensors.add(MEMORY_WRITER, wanted); // its content, so that the encoder gives it
            tensors.run(ENCODER, wanted);
            tensors.run(MEMORY_WRITER);
        }
    }

    /**
     * Adds samples. A heap's writer adds each block at its slot, so what was written before is added to what is written
     * now behind samples of zeros; a pooled one sees its samples' mean only, so the mean stands in for those before.
     */
    Memory extend(Call call, Memory memory, FloatTensor episodes) {
        PinnedTensors encoded = call.tensors("extend", ENCODER, episodes);
        checkRows("episodes", memory, episodes);
        checkCapacity(memory.samples() + episodes.dimension(1));
        encoded.run(ENCODER, CONTENT);
        FloatTensor content = behind(memory, encoded.get(CONTENT));
        PinnedTensors written = call.tensors("extended", MEMORY_WRITER, content);
        written.run(MEMORY_WRITER, MEMORY, POINTERS);
        FloatTensor planes = written.get(MEMORY);
        for (int i = 0; isHeap() && i < planes.size(); i++) {
            planes.data()[i] += memory.memory.data()[i];
        }
        return new Memory(planes, written.get(POINTERS), isHeap() ? memory.contentMean : mean(content), modelId);
    }

    /** {@code added} behind as many samples of zeros (heap) or of the mean before (pooled) as the memory holds. */
    private FloatTensor behind(Memory memory, FloatTensor added) {
        int[] shape = added.shape().clone();
        int sample = added.size() / (shape[0] * shape[1]);
        int one = added.size() / shape[0];
        int before = memory.samples();
        shape[1] += before;
        FloatTensor content = FloatTensor.zeros(shape);
        for (int episode = 0; episode < shape[0]; episode++) {
            int start = episode * (before * sample + one);
            for (int t = 0; t < before && !isHeap(); t++) {
                System.arraycopy(
                        memory.contentMean.data(), episode * sample, content.data(), start + t * sample, sample);
            }
            System.arraycopy(added.data(), episode * one, content.data(), start + before * sample, one);
        }
        return content;
    }

    /** Mean over the samples, in double precision: [B, E] of [B, T, E]. */
    private static FloatTensor mean(FloatTensor content) {
        int samples = content.dimension(1);
        int length = content.dimension(2);
        FloatTensor mean = FloatTensor.zeros(content.dimension(0), length);
        for (int i = 0; i < mean.size(); i++) {
            double sum = 0;
            for (int t = 0; t < samples; t++) {
                sum += content.data()[(i / length * samples + t) * length + i % length];
            }
            mean.data()[i] = (float) (sum / samples);
        }
        return mean;
    }

    Lookup lookUp(Call call, Memory memory, FloatTensor queries) {
        call.requireImages(queries);
        checkRows("queries", memory, queries);
        ready(call, memory);
        return lookUp(call.plan(settings, memory, queries.dimension(1)), memory, queries);
    }

    private Lookup lookUp(RecallPlan plan, Memory memory, FloatTensor queries) {
        int batch = memory.episodes();
        int each = queries.dimension(1);
        FloatTensor keys = FloatTensor.zeros(batch, each, settings.keys(), 3);
        FloatTensor scores = FloatTensor.zeros(batch, each, isHeap() ? memory.samples() : 0);
        int[] samples = new int[isHeap() ? batch * each : 0];
        plan.lookUp(memory, queries.data(), samples, scores.data(), keys.data());
        return new Lookup(samples, scores, keys);
    }

    Recall recall(Call call, Memory memory, FloatTensor queries, int iterations) {
        call.requireImages(queries);
        checkRows("queries", memory, queries);
        ready(call, memory);
        RecallPlan plan = call.plan(settings, memory, queries.dimension(1));
        Recall.Step[] steps = new Recall.Step[iterations];
        FloatTensor images = queries;
        for (int i = 0; i < iterations; i++) {
            Lookup lookup = lookUp(plan, memory, images);
            images = FloatTensor.zeros(queries.shape());
            plan.read(memory, lookup.keys().data(), images.data());
            steps[i] = new Recall.Step(lookup, images);
        }
        return new Recall(List.of(steps));
    }

    Reading read(Call call, Memory memory, FloatTensor keys) {
        return read(call.tensors("read", READER, memory.checked(), keys));
    }

    private static Reading read(PinnedTensors tensors) {
        tensors.run(READER, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE);
        return new Reading(tensors.get(TRACES), tensors.get(PRIOR_MEAN), tensors.get(PRIOR_LOG_VARIANCE));
    }

    FloatTensor sampleKeys(Encoding encoding, Memory memory, FloatTensor noise) {
        int[] shape = memory.pointers.shape();
        checkShape("sampleKeys: encoding", encoding.keyMean(), shape);
        checkShape("sampleKeys: encoding", encoding.keyLogVariance(), shape);
        checkShape("sampleKeys: noise", noise, shape);
        return posterior.sample(encoding.keyMean(), encoding.keyLogVariance(), memory.pointers, noise);
    }

    FloatTensor decode(Call call, FloatTensor latent, FloatTensor traces) {
        return decode(call.tensors("decode", DECODER, latent, traces));
    }

    private static FloatTensor decode(PinnedTensors tensors) {
        tensors.run(DECODER, LOGITS);
        return tensors.get(LOGITS);
    }

    Generation generate(Call call, Memory memory, int count, NormalSampler sampler) {
        FloatTensor keys = posterior.samplePrior(sampler, memory.episodes(), count, memory.samples());
        FloatTensor noise = sampler.tensor(memory.episodes(), count, settings.latent());
        PinnedTensors tensors = call.tensors("generate", READER, memory.checked(), keys);
        FloatTensor logits;
        if (fusedSampling) {
            tensors.put(READER_DECODER, null, null, noise);
            tensors.run(READER_DECODER, LOGITS);
            logits = tensors.get(LOGITS);
        } else {
            Reading read = read(tensors);
            tensors.put(DECODER, Posterior.sampleLatent(read.priorMean(), read.priorLogVariance(), noise));
            logits = decode(tensors);
        }
        return new Generation(settings.likelihood().means(settings, logits), keys);
    }

    BoundTerms bound(Call call, FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        call.requireImages(episodes);
        int batch = episodes.dimension(0);
        int samples = episodes.dimension(1);
        checkCapacity(samples);
        checkShape("bound: keyNoise", keyNoise, batch, samples, settings.keys(), 3);
        checkShape("bound: latentNoise", latentNoise, batch, samples, settings.latent());
        PinnedTensors tensors = call.tensors("bound", ENCODER, episodes);
        encodeAndWrite(
                tensors, CONTENT, KEY_MEAN, KEY_LOG_VARIANCE, LATENT_MEAN, LATENT_LOG_VARIANCE, MEMORY, POINTERS);
        Encoding q = encoding(tensors);
        FloatTensor pointers = tensors.get(POINTERS);
        PinnedTensors reading = call.tensors(
                "bound",
                READER,
                tensors.get(MEMORY),
                posterior.sample(q.keyMean(), q.keyLogVariance(), pointers, keyNoise));
        Reading p = read(reading);
        reading.put(DECODER, Posterior.sampleLatent(q.latentMean(), q.latentLogVariance(), latentNoise));
        return new BoundTerms(
                settings.likelihood().negativeLogLikelihood(settings, episodes, decode(reading)),
                posterior.divergence(q.keyMean(), q.keyLogVariance(), pointers),
                Posterior.latentDivergence(q, p));
    }

    FloatTensor sample(FloatTensor logits, NormalSampler sampler) {
        int[] shape = logits.shape();
        int batch = shape.length == 5 ? shape[0] : 1;
        int queries = shape.length == 5 ? shape[1] : 1;
        checkShape(
                "sample: logits",
                logits,
                batch,
                queries,
                settings.likelihood().channels(settings),
                settings.image().height(),
                settings.image().width());
        return settings.likelihood().sample(settings, logits, sampler);
    }

    void checkModel(Memory memory) {
        if (!memory.modelId().equals(modelId)) {
            throw new TensorException(
                    "memory: expected one of model %s, found one of model %s", modelId, memory.modelId());
        }
    }

    /** Makes a heap memory ready to be searched: by the images that the written samples' pointers read back. */
    void ready(Call call, Memory memory) {
        if (isHeap() && memory.contents() == null) {
            Planes image = settings.image();
            FloatTensor images = FloatTensor.zeros(
                    memory.episodes(), memory.samples(), image.channels(), image.height(), image.width());
            call.plan(settings, memory, memory.samples()).read(memory, memory.pointers.data(), images.data());
            memory.contents(new ContentSearch(images));
        }
    }

    private boolean isHeap() {
        return settings.writer() == Writer.HEAP;
    }

    private static void checkRows(String place, Memory memory, FloatTensor images) {
        if (images.dimension(0) != memory.episodes()) {
            throw new TensorException(
                    "%s: expected %d rows, one for each memory, found shape %s",
                    place, memory.episodes(), images.shape());
        }
    }

    void checkCapacity(int samples) {
        if (isHeap() && samples > settings.capacity()) {
            throw new CapacityException(
                    "out of memory: %d samples, %d slots (%d rows x %d columns, %d a sample)",
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
        tensor.requireFinite(place);
    }
}
