package io.kanerva.runtime;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Recall of Q queries from each of B memories, ready to be run again and again into the caller's buffers:
 * {@link Kanerva#recall} with one iteration, without its garbage. What a run leaves behind is what ONNX Runtime's own
 * Java calls allocate, some hundred bytes a graph, whatever the sizes.
 *
 * <p>It holds native memory and must be closed. Runs are serialised; for several threads, prepare one each.
 */
public final class PreparedRecall implements AutoCloseable {

    private final Sessions sessions;
    private final Memory memory;
    private final RecallPlan plan;
    private final float[] image;
    private final float[] keys;
    private final int[] samples;
    private final int floats;

    /** @param memory ready to be searched */
    PreparedRecall(Sessions sessions, ModelSettings settings, Memory memory, int queries) {
        this.sessions = sessions;
        this.memory = memory;
        plan = new RecallPlan(sessions, settings, memory.episodes(), queries);
        image = new float[settings.image().floats()];
        floats = Math.multiplyExact(plan.count(), image.length);
        keys = new float[Math.multiplyExact(plan.count(), settings.keys() * 3)];
        samples = new int[plan.count()];
        if (memory.contents() == null) {
            Arrays.fill(samples, -1);
        }
        sessions.enter();
        try {
            plan.prepare();
        } catch (RuntimeException | Error e) {
            plan.close();
            throw e;
        } finally {
            sessions.leave();
        }
    }

    /**
     * Looks the queries up, reads and decodes. Both buffers may be of any kind and the same one; they are used from
     * their positions on, which do not move.
     *
     * @param queries [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @param recalled is filled with the images: [B, Q, Cx, Hx, Wx], values in [0, 1]
     * @throws TensorException if a buffer is too short or a query lies outside [0, 1]
     * @throws ClosedException after {@link #close} of this or of its Kanerva
     */
    public synchronized void run(FloatBuffer queries, FloatBuffer recalled) {
        requireRoom("queries", queries, floats);
        requireRoom("recalled", recalled, floats);
        requireOpen("PreparedRecall", plan.isClosed());
        sessions.enter();
        try {
            // Image by image: each stays in the nearest cache from one step to the next.
            for (int query = 0; query < samples.length; query++) {
                queries.get(queries.position() + query * image.length, image);
                requireImages("recall: queries", image, query * image.length);
                plan.find(memory, query, image, 0, samples, null, keys);
            }
            plan.endLookUp(keys);
            plan.read(memory, keys);
            for (int query = 0; query < samples.length; query++) {
                plan.image(query, image, 0);
                recalled.put(recalled.position() + query * image.length, image);
            }
        } finally {
            sessions.leave();
        }
    }

    /**
     * The written sample that the last run found for a query.
     *
     * @param query b * Q + q
     * @return 0 to T - 1; always -1 for a pooled memory, which has no samples left to name
     */
    public synchronized int sample(int query) {
        return samples[query];
    }

    /** Frees the tensors; closing again does nothing. Waits for a run. */
    @Override
    public synchronized void close() {
        plan.close();
    }

    static void requireOpen(String what, boolean closed) {
        if (closed) {
            throw new ClosedException("%s: called after close", what);
        }
    }

    static void requireRoom(String name, FloatBuffer buffer, int floats) {
        if (buffer.remaining() < floats) {
            throw new TensorException(
                    "buffer '%s': expected room for %d values, found %d", name, floats, buffer.remaining());
        }
    }

    /** @param first where the values begin in what the caller gave */
    static void requireImages(String place, float[] values, int first) {
        int outside = FloatTensor.outsideImages(values);
        if (outside >= 0) {
            throw new TensorException(
                    "%s: expected values from 0 to 1, found %s at [%d]", place, values[outside], first + outside);
        }
    }
}
