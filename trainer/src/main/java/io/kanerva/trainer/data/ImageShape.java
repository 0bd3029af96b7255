package io.kanerva.trainer.data;

/**
 * The size of a model's images.
 *
 * @param channels 1 (grey), 3 (red, green, blue), or another number that only named sets can have
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record ImageShape(int channels, int height, int width) {

    /** @throws IllegalArgumentException if a number is below 1 */
    public ImageShape {
        if (channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException("images: expected at least one channel and one pixel, found [%d, %d, %d]"
                    .formatted(channels, height, width));
        }
    }
}
