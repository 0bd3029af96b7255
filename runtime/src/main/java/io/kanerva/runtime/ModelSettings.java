package io.kanerva.runtime;

/**
 * A model's settings, as its bundle records them.
 *
 * @param writer how episodes are written
 * @param addressing how keys are turned into windows of the memory
 * @param likelihood what the decoder's output means
 * @param image one image, [Cx, Hx, Wx]
 * @param memory one memory, [C, H, W]
 * @param block what one key reads, [C, h, w]
 * @param keys K, keys per sample
 * @param latent D, size of the latent
 * @param slotRows Gy, rows of the slot grid; 0 for a pooled writer
 * @param slotColumns Gx, columns of the slot grid; 0 for a pooled writer
 * @param embedding E, size of the pooled writer's embedding; 0 for a heap
 * @param width channels of the widest layers, for information
 * @param capacity samples that fit one memory: floor(Gy * Gx / K), or {@link Integer#MAX_VALUE} for a pooled writer,
 *     which has no limit
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
        int embedding,
        int width,
        int capacity,
        int neighbours,
        int scaleCells) {

    /** How an episode becomes a memory. */
    public enum Writer {
        /** Each sample gets its own blocks, at allocated slots. */
        HEAP,
        /** The paper's: the embeddings' mean over the episode is mapped to the memory. */
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
