package io.kanerva.runtime;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Direct float buffers in native byte order, kept between calls. ONNX Runtime reads such a buffer in place; one in
 * another byte order it would misread without a word.
 *
 * <p>Thread-safe. At most 64 MiB lie idle; the garbage collector frees the rest.
 */
final class BufferPool {

    /** More floats than this do not fit a direct buffer, whose size in bytes is an int. */
    static final int MOST_FLOATS = 1 << 28;

    private static final int SMALLEST_BITS = 8;
    private static final long MOST_IDLE_FLOATS = 1L << 24;

    /** Idle buffers by the binary logarithm of their capacity in floats. */
    private final ConcurrentLinkedDeque<FloatBuffer>[] idle = queues();

    private final AtomicLong idleFloats = new AtomicLong();

    /** A buffer with position 0 and room for {@code floats}, to be given back with {@link #release}. */
    FloatBuffer borrow(int floats) {
        int bits = Math.max(SMALLEST_BITS, 32 - Integer.numberOfLeadingZeros(floats - 1));
        FloatBuffer buffer = idle[bits].pollFirst();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(Float.BYTES << bits)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }
        idleFloats.addAndGet(-buffer.capacity());
        return buffer.clear();
    }

    /** Takes a borrowed buffer back; no tensor may refer to it any more. */
    void release(FloatBuffer buffer) {
        if (idleFloats.addAndGet(buffer.capacity()) > MOST_IDLE_FLOATS) {
            idleFloats.addAndGet(-buffer.capacity());
            return;
        }
        idle[31 - Integer.numberOfLeadingZeros(buffer.capacity())].addFirst(buffer);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static ConcurrentLinkedDeque<FloatBuffer>[] queues() {
        ConcurrentLinkedDeque<FloatBuffer>[] queues = new ConcurrentLinkedDeque[29];
        for (int bits = 0; bits < queues.length; bits++) {
            queues[bits] = new ConcurrentLinkedDeque<>();
        }
        return queues;
    }
}
