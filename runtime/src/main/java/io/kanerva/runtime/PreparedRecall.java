package io.kanerva.runtime;

import java.nio.FloatBuffer;
import java.util.Map;

/**
 * Recall of Q queries from each of B memories, ready to be run again and again into the caller's buffers: {@link
 * Kanerva#recall} with one iteration, without its garbage. What a run leaves behind is what ONNX Runtime's own Java calls
 * allocate, some hundred bytes a graph, whatever the sizes.
 *
 * <p>It holds native memory and must be closed. Runs are serialised; for several threads, prepare one each.
 */
public final class PreparedRecall implements AutoCloseable {

    private final Sessions sessions;
    private final ModelSettings settings;
    private final PinnedTensors tensors;
    private final ContentSearch contents;
    private final FloatTensor pointers;
    private final int queriesEach;
    private final int pixels;
    private final float[] images;
    private final float[] logits;
    private final float[] keys;
    private final double[] row;
    private final double[] scores;
    private final int[] samples;

    /** @param contents null for a pooled memory, which is not searched */
    PreparedRecall(Sessions sessions, ModelSettings settings, Memory memory, ContentSearch contents, int queries) {
        this.sessions = sessions;
        this.settings = settings;
        this.contents = contents;
        queriesEach = queries;
        pointers = memory.pointers();
        pixels = settings.image().floats();
        int count = Math.multiplyExact(memory.episodes(), queries);
        images = new float[Math.multiplyExact(count, pixels)];
        // With one logit a pixel the images take the logits' place.
        int planes = settings.likelihood().channels(settings);
        logits = planes == settings.image().channels() ? images
                : new float[Math.multiplyExact(count, Math.multiplyExact(planes, settings.image().height() * settings.image().width()))];
        keys = new float[contents == null ? 0 : count * settings.keys() * 3];
        row = new double[contents == null ? 0 : contents.features()];
        scores = new double[contents == null ? 0 : contents.scoreSlots()];
        samples = new int[contents == null ? 0 : count];
        tensors = new PinnedTensors(sessions, Map.of("B", memory.episodes(), "T", queries, "Q", queries));
        sessions.enter();
        try {
            pin();
            tensors.buffer(Graph.MEMORY).put(0, memory.memory().data());
        } catch (RuntimeException | Error e) {
            tensors.close();
            throw e;
        } finally {
            sessions.leave();
        }
    }

    private void pin() {
        if (contents == null) {
            tensors.add(Graph.ENCODER, Graph.KEY_MEAN);
            tensors.alias(Graph.KEYS, Graph.KEY_MEAN);
        }
        if (sessions.has(Graph.READER_DECODER)) {
            tensors.add(Graph.READER_DECODER, Graph.LOGITS); // the noise stays 0: latents at their priors' mean
        } else {
            tensors.add(Graph.READER, Graph.TRACES, Graph.PRIOR_MEAN);
            tensors.alias(Graph.LATENT, Graph.PRIOR_MEAN);
            tensors.add(Graph.DECODER, Graph.LOGITS);
        }
    }

    /**
     * Looks the queries up, reads and decodes. Both buffers may be of any kind and the same one; they are used from their
     * positions on, which do not move.
     *
     * @param queries [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @param recalled is filled with the images: [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @throws TensorException if a buffer is too short or a query lies outside [0, 1]
     * @throws ClosedException after {@link #close} of this or of its Kanerva
     */
    public synchronized void run(FloatBuffer queries, FloatBuffer recalled) {
        requireRoom("queries", queries, images.length);
        requireRoom("recalled", recalled, images.length);
        requireOpen("PreparedRecall", tensors);
        sessions.enter();
        try {
            queries.get(queries.position(), images);
            requireImages("recall: queries", images);
            if (contents == null) {
                tensors.buffer(Graph.IMAGES).put(0, images);
                tensors.run(Graph.ENCODER);
            } else {
                lookUp();
            }
            if (sessions.has(Graph.READER_DECODER)) {
                tensors.run(Graph.READER_DECODER);
            } else {
                tensors.run(Graph.READER);
                tensors.run(Graph.DECODER);
            }
            tensors.buffer(Graph.LOGITS).get(0, logits);
            settings.likelihood().means(settings, logits, images);
            recalled.put(recalled.position(), images);
        } finally {
            sessions.leave();
        }
    }

    private void lookUp() {
        int numbers = settings.keys() * 3;
        for (int query = 0; query < samples.length; query++) {
            int episode = query / queriesEach;
            samples[query] = contents.scores(images, query, pixels, episode, row, scores);
            int from = (episode * contents.samples() + samples[query]) * numbers;
            System.arraycopy(pointers.data(), from, keys, query * numbers, numbers);
        }
        tensors.buffer(Graph.KEYS).put(0, keys);
    }

    /**
     * The written sample that the last run found for a query.
     *
     * @param query b * Q + q
     * @return 0 to T - 1; always -1 for a pooled memory, which has no samples left to name
     */
    public synchronized int sample(int query) {
        return contents == null ? -1 : samples[query];
    }

    /** Frees the tensors; closing again does nothing. Waits for a run. */
    @Override
    public synchronized void close() {
        tensors.close();
    }

    static void requireOpen(String what, PinnedTensors tensors) {
        if (tensors.isClosed()) {
            throw new ClosedException(what + ": called after close");
        }
    }

    static void requireRoom(String name, FloatBuffer buffer, int floats) {
        if (buffer.remaining() < floats) {
            throw new TensorException("buffer '%s': expected room for %d values, found %d".formatted(name, floats, buffer.remaining()));
        }
    }

    static void requireImages(String place, float[] values) {
        for (int i = 0; i < values.length; i++) {
            // NaN fails both comparisons.
            if (!(values[i] >= 0 && values[i] <= 1)) {
                throw new TensorException("%s: expected values from 0 to 1, found %s at [%d]".formatted(place, values[i], i));
            }
        }
    }
}
