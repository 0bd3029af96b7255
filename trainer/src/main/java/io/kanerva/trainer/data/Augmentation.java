package io.kanerva.trainer.data;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Random distortions of training images, redrawn each time an image is used, against overfitting on a small set. Each
 * value is the bound of a uniform draw in both directions; 0 turns it off.
 *
 * @param rotation degrees, 0 to 180
 * @param scale change of log height and log width, drawn separately, 0 to 1: 0.1 is about 10 % larger or smaller
 * @param shear columns by which a row moves per row of distance from the centre, 0 to 1
 * @param shift along each axis, as a fraction of the side, 0 to 1
 * @param mirror whether images are also flipped and rotated by multiples of 90 degrees, all eight symmetries equally
 *     likely
 */
public record Augmentation(double rotation, double scale, double shear, double shift, boolean mirror) {
    /** No augmentation. */
    public static final Augmentation NONE = new Augmentation(0, 0, 0, 0, false);

    /** @throws IllegalArgumentException if a number is out of its range; the message names it */
    public Augmentation {
        require("rotation", rotation, 180);
        require("scale", scale, 1);
        require("shear", shear, 1);
        require("shift", shift, 1);
    }

    /** Whether images stay unchanged. */
    @JsonIgnore
    public boolean isNone() {
        return equals(NONE);
    }

    /** Draws the map for one image. Always takes the same number of random values, whatever the settings. */
    public AffineMap draw(RandomGenerator random) {
        double angle = Math.toRadians(uniform(random, rotation));
        double wide = Math.exp(uniform(random, scale));
        double high = Math.exp(uniform(random, scale));
        double slant = uniform(random, shear);
        // Twice, because normalised coordinates span 2.
        double dx = 2 * uniform(random, shift);
        double dy = 2 * uniform(random, shift);
        int way = random.nextInt(8);
        double cosine = Math.cos(angle);
        double sine = Math.sin(angle);
        // Scaled, sheared, then rotated.
        double xx = cosine * wide;
        double xy = (cosine * slant - sine) * high;
        double yx = sine * wide;
        double yy = (sine * slant + cosine) * high;
        if (mirror) {
            double across = (way & 1) == 0 ? 1 : -1;
            double down = (way & 2) == 0 ? 1 : -1;
            boolean turned = (way & 4) != 0;
            return new AffineMap(
                    (turned ? xy : xx) * across,
                    (turned ? xx : xy) * down,
                    dx,
                    (turned ? yy : yx) * across,
                    (turned ? yx : yy) * down,
                    dy);
        }
        return new AffineMap(xx, xy, dx, yx, yy, dy);
    }

    /**
     * Describes this for a model card or a report: {@code none}, or for example {@code rotation up to 8 degrees, shift
     * up to 0.03 of a side}.
     */
    public String inWords() {
        List<String> words = new ArrayList<>();
        add(words, "rotation up to %s degrees", rotation);
        add(words, "log scale up to %s", scale);
        add(words, "shear up to %s", shear);
        add(words, "shift up to %s of a side", shift);
        if (mirror) {
            words.add("mirrored and rotated by 90 degrees");
        }
        return words.isEmpty() ? "none" : String.join(", ", words);
    }

    private static void add(List<String> words, String what, double value) {
        if (value > 0) {
            words.add(what.formatted(value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value)));
        }
    }

    private static double uniform(RandomGenerator random, double max) {
        return (2 * random.nextDouble() - 1) * max;
    }

    private static void require(String name, double value, int max) {
        if (!(value >= 0 && value <= max)) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "augment.%s must be from 0 to %d, found %s", name, max, value));
        }
    }
}
