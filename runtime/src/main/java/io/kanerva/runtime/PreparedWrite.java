package io.kanerva.runtime;

import java.nio.FloatBuffer;

/**
 * Writing of B episodes of T samples, ready to be run again and again into the caller's buffers: {@link Kanerva#write}
 * without its garbage. What a run leaves behind is what ONNX Runtime's own Java calls allocate, some hundred bytes a
 * graph, whatever the sizes.
 *
 * <p>It holds native memory and must be closed. Runs are serialised; for several threads, prepare one each.
 */
public final class PreparedWrite implements AutoCloseable {

    private final Sessions sessions;
    private final PinnedTensors tensors;
    private final float[] images;
    private final BundleGraph last;
    private final int memories;
    private final int keys;

    PreparedWrite(Sessions sessions, ModelSettings settings, int episodes, int samples) {
        this.sessions = sessions;
        images = new float
                [Math.multiplyExact(
                        Math.multiplyExact(episodes, samples), settings.image().floats())];
        memories = Math.multiplyExact(episodes, settings.memory().floats());
        keys = Math.multiplyExact(Math.multiplyExact(episodes, samples), settings.keys() * 3);
        last = sessions.has(BundleGraph.ENCODER_MEMORY_WRITER)
                ? BundleGraph.ENCODER_MEMORY_WRITER
                : BundleGraph.MEMORY_WRITER;
        tensors = new PinnedTensors(sessions, "write", episodes, samples, 0);
        sessions.enter();
        try {
            if (last == BundleGraph.MEMORY_WRITER) {
                tensors.add(BundleGraph.ENCODER, BundleGraph.CONTENT);
            }
            tensors.add(last, BundleGraph.MEMORY, BundleGraph.POINTERS);
        } catch (RuntimeException | Error e) {
            tensors.close();
            throw e;
        } finally {
            sessions.leave();
        }
    }

    /**
     * Encodes and writes. Buffers may be of any kind; they are used from their positions on, which do not move.
     *
     * @param episodes [B, T, Cx, Hx, Wx], values in [0, 1]
     * @param memory is filled: [B, C, H, W]
     * @param pointers is filled: [B, T, K, 3]
     * @throws TensorException if a buffer is too short or an image lies outside [0, 1]
     * @throws ClosedException after {@link #close} of this or of its Kanerva
     */
    public synchronized void run(FloatBuffer episodes, FloatBuffer memory, FloatBuffer pointers) {
        PreparedRecall.requireRoom("episodes", episodes, images.length);
        PreparedRecall.requireRoom("memory", memory, memories);
        PreparedRecall.requireRoom("pointers", pointers, keys);
        PreparedRecall.requireOpen("PreparedWrite", tensors.isClosed());
        sessions.enter();
        try {
            episodes.get(episodes.position(), images);
            PreparedRecall.requireImages("write: episodes", images, 0);
            tensors.buffer(BundleGraph.IMAGES).put(0, images);
            if (last == BundleGraph.MEMORY_WRITER) {
                tensors.run(BundleGraph.ENCODER);
            }
            tensors.run(last);
            memory.put(memory.position(), tensors.buffer(BundleGraph.MEMORY), 0, memories);
            pointers.put(pointers.position(), tensors.buffer(BundleGraph.POINTERS), 0, keys);
        } finally {
            sessions.leave();
        }
    }

    /** Frees the tensors; closing again does nothing. Waits for a run. */
    @Override
    public synchronized void close() {
        tensors.close();
    }
}
