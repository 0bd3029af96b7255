package io.kanerva.runtime;

import static io.kanerva.runtime.Graph.CONTENT;
import static io.kanerva.runtime.Graph.DECODER;
import static io.kanerva.runtime.Graph.ENCODER;
import static io.kanerva.runtime.Graph.ENCODER_MEMORY_WRITER;
import static io.kanerva.runtime.Graph.KEYS;
import static io.kanerva.runtime.Graph.KEY_LOG_VARIANCE;
import static io.kanerva.runtime.Graph.KEY_MEAN;
import static io.kanerva.runtime.Graph.LATENT;
import static io.kanerva.runtime.Graph.LATENT_LOG_VARIANCE;
import static io.kanerva.runtime.Graph.LATENT_MEAN;
import static io.kanerva.runtime.Graph.LOGITS;
import static io.kanerva.runtime.Graph.MEMORY;
import static io.kanerva.runtime.Graph.MEMORY_WRITER;
import static io.kanerva.runtime.Graph.NOISE;
import static io.kanerva.runtime.Graph.POINTERS;
import static io.kanerva.runtime.Graph.PRIOR_LOG_VARIANCE;
import static io.kanerva.runtime.Graph.PRIOR_MEAN;
import static io.kanerva.runtime.Graph.READER;
import static io.kanerva.runtime.Graph.READER_DECODER;
import static io.kanerva.runtime.Graph.TRACES;

import io.kanerva.runtime.Call.Value;
import io.kanerva.runtime.ModelSettings.Writer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How the graphs are put together, inside one {@link Call}. Stateless; {@link Kanerva} gives the shapes. */
final class Inference {

    private final ModelSettings settings;
    private final String modelId;
    private final Posterior posterior;
    private final boolean fusedWrite;
    private final boolean fusedRead;
    private final boolean fusedSampling;

    /**
     * @param fusedWrite whether there is a graph from images to memory
     * @param fusedRead whether there is a graph from memory to logits
     * @param fusedSampling whether that graph also draws latents for {@link #generate}, in float32; else the host does, in
     *     double precision, as {@link NormalSampler}'s users in other languages do
     */
    Inference(Bundle bundle, KeyGeometry geometry, boolean fusedWrite, boolean fusedRead, boolean fusedSampling) {
        this.fusedWrite = fusedWrite;
        this.fusedRead = fusedRead;
        this.fusedSampling = fusedSampling;
        settings = bundle.settings();
        modelId = bundle.modelId();
        posterior = new Posterior(settings, geometry);
    }

    Encoding encode(Call call, FloatTensor images) {
        return encoding(encoded(call, call.images(images)));
    }

    Memory write(Call call, FloatTensor episodes) {
        Value images = call.images(episodes);
        checkCapacity(episodes.dimension(1));
        Map<String, Value> written = isHeap() ? encodedAndWritten(call, images, MEMORY, POINTERS)
                : encodedAndWritten(call, images, MEMORY, POINTERS, CONTENT);
        FloatTensor contentMean = isHeap() ? FloatTensor.zeros(episodes.dimension(0), 0) : mean(written.get(CONTENT).toTensor());
        return new Memory(written.get(MEMORY).toTensor(), written.get(POINTERS).toTensor(), contentMean, modelId);
    }

    /**
     * Adds samples. A heap's writer adds each block at its slot, so what was written before is added to what is written
     * now behind samples of zeros; a pooled one sees its samples' mean only, so the mean stands in for those before.
     */
    Memory extend(Call call, Memory memory, FloatTensor episodes) {
        Value images = call.images(episodes);
        checkRows("episodes", memory, episodes);
        int before = memory.samples();
        int samples = before + episodes.dimension(1);
        checkCapacity(samples);
        FloatTensor added = call.run(ENCODER, List.of(images), CONTENT).get(CONTENT).toTensor();
        FloatTensor content = behind(memory, added);
        Map<String, Value> written = written(call, call.input(MEMORY_WRITER, CONTENT, content));
        FloatTensor planes = written.get(MEMORY).toTensor();
        if (isHeap()) {
            for (int i = 0; i < planes.size(); i++) {
                planes.data()[i] += memory.memory().data()[i];
            }
        }
        return new Memory(planes, written.get(POINTERS).toTensor(), isHeap() ? memory.contentMean() : mean(content), modelId);
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
                System.arraycopy(memory.contentMean().data(), episode * sample, content.data(), start + t * sample, sample);
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
        Value images = call.images(queries);
        checkRows("queries", memory, queries);
        if (!isHeap()) {
            FloatTensor keys = call.run(ENCODER, List.of(images), KEY_MEAN).get(KEY_MEAN).toTensor();
            FloatTensor none = FloatTensor.zeros(queries.dimension(0), queries.dimension(1), 0);
            return new Lookup(new int[0], none, keys);
        }
        return contents(call, memory).lookUp(queries, memory.pointers());
    }

    Reading read(Call call, Memory memory, FloatTensor keys) {
        return reading(read(call, memories(call, memory), keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE));
    }

    FloatTensor sampleKeys(Encoding encoding, Memory memory, FloatTensor noise) {
        int[] shape = memory.pointers().shape();
        checkShape("sampleKeys: encoding", encoding.keyMean(), shape);
        checkShape("sampleKeys: encoding", encoding.keyLogVariance(), shape);
        checkShape("sampleKeys: noise", noise, shape);
        return posterior.sample(encoding.keyMean(), encoding.keyLogVariance(), memory.pointers(), noise);
    }

    FloatTensor decode(Call call, FloatTensor latent, FloatTensor traces) {
        return decode(call, call.input(DECODER, LATENT, latent), call.input(DECODER, TRACES, traces));
    }

    /** {@code memory}'s native copy, for {@link #recallOnce}. */
    Value memories(Call call, Memory memory) {
        return call.memories(memory.checked());
    }

    /** One iteration of recall; {@code memories} may belong to another open call. */
    Recall.Step recallOnce(Call call, Memory memory, Value memories, FloatTensor queries) {
        Lookup lookup = lookUp(call, memory, queries);
        FloatTensor logits = readAndDecodedAtMean(call, memories, lookup.keys());
        return new Recall.Step(lookup, settings.likelihood().means(settings, logits));
    }

    Generation generate(Call call, Memory memory, int count, NormalSampler sampler) {
        FloatTensor keys = posterior.samplePrior(sampler, memory.episodes(), count, memory.samples());
        FloatTensor noise = sampler.tensor(memory.episodes(), count, settings.latent());
        if (fusedSampling) {
            FloatTensor logits = readAndDecoded(call, memories(call, memory), keys, noise);
            return new Generation(settings.likelihood().means(settings, logits), keys);
        }
        Map<String, Value> read =
                read(call, memories(call, memory), keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE);
        FloatTensor mean = read.get(PRIOR_MEAN).toTensor();
        FloatTensor latent = Posterior.sampleLatent(mean, read.get(PRIOR_LOG_VARIANCE).toTensor(), noise);
        FloatTensor logits = decode(call, call.input(DECODER, LATENT, latent), read.get(TRACES));
        return new Generation(settings.likelihood().means(settings, logits), keys);
    }

    BoundTerms bound(Call call, FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        Value images = call.images(episodes);
        int batch = episodes.dimension(0);
        int samples = episodes.dimension(1);
        checkCapacity(samples);
        checkShape("bound: keyNoise", keyNoise, batch, samples, settings.keys(), 3);
        checkShape("bound: latentNoise", latentNoise, batch, samples, settings.latent());
        Map<String, Value> written = encodedAndWritten(
                call, images, CONTENT, KEY_MEAN, KEY_LOG_VARIANCE, LATENT_MEAN, LATENT_LOG_VARIANCE, MEMORY, POINTERS);
        Encoding q = encoding(written);
        FloatTensor pointers = written.get(POINTERS).toTensor();
        FloatTensor keys = posterior.sample(q.keyMean(), q.keyLogVariance(), pointers, keyNoise);
        Map<String, Value> read =
                read(call, written.get(MEMORY), keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE);
        FloatTensor latent = Posterior.sampleLatent(q.latentMean(), q.latentLogVariance(), latentNoise);
        FloatTensor logits = decode(call, call.input(DECODER, LATENT, latent), read.get(TRACES));
        return new BoundTerms(
                settings.likelihood().negativeLogLikelihood(settings, episodes, logits),
                posterior.divergence(q.keyMean(), q.keyLogVariance(), pointers),
                Posterior.latentDivergence(q, reading(read)));
    }

    FloatTensor sample(FloatTensor logits, NormalSampler sampler) {
        int[] shape = logits.shape();
        int batch = shape.length == 5 ? shape[0] : 1;
        int queries = shape.length == 5 ? shape[1] : 1;
        checkShape("sample: logits", logits, batch, queries, settings.likelihood().channels(settings), settings.image().height(), settings.image().width());
        return settings.likelihood().sample(settings, logits, sampler);
    }

    void checkModel(Memory memory) {
        if (!memory.modelId().equals(modelId)) {
            throw new TensorException(
                    "memory: expected one of model %s, found one of model %s".formatted(modelId, memory.modelId()));
        }
    }

    private static Map<String, Value> encoded(Call call, Value images) {
        return call.run(
                ENCODER, List.of(images), CONTENT, KEY_MEAN, KEY_LOG_VARIANCE, LATENT_MEAN, LATENT_LOG_VARIANCE);
    }

    private static Encoding encoding(Map<String, Value> encoded) {
        return new Encoding(
                encoded.get(CONTENT).toTensor(),
                encoded.get(KEY_MEAN).toTensor(),
                encoded.get(KEY_LOG_VARIANCE).toTensor(),
                encoded.get(LATENT_MEAN).toTensor(),
                encoded.get(LATENT_LOG_VARIANCE).toTensor());
    }

    private static Map<String, Value> written(Call call, Value content) {
        return call.run(MEMORY_WRITER, List.of(content), MEMORY, POINTERS);
    }

    /** The wanted outputs of encoder and memory writer, from the fused graph if there is one. */
    private Map<String, Value> encodedAndWritten(Call call, Value images, String... wanted) {
        if (fusedWrite) {
            return call.run(ENCODER_MEMORY_WRITER, List.of(images), wanted);
        }
        Map<String, Value> all = new HashMap<>(encoded(call, images));
        all.putAll(written(call, all.get(CONTENT)));
        return all;
    }

    /** Reads at keys and decodes with the latents at their priors' mean. */
    private FloatTensor readAndDecodedAtMean(Call call, Value memories, FloatTensor keys) {
        if (fusedRead) {
            return readAndDecoded(call, memories, keys, FloatTensor.zeros(keys.dimension(0), keys.dimension(1), settings.latent()));
        }
        Map<String, Value> read = read(call, memories, keys, TRACES, PRIOR_MEAN);
        return decode(call, read.get(PRIOR_MEAN), read.get(TRACES));
    }

    private FloatTensor readAndDecoded(Call call, Value memories, FloatTensor keys, FloatTensor noise) {
        List<Value> inputs = List.of(memories, call.input(READER_DECODER, KEYS, keys), call.input(READER_DECODER, NOISE, noise));
        return call.run(READER_DECODER, inputs, LOGITS).get(LOGITS).toTensor();
    }

    private static Map<String, Value> read(Call call, Value memories, FloatTensor keys, String... wanted) {
        return call.run(READER, List.of(memories, call.input(READER, KEYS, keys)), wanted);
    }

    private static Reading reading(Map<String, Value> read) {
        return new Reading(
                read.get(TRACES).toTensor(), read.get(PRIOR_MEAN).toTensor(), read.get(PRIOR_LOG_VARIANCE).toTensor());
    }

    private static FloatTensor decode(Call call, Value latent, Value traces) {
        return call.run(DECODER, List.of(latent, traces), LOGITS).get(LOGITS).toTensor();
    }

    /** The images that the written samples' pointers read back, ready to be searched. */
    ContentSearch contents(Call call, Memory memory) {
        if (memory.contents() == null) {
            FloatTensor logits = readAndDecodedAtMean(call, memories(call, memory), memory.pointers());
            memory.contents(new ContentSearch(settings.likelihood().means(settings, logits)));
        }
        return memory.contents();
    }

    private boolean isHeap() {
        return settings.writer() == Writer.HEAP;
    }

    private static void checkRows(String place, Memory memory, FloatTensor images) {
        if (images.dimension(0) != memory.episodes()) {
            throw new TensorException(
                    "%s: expected %d rows, one for each memory, found shape %s"
                            .formatted(place, memory.episodes(), Arrays.toString(images.shape())));
        }
    }

    void checkCapacity(int samples) {
        if (isHeap() && samples > settings.capacity()) {
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

    private static void checkShape(String place, FloatTensor tensor, int... expected) {
        if (!Arrays.equals(tensor.shape(), expected)) {
            throw new TensorException(
                    "%s: expected shape %s, found %s"
                            .formatted(place, Arrays.toString(expected), Arrays.toString(tensor.shape())));
        }
        tensor.requireFinite(place);
    }
}
