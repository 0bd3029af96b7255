package io.kanerva.trainer.model;

/**
 * The encoder's trunk. The prior of a latent map has layers of the same size.
 *
 * @param kind how it gets from an image to features
 * @param width channels of its convolutional layers, of its first stage for {@link EncoderKind#RESNET18_TSM}; at least
 *     1
 * @param depth residual blocks, at least 1; {@link EncoderKind#RESNET18_TSM} always has eight
 */
public record EncoderSettings(EncoderKind kind, int width, int depth) {

    /** Residual blocks at the block's resolution. */
    public static EncoderSettings residual(int width, int depth) {
        return new EncoderSettings(EncoderKind.RESIDUAL, width, depth);
    }
}
