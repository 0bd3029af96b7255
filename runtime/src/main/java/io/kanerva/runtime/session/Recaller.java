package io.kanerva.runtime.session;

import static io.kanerva.runtime.BundleGraph.*;

import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.math.ImageMeans;
import java.util.function.IntPredicate;

/**
 * The steps of a recall of Q queries from each of B memories, on the tensors of a {@link Workspace} and its host
 * arrays: no step leaves garbage.
 */
public final class Recaller {

    private static final IntPredicate IS_WRITTEN = sample -> true;

    private final Workspace workspace;
    private final int keyNumbers;
    private final int floats;
    private final ImageMeans means;
    private final Matcher matcher;

    Recaller(Workspace workspace, ModelSettings settings) {
        this.workspace = workspace;
        keyNumbers = settings.keys() * 3;
        floats = settings.image().floats();
        means = ImageMeans.of(settings);
        matcher = workspace.matcher();
    }

    /**
     * Finds all queries.
     *
     * @param images the queries, [B, Q, Cx, Hx, Wx], all in [0, 1]
     * @param samples receives the samples found, [B Q]
     * @param scores receives their matches, [B Q]
     * @param keys receives [B, Q, K, 3]
     */
    void lookUp(StoredMemory memory, float[] images, int[] samples, float[] scores, float[] keys) {
        for (int query = 0; query < workspace.batch() * workspace.count(); query++) {
            find(memory, query, images, query * floats, samples, scores, keys);
        }
    }

    /**
     * Finds one query, which begins at {@code from}; perhaps not before the last one of its memory is given.
     *
     * @param scores may be null
     */
    public void find(
            StoredMemory memory, int query, float[] images, int from, int[] samples, float[] scores, float[] keys) {
        if (query == 0) {
            matcher.clear(); // an earlier call may have ended before its last query
        }
        matcher.add(images, from);
        boolean isLast = (query + 1) % workspace.count() == 0;
        if (!isLast && matcher.count() < Matcher.together(workspace.count(), memory.samples())) {
            return;
        }
        int episode = query / workspace.count();
        int first = query + 1 - matcher.count();
        matcher.match(memory.contents(), episode, 0, IS_WRITTEN);
        for (int i = 0; i < matcher.count(); i++) {
            samples[first + i] = matcher.place(i);
            if (scores != null) {
                scores[first + i] = (float) matcher.score(i);
            }
            System.arraycopy(
                    memory.pointers().data(),
                    (episode * memory.samples() + samples[first + i]) * keyNumbers,
                    keys,
                    (first + i) * keyNumbers,
                    keyNumbers);
        }
        matcher.clear();
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
        if (workspace.runs(INDEX)) {
            workspace.buffer(POINTERS).put(0, keys);
            workspace.run(INDEX);
        } else {
            workspace.buffer(KEYS).put(0, keys);
            workspace.run(READER);
            workspace.copy(PRIOR_MEAN, LATENT);
            workspace.run(DECODER);
        }
    }

    /** Writes one query's image after {@link #read} into {@code images}, from {@code to} on. */
    public void image(int query, float[] images, int to) {
        if (workspace.runs(INDEX)) {
            workspace.buffer(CONTENTS).get(query * floats, images, to, floats);
            workspace.requireImage(CONTENTS, images, to, floats, query);
        } else {
            means.write(workspace.buffer(LOGITS), query, images, to);
        }
    }
}
