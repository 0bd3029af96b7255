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

import io.kanerva.runtime.Call.Value;
import io.kanerva.runtime.ModelSettings.Writer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** How the four graphs are put together, inside one {@link Call}. Stateless; {@link Kanerva} gives the shapes. */
final class Inference {

    private final ModelSettings settings;
    private final String modelId;
    private final KeyPosterior keyPosterior;

    Inference(Bundle bundle, KeyGeometry geometry) {
        settings = bundle.settings();
        modelId = bundle.modelId();
        keyPosterior = new KeyPosterior(settings, geometry);
    }

    Encoding encode(Call call, FloatTensor images) {
        return encoding(encoded(call, call.images(images)));
    }

    Memory write(Call call, FloatTensor episodes) {
        Value images = call.images(episodes);
        checkCapacity(episodes.dimension(1));
        Map<String, Value> written = written(call, call.run(ENCODER, List.of(images), CONTENT));
        return new Memory(written.get(MEMORY).toTensor(), written.get(POINTERS).toTensor(), modelId);
    }

    Lookup lookUp(Call call, Memory memory, FloatTensor queries) {
        Value images = call.images(queries);
        if (queries.dimension(0) != memory.episodes()) {
            throw new TensorException(
                    "queries: expected %d rows, one for each memory, found shape %s"
                            .formatted(memory.episodes(), Arrays.toString(queries.shape())));
        }
        if (settings.writer() == Writer.POOLED) {
            FloatTensor keys = call.run(ENCODER, List.of(images), KEY_MEAN).get(KEY_MEAN).toTensor();
            FloatTensor none = FloatTensor.zeros(queries.dimension(0), queries.dimension(1), 0);
            return new Lookup(new int[0], none, keys);
        }
        FloatTensor scores = ContentSearch.scores(ContentSearch.standardised(queries), contents(call, memory));
        int[] samples = ContentSearch.best(scores);
        return new Lookup(samples, scores, ContentSearch.keysOf(memory.pointers(), samples));
    }

    Reading read(Call call, Memory memory, FloatTensor keys) {
        return reading(read(call, memories(call, memory), keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE));
    }

    FloatTensor sampleKeys(Encoding encoding, Memory memory, FloatTensor noise) {
        int[] shape = memory.pointers().shape();
        checkShape("sampleKeys: encoding", encoding.keyMean(), shape);
        checkShape("sampleKeys: encoding", encoding.keyLogVariance(), shape);
        checkShape("sampleKeys: noise", noise, shape);
        return keyPosterior.sample(encoding.keyMean(), encoding.keyLogVariance(), memory.pointers(), noise);
    }

    FloatTensor decode(Call call, FloatTensor latent, FloatTensor traces) {
        return decode(call, call.input(DECODER, LATENT, latent), call.input(DECODER, TRACES, traces));
    }

    /** {@code memory}'s native copy, for {@link #recallOnce}. */
    Value memories(Call call, Memory memory) {
        return call.input(READER, MEMORY, memory.memory());
    }

    /** One iteration of recall; {@code memories} may belong to another open call. */
    Recall.Step recallOnce(Call call, Memory memory, Value memories, FloatTensor queries) {
        Lookup lookup = lookUp(call, memory, queries);
        Map<String, Value> read = read(call, memories, lookup.keys(), TRACES, PRIOR_MEAN);
        FloatTensor logits = decode(call, read.get(PRIOR_MEAN), read.get(TRACES));
        return new Recall.Step(lookup, settings.likelihood().probabilities(logits));
    }

    Generation generate(Call call, Memory memory, int count, NormalSampler sampler) {
        FloatTensor keys = keyPosterior.samplePrior(sampler, memory.episodes(), count, memory.samples());
        FloatTensor noise = sampler.tensor(memory.episodes(), count, settings.latent());
        Map<String, Value> read =
                read(call, memories(call, memory), keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE);
        FloatTensor mean = read.get(PRIOR_MEAN).toTensor();
        FloatTensor latent = LatentPosterior.sample(mean, read.get(PRIOR_LOG_VARIANCE).toTensor(), noise);
        FloatTensor logits = decode(call, call.input(DECODER, LATENT, latent), read.get(TRACES));
        return new Generation(settings.likelihood().probabilities(logits), keys);
    }

    BoundTerms bound(Call call, FloatTensor episodes, FloatTensor keyNoise, FloatTensor latentNoise) {
        Value images = call.images(episodes);
        int batch = episodes.dimension(0);
        int samples = episodes.dimension(1);
        checkCapacity(samples);
        checkShape("bound: keyNoise", keyNoise, batch, samples, settings.keys(), 3);
        checkShape("bound: latentNoise", latentNoise, batch, samples, settings.latent());
        Map<String, Value> encoded = encoded(call, images);
        Map<String, Value> written = written(call, encoded);
        Encoding q = encoding(encoded);
        FloatTensor pointers = written.get(POINTERS).toTensor();
        FloatTensor keys = keyPosterior.sample(q.keyMean(), q.keyLogVariance(), pointers, keyNoise);
        Map<String, Value> read =
                read(call, written.get(MEMORY), keys, TRACES, PRIOR_MEAN, PRIOR_LOG_VARIANCE);
        FloatTensor latent = LatentPosterior.sample(q.latentMean(), q.latentLogVariance(), latentNoise);
        FloatTensor logits = decode(call, call.input(DECODER, LATENT, latent), read.get(TRACES));
        return new BoundTerms(
                settings.likelihood().negativeLogLikelihood(episodes, logits),
                keyPosterior.divergence(q.keyMean(), q.keyLogVariance(), pointers),
                LatentPosterior.divergence(q, reading(read)));
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

    private static Map<String, Value> written(Call call, Map<String, Value> encoded) {
        return call.run(MEMORY_WRITER, List.of(encoded.get(CONTENT)), MEMORY, POINTERS);
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

    /** The image that each written sample's pointers read back, standardised. */
    private FloatTensor contents(Call call, Memory memory) {
        if (memory.contents() == null) {
            Map<String, Value> read = read(call, memories(call, memory), memory.pointers(), TRACES, PRIOR_MEAN);
            FloatTensor logits = decode(call, read.get(PRIOR_MEAN), read.get(TRACES));
            memory.contents(ContentSearch.standardised(settings.likelihood().probabilities(logits)));
        }
        return memory.contents();
    }

    private void checkCapacity(int samples) {
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

    private static void checkShape(String place, FloatTensor tensor, int... expected) {
        if (!Arrays.equals(tensor.shape(), expected)) {
            throw new TensorException(
                    "%s: expected shape %s, found %s"
                            .formatted(place, Arrays.toString(expected), Arrays.toString(tensor.shape())));
        }
        tensor.requireFinite(place);
    }
}
