package io.kanerva.trainer.model;

/**
 * The decoder's size and reach.
 *
 * @param width channels of its layers at the block's resolution
 * @param depth residual blocks at the block's resolution
 * @param refineWidth channels of its layers at the image's resolution; 0 if there are none
 * @param refineDepth residual blocks at the image's resolution; 0 if there are none
 * @param neighbours pixels before each pixel, in reading order, that
 *     {@link ImageLikelihood#DISCRETIZED_LOGISTIC_MIXTURE} conditions it on: 0, 4, 12 or 24
 * @param banks sets of coefficients of the neighbours' errors in the {@link LinearPath}, which the network mixes in
 *     each patch; 0: no such path, and the network outputs each pixel's coefficients
 */
public record DecoderSettings(int width, int depth, int refineWidth, int refineDepth, int neighbours, int banks) {

    /**
     * @throws IllegalArgumentException if a size is out of its range, or only one of refineWidth and refineDepth is 0
     */
    public DecoderSettings {
        if (width < 1 || depth < 1) {
            throw new IllegalArgumentException(
                    "model settings: the decoder's width and depth must be at least 1, found %d and %d"
                            .formatted(width, depth));
        }
        if (refineWidth < 0 || refineDepth < 0 || (refineWidth == 0) != (refineDepth == 0)) {
            throw new IllegalArgumentException(
                    "model settings: refineWidth and refineDepth must both be 0 or both at least 1, found %d and %d"
                            .formatted(refineWidth, refineDepth));
        }
        if (!CausalNeighbours.exist(neighbours)) {
            throw new IllegalArgumentException(
                    "model settings: neighbours must be 0, 4, 12 or 24, found %d".formatted(neighbours));
        }
        if (banks < 0 || banks > 0 && (neighbours == 0 || refineDepth > 0)) {
            throw new IllegalArgumentException(
                    ("model settings: banks must be 0, or at least 1 with neighbours and without layers at the "
                                    + "image's resolution, found %d with neighbours = %d, refineDepth = %d")
                            .formatted(banks, neighbours, refineDepth));
        }
    }

    /** Residual blocks at the block's resolution, and nothing else. */
    public static DecoderSettings of(int width, int depth) {
        return new DecoderSettings(width, depth, 0, 0, 0, 0);
    }

    /** The same with layers at the image's resolution. */
    public DecoderSettings refined(int newWidth, int newDepth) {
        return new DecoderSettings(width, depth, newWidth, newDepth, neighbours, banks);
    }

    /** The same with pixels conditioned on {@code count} neighbours through banks of coefficients. */
    public DecoderSettings withNeighbours(int count, int newBanks) {
        return new DecoderSettings(width, depth, refineWidth, refineDepth, count, newBanks);
    }
}
