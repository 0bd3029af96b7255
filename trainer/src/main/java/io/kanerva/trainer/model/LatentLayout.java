package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What the D numbers of a latent are. */
public enum LatentLayout {
    /** A vector for the whole image, added alike everywhere. */
    @JsonProperty("vector")
    VECTOR,
    /**
     * A feature map of D / (h w) channels at the block's resolution, [D / (h w), h, w] row-major: it says things where
     * they are.
     */
    @JsonProperty("map")
    MAP;

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
