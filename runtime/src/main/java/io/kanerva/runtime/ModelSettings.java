package io.kanerva.runtime;

import io.kanerva.runtime.bundle.BundleSource;
import java.util.Objects;

/**
 * A model's settings, as its bundle records them.
 *
 * @param writer how episodes are written
 * @param addressing how keys are turned into windows of the memory
 * @param likelihood what the decoder's output means
 * @param image one image, [Cx, Hx, Wx]
 * @param memory one memory as in training, [C, H, W]; with dereferenced keys its height grows with the samples
 * @param block what one key reads, [C, h, w]
 * @param keys K, keys per sample
 * @param latent D, size of the latent
 * @param slotRows Gy, rows of the slot grid in {@code memory}
 * @param slotColumns Gx, columns of the slot grid
 * @param memoryLayers pairs of convolutions that a pooled writer applies to the whole memory; 0 for a heap
 * @param width channels of the widest layers, 0 to {@value #MAX_WIDTH}: how large a graph's tensors may be
 * @param capacity samples that one memory takes: floor(Gy * Gx / K) with continuous keys; as many as 2^28 values and
 *     2^24 rows of slots hold with dereferenced ones
 * @param neighbours pixels before each pixel that {@link Likelihood#DISCRETIZED_LOGISTIC_MIXTURE} conditions it on: 0,
 *     4, 12 or 24
 * @param scaleCells 2 if the sign of a dereferenced key's scale chooses how its block is read: above 0 verbatim, else
 *     as its gist, which reaches the prior of the latent alone; 1 if the scale has no effect
 */
public record ModelSettings(
        Writer writer,
        Addressing addressing,
        Likelihood likelihood,
        Planes image,
        Planes memory,
        Planes block,
        int keys,
        int latent,
        int slotRows,
        int slotColumns,
        int memoryLayers,
        int width,
        int capacity,
        int neighbours,
        int scaleCells) {

    /** The most channels that a layer may have. */
    public static final int MAX_WIDTH = 1 << 14;

    private static final int MAX_COUNT = 1 << 30;

    /** @throws IllegalArgumentException if a number is out of its range, or the slots exceed 2^30 */
    public ModelSettings {
        Objects.requireNonNull(writer, "writer");
        Objects.requireNonNull(addressing, "addressing");
        Objects.requireNonNull(likelihood, "likelihood");
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(memory, "memory");
        Objects.requireNonNull(block, "block");
        require("keys", keys, 1, 1 << 10);
        require("latent", latent, 1, MAX_COUNT);
        require("slotRows", slotRows, 0, 1 << 16);
        require("slotColumns", slotColumns, 0, 1 << 16);
        require("slots", (long) slotRows * slotColumns, 0, MAX_COUNT);
        require("memoryLayers", memoryLayers, 0, MAX_COUNT);
        require("width", width, 0, MAX_WIDTH);
        require("capacity", capacity, 0, Integer.MAX_VALUE);
        require("neighbours", neighbours, 0, 24);
        require("scaleCells", scaleCells, 1, 2);
    }

    /**
     * Reads the {@code settings} of a bundle.json.
     *
     * @param place names them in messages
     * @param json the object's text
     * @throws BundleException if one is missing, out of its range or contradicts another
     */
    public static ModelSettings parse(String place, String json) {
        return BundleSource.settings(place, json);
    }

    /** Whether memories grow with their samples, row by row of slots: a heap's with dereferenced keys. */
    public boolean grows() {
        return writer == Writer.HEAP && addressing == Addressing.DEREFERENCED;
    }

    /**
     * H of a memory of that many samples.
     *
     * @param samples from 1 to {@link #capacity}
     */
    public int memoryHeight(int samples) {
        return grows()
                ? Math.toIntExact(((long) samples * keys + slotColumns - 1) / slotColumns * block.height())
                : memory.height();
    }

    /** Gy, the rows of slots, of a memory of that height. */
    public int slotRows(int memoryHeight) {
        return grows() ? memoryHeight / block.height() : slotRows;
    }

    private static void require(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "ModelSettings: %s: expected %d to %d, found %d".formatted(name, least, most, value));
        }
    }

    /** How an episode becomes a memory. */
    public enum Writer {
        /** Each sample gets its own blocks, at allocated slots. */
        HEAP,
        /** The paper's: blocks are summed over the episode, each at the slot that its sample's rank gives. */
        POOLED
    }

    /** What a key (scale, x, y) points at. */
    public enum Addressing {
        /** The key is snapped to the slot in whose cell it lands; its scale is not used, or only its sign. */
        DEREFERENCED,
        /** The key is a window anywhere in the memory. */
        CONTINUOUS
    }
}
