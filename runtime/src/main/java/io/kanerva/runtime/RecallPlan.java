package io.kanerva.runtime;

import java.lang.ref.WeakReference;
import java.util.Map;

/**
 * Looks Q queries up in each of B memories, reads and decodes, over tensors that are made once and used again and again. It
 * owns them. Used by one thread at a time, between {@link Sessions#enter} and {@link Sessions#leave}.
 */
final class RecallPlan implements AutoCloseable {

    private static final WeakReference<Memory> NONE = new WeakReference<>(null);

    private final Sessions sessions;
    private final ModelSettings settings;
    private final int episodes;
    private final int queries;
    private final PinnedTensors tensors;
    private final float[] logits;
    private final double[] row;
    private double[] scores = {};
    private WeakReference<Memory> held = NONE;

    RecallPlan(Sessions sessions, ModelSettings settings, int episodes, int queries) {
        this.sessions = sessions;
        this.settings = settings;
        this.episodes = episodes;
        this.queries = queries;
        Planes image = settings.image();
        int planes = settings.likelihood().channels(settings);
        // With one logit a pixel the images take the logits' place.
        logits = planes == image.channels() ? null : new float[Math.multiplyExact(count(), Math.multiplyExact(planes, image.height() * image.width()))];
        row = new double[image.floats() + 1];
        tensors = new PinnedTensors(sessions, Map.of("B", episodes, "T", queries, "Q", queries));
    }

    /** B Q. */
    int count() {
        return Math.multiplyExact(episodes, queries);
    }

    /** Whether it is of these sizes. */
    boolean fits(int episodes, int queries) {
        return this.episodes == episodes && this.queries == queries;
    }

    /** Whether these are the memories that lie in its tensor. */
    boolean holds(Memory memory) {
        return held.get() == memory;
    }

    /** Native floats that it keeps. */
    long floats() {
        return tensors.floats();
    }

    /** Makes all tensors now that {@link #lookUp} and {@link #read} would make when they are first called. */
    void prepare() {
        addLookUp();
        addRead();
    }

    private void addLookUp() {
        if (settings.writer() == ModelSettings.Writer.POOLED) {
            tensors.add(Graph.ENCODER, Graph.KEY_MEAN);
        }
    }

    private void addRead() {
        if (sessions.has(Graph.READER_DECODER)) {
            tensors.add(Graph.READER_DECODER, Graph.LOGITS); // the noise stays 0
        } else {
            tensors.add(Graph.READER, Graph.TRACES, Graph.PRIOR_MEAN);
            tensors.alias(Graph.LATENT, Graph.PRIOR_MEAN);
            tensors.add(Graph.DECODER, Graph.LOGITS);
        }
    }

    /**
     * Finds queries.
     *
     * @param memory B memories
     * @param images the queries, [B, Q, Cx, Hx, Wx], all in [0, 1]
     * @param samples is filled with the samples found, [B Q]; not used for a pooled memory
     * @param matches is filled with every query's match with every sample, [B, Q, T]; may be null
     * @param keys is filled, [B, Q, K, 3]
     */
    void lookUp(Memory memory, float[] images, int[] samples, float[] matches, float[] keys) {
        if (settings.writer() == ModelSettings.Writer.POOLED) {
            addLookUp();
            tensors.buffer(Graph.IMAGES).put(0, images);
            tensors.run(Graph.ENCODER);
            tensors.buffer(Graph.KEY_MEAN).get(0, keys);
            return;
        }
        ContentSearch contents = memory.contents();
        if (scores.length != contents.scoreSlots()) {
            scores = new double[contents.scoreSlots()];
        }
        int numbers = settings.keys() * 3;
        for (int query = 0; query < samples.length; query++) {
            int episode = query / queries;
            samples[query] = contents.scores(images, query, episode, row, scores);
            for (int sample = 0; matches != null && sample < memory.samples(); sample++) {
                matches[query * memory.samples() + sample] = (float) scores[sample];
            }
            System.arraycopy(memory.pointers().data(), (episode * memory.samples() + samples[query]) * numbers, keys, query * numbers, numbers);
        }
    }

    /**
     * Reads and decodes with the latents at their priors' mean.
     *
     * @param memory B memories
     * @param keys [B, Q, K, 3]
     * @param images is filled with the pixels' means, [B, Q, Cx, Hx, Wx]
     */
    void read(Memory memory, float[] keys, float[] images) {
        addRead();
        if (!holds(memory)) {
            held = NONE; // until all of it is there
            tensors.buffer(Graph.MEMORY).put(0, memory.checked().data());
            held = new WeakReference<>(memory);
        }
        tensors.buffer(Graph.KEYS).put(0, keys);
        if (sessions.has(Graph.READER_DECODER)) {
            tensors.run(Graph.READER_DECODER);
        } else {
            tensors.run(Graph.READER);
            tensors.run(Graph.DECODER);
        }
        float[] parameters = logits == null ? images : logits;
        tensors.buffer(Graph.LOGITS).get(0, parameters);
        settings.likelihood().means(settings, parameters, images);
    }

    boolean isClosed() {
        return tensors.isClosed();
    }

    @Override
    public void close() {
        tensors.close();
    }
}
