package io.kanerva.trainer.data;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * How far training images are moved at random each time they are drawn, so that a model does not learn a small set by
 * heart. Each number is the largest change, either way, of a uniform draw; with all at 0 images stay as they are.
 *
 * @param rotation degrees, 0 to 180
 * @param scale of the logarithm of height and of width, each on its own, 0 to 1: 0.1 is about a tenth larger or smaller
 * @param shear columns by which a row moves for each row that it is off the centre, 0 to 1
 * @param shift along each side, as a part of it, 0 to 1
 * @param mirror whether an image is mirrored or turned by quarters, all eight ways as likely
 */
public record Augmentation(double rotation, double scale, double shear, double shift, boolean mirror) {
    /** Images stay as they are. */
    public static final Augmentation NONE = new Augmentation(0, 0, 0, 0, false);

    /** @throws IllegalArgumentException if a number is out of its range; the message names it */
    public Augmentation {
        require("rotation", rotation, 180);
        require("scale", scale, 1);
        require("shear", shear, 1);
        require("shift", shift, 1);
    }

    /** Whether images stay as they are. */
    @JsonIgnore
    public boolean isNone() {
        return equals(NONE);
    }

    /** Draws one image's map; always as many numbers, whatever the values are. */
    public AffineMap draw(RandomGenerator random) {
        double angle = Math.toRadians(uniform(random, rotation));
        double wide = Math.exp(uniform(random, scale));
        double high = Math.exp(uniform(random, scale));
        double slant = uniform(random, shear);
        // Twice: places are counted in halves of the sides.
        double dx = 2 * uniform(random, shift);
        double dy = 2 * uniform(random, shift);
        int way = random.nextInt(8);
        double cosine = Math.cos(angle);
        double sine = Math.sin(angle);
        // Stretched, slanted, then turned.
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
     * In words, for a card or a report: {@code none}, or for example {@code rotation up to 8 degrees, shift up to
     * 0.03}.
     */
    public String inWords() {
        List<String> words = new ArrayList<>();
        add(words, "rotation up to %s degrees", rotation);
        add(words, "log scale up to %s", scale);
        add(words, "shear up to %s", shear);
        add(words, "shift up to %s of a side", shift);
        if (mirror) {
            words.add("mirrored and turned by quarters");
        }
        return words.isEmpty() ? "none" : String.join(", ", words);
    }

    private static void add(List<String> words, String what, double value) {
        if (value > 0) {
            words.add(what.formatted(value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value)));
        }
    }

    private static double uniform(RandomGenerator random, double most) {
        return (2 * random.nextDouble() - 1) * most;
    }

    private static void require(String name, double value, int most) {
        if (!(value >= 0 && value <= most)) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "augment.%s must be from 0 to %d, found %s", name, most, value));
        }
    }
}
