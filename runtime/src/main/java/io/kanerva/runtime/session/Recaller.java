package io.kanerva.runtime.session;

import io.kanerva.runtime.ModelSettings;
import java.util.function.IntPredicate;

/**
 * The look-up of Q queries in each of B memories, on a {@link Workspace}'s matcher and its host arrays: no step leaves
 * garbage.
 */
public final class Recaller {

    private static final IntPredicate IS_WRITTEN = sample -> true;

    private final Workspace workspace;
    private final int floats;
    private final Matcher matcher;

    Recaller(Workspace workspace, ModelSettings settings) {
        this.workspace = workspace;
        floats = settings.image().floats();
        matcher = workspace.matcher();
    }

    /**
     * Finds all queries.
     *
     * @param images the queries, [B, Q, Cx, Hx, Wx], all in [0, 1]
     * @param samples receives the samples found, [B Q]
     * @param scores receives their matches, [B Q]
     */
    void lookUp(StoredMemory memory, float[] images, int[] samples, float[] scores) {
        for (int query = 0; query < samples.length; query++) {
            find(memory, query, images, query * floats, samples, scores);
        }
    }

    /**
     * Finds one query, which begins at {@code from}; perhaps not before the last one of its memory is given.
     *
     * @param scores may be null
     */
    public void find(StoredMemory memory, int query, float[] images, int from, int[] samples, float[] scores) {
        if (query == 0) {
            matcher.clear(); // an earlier call may have ended before its last query
        }
        matcher.add(images, from);
        boolean isLast = (query + 1) % workspace.count() == 0;
        if (!isLast && matcher.count() < Matcher.together(workspace.count(), memory.samples())) {
            return;
        }
        int first = query + 1 - matcher.count();
        matcher.match(memory.contents(), query / workspace.count(), 0, IS_WRITTEN);
        for (int i = 0; i < matcher.count(); i++) {
            samples[first + i] = matcher.place(i);
            if (scores != null) {
                scores[first + i] = (float) matcher.score(i);
            }
        }
        matcher.clear();
    }

    /** Copies the image that a query found, as it reads back, to {@code images}, from {@code to} on. */
    public void image(StoredMemory memory, int query, int[] samples, float[] images, int to) {
        memory.contents().copyImage(query / workspace.count(), samples[query], images, to);
    }
}
