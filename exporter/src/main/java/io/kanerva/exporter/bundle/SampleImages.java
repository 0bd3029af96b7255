package io.kanerva.exporter.bundle;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.Random;

/** Images to try a model on. */
public final class SampleImages {

    private SampleImages() {}

    /**
     * White discs on black, with a dark hole in some: drawn, for where no data set is at hand.
     *
     * @param settings says how large the images are
     * @param count how many, at least 1
     * @param seed the same seed gives the same images
     */
    public static ImageSet discs(KanervaSettings settings, int count, long seed) {
        Random random = new Random(seed);
        int height = settings.imageHeight();
        int width = settings.imageWidth();
        byte[] pixels = new byte[count * settings.pixels()];
        for (int plane = 0; plane < count * settings.imageChannels(); plane++) {
            double side = Math.min(height, width);
            double row = height * (0.3 + 0.4 * random.nextDouble());
            double column = width * (0.3 + 0.4 * random.nextDouble());
            double radius = side * (0.15 + 0.25 * random.nextDouble());
            double hole = random.nextBoolean() ? radius / 2 : 0;
            for (int i = 0; i < height * width; i++) {
                double distance = Math.hypot(i / width - row, i % width - column);
                pixels[plane * height * width + i] = (byte) (distance <= radius && distance >= hole ? 255 : 0);
            }
        }
        return new ImageSet("drawn discs", count, settings.imageChannels(), height, width, pixels);
    }

    /**
     * Images as a model takes them, black and white at half intensity; after the last one it starts over.
     *
     * @param first index of the first image, counted on beyond the set's end
     * @param count how many
     * @return [count, Cx, Hx, Wx], row-major, zeros and ones
     */
    public static float[] blackAndWhite(ImageSet images, int first, int count) {
        float[] values = new float[count * images.pixelsPerImage()];
        for (int i = 0; i < count; i++) {
            Binarisation.THRESHOLD.copy(images, (first + i) % images.count(), values, i * images.pixelsPerImage(), null);
        }
        return values;
    }
}
