package io.kanerva.runtime;

import java.util.Locale;

/**
 * A model's settings, as its bundle records them.
 *
 * @param writer how episodes are written
 * @param addressing how keys are turned into windows of the memory
 * @param likelihood what the decoder's output means
 * @param image one image, [Cx, Hx, Wx]
 * @param memory one memory, [C, H, W]
 * @param block what one key reads, [C, h, w]
 * @param keys K, keys a sample
 * @param latent D, size of the latent
 * @param slotRows Gy, rows of the slot grid; 0 for a pooled writer
 * @param slotColumns Gx, columns of the slot grid; 0 for a pooled writer
 * @param embedding E, size of the pooled writer's embedding; 0 for a heap
 * @param width channels of the network's widest layers; information only
 * @param capacity samples that fit one memory: floor(Gy * Gx / K); 0, meaning no limit, for a pooled writer
 * @param neighbours pixels before each pixel that {@link Likelihood#DISCRETIZED_LOGISTIC_MIXTURE} conditions it on: 0,
 *     4, 12 or 24
 * @param scaleCells 2 if a dereferenced key's scale says how its block is taken: above 0 verbatim, else for its gist,
 *     which tells the prior of the latent alone; 1 if it says nothing
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
        /** Each sample gets blocks of its own, at allocated slots. */
        HEAP,
        /** The paper's: the embeddings' mean over the episode is mapped to the memory. */
        POOLED
    }

    /** What a key (scale, x, y) points at. */
    public enum Addressing {
        /** The key is snapped to the slot in whose cell it lands; its scale is not used, or only its sign. */
        DEREFERENCED,
        /** The key is a window of its own, anywhere in the memory. */
        CONTINUOUS
    }

    /** The settings of a bundle.json's {@code settings} object, checked for contradictions. */
    static ModelSettings from(JsonNode json) {
        ModelSettings settings = new ModelSettings(
                json.get("writer").oneOf(Writer.class),
                json.get("addressing").oneOf(Addressing.class),
                json.get("likelihood").oneOf(Likelihood.class),
                planes(json.get("imageShape")),
                planes(json.get("memoryShape")),
                planes(json.get("blockShape")),
                json.get("keys").integer(1, 1024),
                json.get("latent").integer(1, 1 << 20),
                json.get("slotRows").integer(0, 1 << 15),
                json.get("slotColumns").integer(0, 1 << 15),
                json.get("embedding").integer(0, 1 << 24),
                json.get("width").integer(0, 1 << 24),
                json.get("capacity").integer(0, 1 << 30),
                json.has("neighbours") ? json.get("neighbours").integer(0, 24) : 0,
                json.has("scaleCells") ? json.get("scaleCells").integer(1, 2) : 1);
        settings.check(json);
        return settings;
    }

    private void check(JsonNode json) {
        if (block.channels() != memory.channels()
                || block.height() > memory.height()
                || block.width() > memory.width()) {
            throw json.get("blockShape").error("a block that fits memory " + memory, block.toString());
        }
        int reach = LogisticMixture.reach(neighbours);
        if (neighbours != 2 * reach * (reach + 1)) {
            throw json.get("neighbours").error("0, 4, 12 or 24", Integer.toString(neighbours));
        }
        if (writer == Writer.POOLED) {
            if (addressing != Addressing.CONTINUOUS) {
                throw json.get("addressing")
                        .error(
                                "continuous for a pooled writer",
                                addressing.name().toLowerCase(Locale.ROOT));
            }
            return;
        }
        int slots = slotRows * slotColumns;
        if (slots < keys) {
            throw json.get("slotColumns").error("slots for at least one sample of " + keys + " keys", slots + " slots");
        }
        if (capacity != slots / keys) {
            throw json.get("capacity").error("%d, slots over keys".formatted(slots / keys), Integer.toString(capacity));
        }
    }

    /** Cells of equal prior mass that a dereferenced key can lie in. */
    int cells() {
        return slotRows * slotColumns * scaleCells;
    }

    private static Planes planes(JsonNode json) {
        if (json.elements().size() != 3) {
            throw json.error("[channels, height, width]", json.elements().size() + " numbers");
        }
        Planes planes = new Planes(
                json.elements().get(0).integer(1, 1 << 16),
                json.elements().get(1).integer(1, 1 << 16),
                json.elements().get(2).integer(1, 1 << 16));
        if ((long) planes.channels() * planes.height() * planes.width() > 1 << 28) {
            throw json.error("at most 2^28 values", planes.toString());
        }
        return planes;
    }
}
