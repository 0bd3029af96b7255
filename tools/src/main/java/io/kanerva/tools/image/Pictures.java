package io.kanerva.tools.image;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.TestEpisodes;
import java.util.Arrays;

/**
 * Images of one size as floats, a model's input and output.
 *
 * @param values [count][channels][height][width], row-major; intensities in [0, 1]
 * @param count number of images, at least 1
 * @param channels colour channels, at least 1
 * @param height rows
 * @param width columns
 */
public record Pictures(float[] values, int count, int channels, int height, int width) {

    /** @throws IllegalArgumentException if the array's length is not the product of the sizes, or is 0 */
    public Pictures {
        if (values.length == 0 || values.length != (long) count * channels * height * width) {
            throw new IllegalArgumentException("%d images of [%d, %d, %d]: expected %d values, found %d"
                    .formatted(
                            count, channels, height, width, (long) count * channels * height * width, values.length));
        }
    }

    /** Returns all images of a tensor [B, N, Cx, Hx, Wx] in order. */
    public static Pictures of(FloatTensor images) {
        return new Pictures(
                images.data(),
                images.dimension(0) * images.dimension(1),
                images.dimension(2),
                images.dimension(3),
                images.dimension(4));
    }

    /** Returns the images of a test episode. */
    public static Pictures of(TestEpisodes episodes, int index) {
        Images images = episodes.images();
        return new Pictures(
                episodes.episode(index), episodes.length(), images.channels(), images.height(), images.width());
    }

    /** Returns the images of a set, binarised; {@code binarisation} must not be random. */
    public static Pictures binary(ImageSet images, Binarisation binarisation) {
        float[] values = new float[images.pixels().length];
        for (int i = 0; i < images.count(); i++) {
            binarisation.copy(images, i, values, i * images.pixelsPerImage(), null);
        }
        return new Pictures(values, images.count(), images.channels(), images.height(), images.width());
    }

    /** Returns the images of a set unchanged. */
    public static Pictures grey(ImageSet images) {
        float[] values = new float[images.pixels().length];
        for (int i = 0; i < images.count(); i++) {
            images.copyIntensities(i, values, i * images.pixelsPerImage());
        }
        return new Pictures(values, images.count(), images.channels(), images.height(), images.width());
    }

    /** Values in one image: channels x height x width. */
    public int size() {
        return channels * height * width;
    }

    /** Returns the images as one episode or row of queries, [1, count, Cx, Hx, Wx]. */
    public FloatTensor tensor() {
        return new FloatTensor(values, 1, count, channels, height, width);
    }

    /** Copies the images {@code from} (inclusive) to {@code to} (exclusive). */
    public Pictures slice(int from, int to) {
        return new Pictures(Arrays.copyOfRange(values, from * size(), to * size()), to - from, channels, height, width);
    }

    /** Appends other images of the same size. */
    public Pictures and(Pictures others) {
        float[] all = Arrays.copyOf(values, values.length + others.values.length);
        System.arraycopy(others.values, 0, all, values.length, others.values.length);
        return with(all);
    }

    /** Returns images of this count and size with other values. */
    public Pictures with(float[] others) {
        return new Pictures(others, others.length / size(), channels, height, width);
    }
}
