package io.kanerva.runtime.session;

import io.kanerva.runtime.FloatTensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of a call that is too large for one run: some of its episodes, and of each some of its samples or queries.
 *
 * @param episode the first episode
 * @param episodes the number of episodes
 * @param first the first sample or query of each
 * @param count the number of samples or queries of each
 */
record Part(int episode, int episodes, int first, int count) {

    /**
     * Cuts a call into parts of at most {@code most} images, if possible. An episode is cut evenly: graphs add numbers
     * of a lone image in another order than those of several, so that none is left over.
     *
     * @param cutsCounts whether an episode's samples or queries may be in different parts
     */
    static List<Part> of(int episodes, int count, int most, boolean cutsCounts) {
        int rows = Math.max(1, Math.min(episodes, most / count));
        int columns = cutsCounts ? ceilDiv(count, ceilDiv(count, Math.max(1, most))) : count;
        List<Part> parts = new ArrayList<>();
        for (int row = 0; row < episodes; row += rows) {
            for (int column = 0; column < count; column += columns) {
                parts.add(new Part(row, Math.min(rows, episodes - row), column, Math.min(columns, count - column)));
            }
        }
        return parts;
    }

    private static int ceilDiv(int count, int most) {
        return (count - 1) / most + 1;
    }

    /** The part of a tensor [B, N, ...]; the tensor itself if that is all. */
    FloatTensor of(FloatTensor whole) {
        if (whole.dimension(0) == episodes && whole.dimension(1) == count) {
            return whole;
        }
        int[] shape = whole.shape();
        shape[0] = episodes;
        shape[1] = count;
        FloatTensor part = FloatTensor.zeros(shape);
        copy(whole, part, true);
        return part;
    }

    /** The part's episodes of memories. */
    StoredMemory of(StoredMemory memories) {
        return memories.part(episode, episodes);
    }

    /** Puts what the part made, [b, n, ...], into the whole, [B, N, ...]. */
    void into(FloatTensor whole, FloatTensor part) {
        copy(whole, part, false);
    }

    private void copy(FloatTensor whole, FloatTensor part, boolean out) {
        int each = part.size() / (episodes * count);
        for (int row = 0; row < episodes; row++) {
            int inPart = row * count * each;
            int inWhole = ((episode + row) * whole.dimension(1) + first) * each;
            if (out) {
                System.arraycopy(whole.data(), inWhole, part.data(), inPart, count * each);
            } else {
                System.arraycopy(part.data(), inPart, whole.data(), inWhole, count * each);
            }
        }
    }

    /** Puts rows that the part made, [b, ...], into the whole, [B, ...]. */
    void rowsInto(FloatTensor whole, FloatTensor part) {
        System.arraycopy(part.data(), 0, whole.data(), episode * (part.size() / episodes), part.size());
    }
}
