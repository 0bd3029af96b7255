package io.kanerva.runtime;

import io.kanerva.runtime.math.Values;
import io.kanerva.runtime.session.Limit;
import io.kanerva.runtime.session.Recaller;
import io.kanerva.runtime.session.StoredMemory;
import io.kanerva.runtime.session.Workspace;
import java.nio.FloatBuffer;

/**
 * Recall of Q queries from each of B memories, prepared for many runs into the caller's buffers: {@link Kanerva#recall}
 * with one iteration. A run leaves no garbage; where queries are so many that ONNX Runtime compares them, its own Java
 * calls allocate some hundred bytes.
 *
 * <p>It holds native memory and must be closed. Runs are serialised; for several threads, prepare one each.
 */
public final class PreparedRecall implements AutoCloseable {

    private final Workspace workspace;
    private final Recaller recaller;
    private final StoredMemory memory;
    private final float[] image;
    private final int[] samples;

    /** @param workspace of a recall from {@code memory}; owned from now on */
    PreparedRecall(Workspace workspace, ModelSettings settings, StoredMemory memory) {
        this.workspace = workspace;
        this.memory = memory;
        recaller = workspace.recaller();
        samples = new int[workspace.batch() * workspace.count()];
        image = new float[settings.image().floats()];
    }

    /**
     * Looks the queries up, and returns what they find as it reads back. The buffers may be of any kind and the same
     * one; they are used from their positions on, which do not change.
     *
     * @param queries [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @param recalled receives [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @throws TensorException if a buffer is too short, one to be filled is read-only, or a query has values outside
     *     [0, 1]
     * @throws ClosedException after {@link #close} of this or of its Kanerva
     */
    public void run(FloatBuffer queries, FloatBuffer recalled) {
        run(queries, recalled, Limit.NONE);
    }

    /**
     * The same, within a limit.
     *
     * @throws CancelledException if {@code limit} is reached
     */
    public void run(FloatBuffer queries, FloatBuffer recalled, CallLimit limit) {
        run(queries, recalled, limit.limit);
    }

    private synchronized void run(FloatBuffer queries, FloatBuffer recalled, Limit limit) {
        requireSpace("queries", queries, samples.length * image.length);
        requireSpace("recalled", recalled, samples.length * image.length);
        requireWritable("recalled", recalled);
        workspace.enter("PreparedRecall", limit);
        try {
            // Image by image, so that each stays in the first-level cache from one step to the next.
            for (int query = 0; query < samples.length; query++) {
                queries.get(queries.position() + query * image.length, image);
                requireImages("recall: queries", image, query * image.length);
                recaller.find(memory, query, image, 0, samples, null);
            }
            for (int query = 0; query < samples.length; query++) {
                recaller.image(memory, query, samples, image, 0);
                recalled.put(recalled.position() + query * image.length, image);
            }
        } finally {
            workspace.leave();
        }
    }

    /**
     * The written sample that the last run found for a query.
     *
     * @param query b * Q + q
     * @return 0 to T - 1
     * @throws TensorException if there is no such query
     */
    public synchronized int sample(int query) {
        if (query < 0 || query >= samples.length) {
            throw new TensorException(
                    "PreparedRecall: expected a query from 0 to %d, found %d", samples.length - 1, query);
        }
        return samples[query];
    }

    /** Waits for a run, then frees the tensors; closing again does nothing. */
    @Override
    public synchronized void close() {
        workspace.free();
    }

    static void requireSpace(String name, FloatBuffer buffer, int floats) {
        if (buffer.remaining() < floats) {
            throw new TensorException(
                    "buffer '%s': expected space for %d values, found %d", name, floats, buffer.remaining());
        }
    }

    static void requireWritable(String name, FloatBuffer buffer) {
        if (buffer.isReadOnly()) {
            throw new TensorException("buffer '%s': expected one to write to, found a read-only one", name);
        }
    }

    /** @param first the index of the first value for messages */
    static void requireImages(String place, float[] values, int first) {
        int outside = Values.firstOutsideImages(values);
        if (outside >= 0) {
            throw new TensorException(
                    "%s: expected values from 0 to 1, found %s at [%d]", place, values[outside], first + outside);
        }
    }
}
