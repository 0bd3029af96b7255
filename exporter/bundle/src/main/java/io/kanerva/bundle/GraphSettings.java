package io.kanerva.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import io.kanerva.runtime.ModelSettings.Addressing;

/**
 * What the graphs that are whole calls take from a bundle's settings.
 *
 * @param image [Cx, Hx, Wx]
 * @param memory [C, H, W]
 * @param block [C, h, w]
 * @param keys K
 * @param latent D
 * @param columns of the grid of slots
 * @param isMixture whether images are mixtures of logistics
 * @param neighbours of each pixel of such images
 * @param scaleCells 2 where the sign of a key's scale matters, else 1
 */
record GraphSettings(
        int[] image,
        int[] memory,
        int[] block,
        int keys,
        int latent,
        int columns,
        Addressing addressing,
        boolean isMixture,
        int neighbours,
        int scaleCells) {

    /**
     * Reads bundle.json's.
     *
     * @throws IllegalArgumentException if one is missing
     */
    static GraphSettings of(JsonNode settings) {
        return new GraphSettings(
                sizes(settings.required("imageShape")),
                sizes(settings.required("memoryShape")),
                sizes(settings.required("blockShape")),
                settings.required("keys").asInt(),
                settings.required("latent").asInt(),
                settings.required("slotColumns").asInt(),
                settings.required("addressing").asText().equals("continuous")
                        ? Addressing.CONTINUOUS
                        : Addressing.DEREFERENCED,
                !settings.required("likelihood").asText().equals("bernoulli"),
                settings.path("neighbours").asInt(0),
                settings.path("scaleCells").asInt(1));
    }

    private static int[] sizes(JsonNode list) {
        int[] sizes = new int[list.size()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = list.get(i).asInt();
        }
        return sizes;
    }

    boolean isDereferenced() {
        return addressing == Addressing.DEREFERENCED;
    }

    /** The values of an image. */
    int pixels() {
        return image[0] * image[1] * image[2];
    }
}
