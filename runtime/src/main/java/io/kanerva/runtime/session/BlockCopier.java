package io.kanerva.runtime.session;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;

/**
 * The slots of memories that grow, on the host: slot s of a memory [C, H, W] covers h x w pixels of each plane, from
 * row s / Gx h and column s mod Gx w on. Blocks are copied bit for bit, as the graphs do.
 */
final class BlockCopier {

    private final int columns;
    private final int channels;
    private final int height;
    private final int width;

    BlockCopier(ModelSettings settings) {
        columns = settings.slotColumns();
        channels = settings.block().channels();
        height = settings.block().height();
        width = settings.block().width();
    }

    /** Values of a block. */
    int floats() {
        return channels * height * width;
    }

    /**
     * Copies a block [C, h, w] into a slot.
     *
     * @param memories [B, C, H, W]
     */
    void put(float[] blocks, int from, FloatTensor memories, int memory, long slot) {
        copy(blocks, from, memories, memory, slot, true);
    }

    /** Copies a slot's block to {@code blocks}, from {@code to} on. */
    void get(FloatTensor memories, int memory, long slot, float[] blocks, int to) {
        copy(blocks, to, memories, memory, slot, false);
    }

    private void copy(float[] blocks, int at, FloatTensor memories, int memory, long slot, boolean in) {
        float[] planes = memories.data();
        int planeHeight = memories.dimension(2);
        int planeWidth = memories.dimension(3);
        int top = (int) (slot / columns) * height;
        int left = (int) (slot % columns) * width;
        int block = at;
        for (int channel = 0; channel < channels; channel++) {
            int plane = ((memory * channels + channel) * planeHeight + top) * planeWidth + left;
            for (int row = 0; row < height; row++, block += width, plane += planeWidth) {
                if (in) {
                    System.arraycopy(blocks, block, planes, plane, width);
                } else {
                    System.arraycopy(planes, plane, blocks, block, width);
                }
            }
        }
    }

    /** The keys (scale, column, row) of the slots from {@code first} on, into {@code keys}. */
    void name(float scale, long first, float[] keys, int from, int count) {
        for (int i = 0; i < count; i++) {
            keys[from + 3 * i] = scale;
            keys[from + 3 * i + 1] = (first + i) % columns;
            keys[from + 3 * i + 2] = (first + i) / columns;
        }
    }

    /** The slot that a key, three numbers from {@code at} on, names. */
    long slot(float[] keys, int at) {
        return (long) keys[at + 2] * columns + (long) keys[at + 1];
    }

    /** Memories that have their planes' rows below, and then zeros: [B, C, H', W]. */
    static FloatTensor grown(FloatTensor memories, int height) {
        int[] shape = memories.shape();
        int rows = shape[2] * shape[3];
        int grownRows = height * shape[3];
        shape[2] = height;
        FloatTensor grown = FloatTensor.zeros(shape);
        for (int plane = 0; plane < shape[0] * shape[1]; plane++) {
            System.arraycopy(memories.data(), plane * rows, grown.data(), plane * grownRows, rows);
        }
        return grown;
    }
}
