package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.math.ContentSearch;
import io.kanerva.runtime.math.ImageMeans;

/**
 * The steps of a recall of Q queries from each of B memories, on the tensors of a {@link Workspace} and its host
 * arrays: no step leaves garbage.
 */
public final class Recaller {

    private final Workspace workspace;
    private final int keyNumbers;
    private final int floats;
    private final ImageMeans means;
    private final int[] pixels;
    private final double[] values;
    private double[] scores = {};

    Recaller(Workspace workspace, ModelSettings settings) {
        this.workspace = workspace;
        keyNumbers = settings.keys() * 3;
        floats = settings.image().floats();
        means = ImageMeans.of(settings);
        pixels = new int[floats + 1];
        values = new double[floats + 1];
    }

    /**
     * Finds all queries.
     *
     * @param images the queries, [B, Q, Cx, Hx, Wx], all in [0, 1]
     * @param samples receives the samples found, [B Q]
     * @param matches receives each query's match with each sample, [B, Q, T]
     * @param keys receives [B, Q, K, 3]
     */
    void lookUp(StoredMemory memory, float[] images, int[] samples, float[] matches, float[] keys) {
        for (int query = 0; query < workspace.batch() * workspace.count(); query++) {
            find(memory, query, images, query * floats, samples, matches, keys);
        }
    }

    /**
     * Finds one query, which begins at {@code from}.
     *
     * @param matches may be null
     */
    public void find(
            StoredMemory memory, int query, float[] images, int from, int[] samples, float[] matches, float[] keys) {
        workspace.check();
        ContentSearch contents = memory.contents();
        if (scores.length != contents.scoreSlots()) {
            scores = new double[contents.scoreSlots()];
        }
        int episode = query / workspace.count();
        samples[query] = contents.scores(images, from, episode, pixels, values, scores);
        for (int sample = 0; matches != null && sample < memory.samples(); sample++) {
            matches[query * memory.samples() + sample] = (float) scores[sample];
        }
        System.arraycopy(
                memory.pointers().data(),
                (episode * memory.samples() + samples[query]) * keyNumbers,
                keys,
                query * keyNumbers,
                keyNumbers);
    }

    /**
     * Reads and decodes with the latents at their prior's mean.
     *
     * @param keys [B, Q, K, 3]
     * @param images receives the pixels' means, [B, Q, Cx, Hx, Wx]
     */
    void read(StoredMemory memory, float[] keys, float[] images) {
        read(memory, keys);
        for (int query = 0; query < workspace.batch() * workspace.count(); query++) {
            image(query, images, query * floats);
        }
    }

    /** The same, but leaves the images to {@link #image}. */
    public void read(StoredMemory memory, float[] keys) {
        workspace.hold(memory);
        workspace.buffer(KEYS).put(0, keys);
        if (workspace.runs(READER_DECODER)) {
            workspace.run(READER_DECODER); // its noise stays 0
        } else {
            workspace.run(READER);
            workspace.copy(PRIOR_MEAN, LATENT);
            workspace.run(DECODER);
        }
    }

    /** Writes one query's image after {@link #read} into {@code images}, from {@code to} on. */
    public void image(int query, float[] images, int to) {
        means.write(workspace.buffer(LOGITS), query, images, to);
    }
}
