package io.kanerva.bundle;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.Random;
import java.util.stream.IntStream;

/** Sample images for a model. */
public final class SampleImages {

    private SampleImages() {}

    /**
     * Draws white discs on black, some with a dark hole, for use without a data set. For a likelihood of 256 levels
     * they are shaded, on a shaded ground.
     *
     * @param settings set the images' size
     * @param count number of images, at least 1
     * @param seed the same seed gives the same images
     */
    public static ImageSet discs(KanervaSettings settings, int count, long seed) {
        Random random = new Random(seed);
        int height = settings.image().height();
        int width = settings.image().width();
        boolean shaded = settings.likelihood() != ImageLikelihood.BERNOULLI;
        byte[] pixels = new byte[count * settings.image().size()];
        for (int plane = 0; plane < count * settings.image().channels(); plane++) {
            double side = Math.min(height, width);
            double row = height * (0.3 + 0.4 * random.nextDouble());
            double column = width * (0.3 + 0.4 * random.nextDouble());
            double radius = side * (0.15 + 0.25 * random.nextDouble());
            double hole = random.nextBoolean() ? radius / 2 : 0;
            for (int i = 0; i < height * width; i++) {
                double distance = Math.hypot(i / width - row, i % width - column);
                boolean white = distance <= radius && distance >= hole;
                double shade = shaded ? 60 * (i / width) / height + 60 * random.nextDouble() : 0;
                pixels[plane * height * width + i] = (byte) (white ? 255 - shade : shade);
            }
        }
        return new ImageSet("drawn discs", count, settings.image().channels(), height, width, pixels);
    }

    /**
     * Images as a model takes them: binarised at half intensity for a Bernoulli likelihood, else unchanged. Indices
     * wrap around at the set's end.
     *
     * @param settings the model's
     * @param first index of the first image; may be beyond the set's end
     * @param count number of images
     * @return [count, Cx, Hx, Wx], row-major
     */
    public static float[] asSeen(KanervaSettings settings, ImageSet images, int first, int count) {
        Binarisation seen =
                settings.likelihood() == ImageLikelihood.BERNOULLI ? Binarisation.THRESHOLD : Binarisation.NONE;
        return seen.copies(
                images,
                IntStream.range(first, first + count)
                        .map(i -> i % images.count())
                        .toArray());
    }
}
