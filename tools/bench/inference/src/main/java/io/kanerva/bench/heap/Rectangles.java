package io.kanerva.bench.heap;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Planes;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Black and white images of rectangles: no two are likely to be the same, and most pixels are background. */
final class Rectangles {

    private final Planes image;

    Rectangles(Planes image) {
        this.image = image;
    }

    /** Images number {@code first} and so on, [N, Cx, Hx, Wx]. */
    FloatTensor images(long first, int count) {
        FloatTensor images = FloatTensor.zeros(count, image.channels(), image.height(), image.width());
        for (int i = 0; i < count; i++) {
            draw(new SplittableRandom(first + i), images.data(), i * image.floats());
        }
        return images;
    }

    private void draw(SplittableRandom random, float[] to, int at) {
        for (int shape = 0; shape < 5; shape++) {
            int height = 1 + random.nextInt(image.height() / 2);
            int width = 1 + random.nextInt(image.width() / 2);
            int top = random.nextInt(image.height() - height + 1);
            int left = random.nextInt(image.width() - width + 1);
            float value = shape % 2 == 0 ? 1 : 0;
            for (int channel = 0; channel < image.channels(); channel++) {
                for (int row = top; row < top + height; row++) {
                    int from = at + (channel * image.height() + row) * image.width() + left;
                    Arrays.fill(to, from, from + width, value);
                }
            }
        }
    }
}
