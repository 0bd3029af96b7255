package io.kanerva.runtime;

import java.nio.FloatBuffer;

/**
 * Looks Q queries up in each of B memories, reads and decodes: the tensors for that and the host's own arrays. Used by
 * one thread at a time, between {@link Sessions#enter} and {@link Sessions#leave}.
 */
final class RecallPlan extends PinnedTensors {

    static final String USE = "recall";

    private final Sessions sessions;
    private final ModelSettings settings;
    private final int episodes;
    private final int queries;
    private final LogisticMixture mixture;
    private final float[] logits;
    private final int[] pixels;
    private final double[] values;
    private final double[] image;
    private double[] scores = {};

    RecallPlan(Sessions sessions, ModelSettings settings, int episodes, int queries) {
        super(sessions, USE, sizes(episodes, queries));
        this.sessions = sessions;
        this.settings = settings;
        this.episodes = episodes;
        this.queries = queries;
        int floats = settings.image().floats();
        boolean isMixture = settings.likelihood() == Likelihood.DISCRETIZED_LOGISTIC_MIXTURE;
        mixture = isMixture ? Likelihood.mixture(settings) : null;
        // With one logit a pixel the images take the logits' place.
        logits = isMixture
                ? new float
                        [Math.multiplyExact(
                                floats / settings.image().channels(),
                                settings.likelihood().channels(settings))]
                : null;
        pixels = new int[floats + 1];
        values = new double[floats + 1];
        image = new double[floats];
    }

    /** B Q. */
    int count() {
        return Math.multiplyExact(episodes, queries);
    }

    /** The sizes of the named dimensions; the queries are both what the encoder sees and what is read. */
    static int[] sizes(int episodes, int queries) {
        return new int[] {episodes, queries, queries};
    }

    /** Makes all tensors now that {@link #lookUp} and {@link #read} would make when they are first called. */
    void prepare() {
        addLookUp();
        addRead();
    }

    private void addLookUp() {
        if (settings.writer() == ModelSettings.Writer.POOLED && !runs(BundleGraph.ENCODER)) {
            add(BundleGraph.ENCODER, BundleGraph.KEY_MEAN);
        }
    }

    private void addRead() {
        if (runs(BundleGraph.READER_DECODER) || runs(BundleGraph.DECODER)) {
            return;
        }
        if (sessions.has(BundleGraph.READER_DECODER)) {
            add(BundleGraph.READER_DECODER, BundleGraph.LOGITS); // the noise stays 0
        } else {
            add(BundleGraph.READER, BundleGraph.TRACES, BundleGraph.PRIOR_MEAN);
            alias(BundleGraph.LATENT, BundleGraph.PRIOR_MEAN);
            add(BundleGraph.DECODER, BundleGraph.LOGITS);
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
        for (int query = 0; query < count(); query++) {
            find(memory, query, images, query * image.length, samples, matches, keys);
        }
        endLookUp(keys);
    }

    /** Finds one query, which begins at {@code from}; when it was the last one, {@link #endLookUp} must follow. */
    void find(Memory memory, int query, float[] images, int from, int[] samples, float[] matches, float[] keys) {
        if (settings.writer() == ModelSettings.Writer.POOLED) {
            addLookUp();
            buffer(BundleGraph.IMAGES).put(query * image.length, images, from, image.length);
            return;
        }
        ContentSearch contents = memory.contents();
        if (scores.length != contents.scoreSlots()) {
            scores = new double[contents.scoreSlots()];
        }
        int numbers = settings.keys() * 3;
        int episode = query / queries;
        samples[query] = contents.scores(images, from, episode, pixels, values, scores);
        for (int sample = 0; matches != null && sample < memory.samples(); sample++) {
            matches[query * memory.samples() + sample] = (float) scores[sample];
        }
        System.arraycopy(
                memory.pointers.data(),
                (episode * memory.samples() + samples[query]) * numbers,
                keys,
                query * numbers,
                numbers);
    }

    /** Has the encoder look at all queries, if the memory is a pooled one. */
    void endLookUp(float[] keys) {
        if (settings.writer() == ModelSettings.Writer.POOLED) {
            run(BundleGraph.ENCODER);
            buffer(BundleGraph.KEY_MEAN).get(0, keys);
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
        read(memory, keys);
        for (int query = 0; query < count(); query++) {
            image(query, images, query * image.length);
        }
    }

    /** The same, but the images stay behind for {@link #image}. */
    void read(Memory memory, float[] keys) {
        addRead();
        hold(memory);
        buffer(BundleGraph.KEYS).put(0, keys);
        if (sessions.has(BundleGraph.READER_DECODER)) {
            run(BundleGraph.READER_DECODER);
        } else {
            run(BundleGraph.READER);
            run(BundleGraph.DECODER);
        }
    }

    /** One query's image after {@link #read}, into {@code images} from {@code to} on. */
    void image(int query, float[] images, int to) {
        FloatBuffer parameters = buffer(BundleGraph.LOGITS);
        if (mixture == null) {
            parameters.get(query * image.length, images, to, image.length);
            Likelihood.logistic(images, to, image);
        } else {
            parameters.get(query * logits.length, logits);
            mixture.means(logits, images, to);
        }
    }
}
