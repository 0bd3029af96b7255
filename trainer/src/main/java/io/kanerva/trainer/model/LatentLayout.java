package io.kanerva.trainer.model;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How the D values of a latent are arranged. */
public enum LatentLayout {
    /** A vector for the whole image, added at every position. */
    VECTOR,
    /**
     * A feature map of D / (h w) channels at the block's resolution, [D / (h w), h, w] row-major, with spatial
     * positions.
     */
    MAP;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
