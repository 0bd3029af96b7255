package io.kanerva.runtime;

import io.kanerva.runtime.session.Limit;
import io.kanerva.runtime.session.Workspace;
import java.nio.FloatBuffer;

/**
 * Writing of B episodes of T samples, prepared for many runs into the caller's buffers: {@link Kanerva#write}. A run
 * leaves no garbage but what ONNX Runtime's own Java calls allocate, some hundred bytes per graph, whatever the sizes.
 *
 * <p>It holds native memory and must be closed. Runs are serialised; for several threads, prepare one each.
 */
public final class PreparedWrite implements AutoCloseable {

    /** Values that are checked at a time, in the first-level cache. */
    private static final int PIECE = 4096;

    private final Workspace workspace;
    private final float[] images;
    private final float[] piece = new float[PIECE];
    private final int memories;
    private final int keys;

    /** @param workspace of a write; owned from now on */
    PreparedWrite(Workspace workspace, ModelSettings settings) {
        this.workspace = workspace;
        int samples = workspace.batch() * workspace.count();
        images = new float[Math.multiplyExact(samples, settings.image().floats())];
        memories = workspace.buffer(BundleGraph.MEMORY).limit();
        keys = workspace.buffer(BundleGraph.POINTERS).limit();
    }

    /**
     * Encodes and writes. Buffers may be of any kind; they are used from their positions on, which do not change.
     *
     * @param episodes [B, T, Cx, Hx, Wx], values in [0, 1]
     * @param memory receives [B, C, H, W]
     * @param pointers receives [B, T, K, 3]
     * @throws TensorException if a buffer is too short, one to be filled is read-only, or an image has values outside
     *     [0, 1]
     * @throws ClosedException after {@link #close} of this or of its Kanerva
     */
    public void run(FloatBuffer episodes, FloatBuffer memory, FloatBuffer pointers) {
        run(episodes, memory, pointers, Limit.NONE);
    }

    /**
     * The same, within a limit.
     *
     * @throws CancelledException if {@code limit} is reached
     */
    public void run(FloatBuffer episodes, FloatBuffer memory, FloatBuffer pointers, CallLimit limit) {
        run(episodes, memory, pointers, limit.limit);
    }

    private synchronized void run(FloatBuffer episodes, FloatBuffer memory, FloatBuffer pointers, Limit limit) {
        PreparedRecall.requireSpace("episodes", episodes, images.length);
        PreparedRecall.requireSpace("memory", memory, memories);
        PreparedRecall.requireSpace("pointers", pointers, keys);
        PreparedRecall.requireWritable("memory", memory);
        PreparedRecall.requireWritable("pointers", pointers);
        workspace.enter("PreparedWrite", limit);
        try {
            episodes.get(episodes.position(), images);
            PreparedRecall.requireImages("write: episodes", images, 0);
            workspace.buffer(BundleGraph.IMAGES).put(0, images);
            workspace.run();
            workspace.get(BundleGraph.MEMORY, memory, piece);
            workspace.get(BundleGraph.POINTERS, pointers, piece);
        } finally {
            workspace.leave();
        }
    }

    /** Waits for a run, then frees the tensors; closing again does nothing. */
    @Override
    public synchronized void close() {
        workspace.free();
    }
}
