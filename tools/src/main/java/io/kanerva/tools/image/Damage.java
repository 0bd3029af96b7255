package io.kanerva.tools.image;

import java.util.SplittableRandom;

/** Damages images to use them as queries for the intact ones. */
@FunctionalInterface
public interface Damage {

    /** Returns damaged copies; the same seed gives the same damage. */
    Pictures spoil(Pictures pictures, long seed);

    /** The half of an image to erase. */
    enum Half {
        /** Columns below half the width. */
        LEFT,
        /** The other columns. */
        RIGHT,
        /** Rows below half the height. */
        TOP,
        /** The other rows. */
        BOTTOM
    }

    /**
     * Replaces each pixel with probability {@code fraction} by 0 or 1, equally likely. About half of the replaced
     * pixels of a binary image keep their value by chance.
     *
     * @param fraction share of the pixels, 0 to 1
     * @param seed the same seed damages the same pixels
     * @throws IllegalArgumentException if the fraction is outside 0 to 1
     */
    static Pictures saltAndPepper(Pictures pictures, double fraction, long seed) {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException("damaged fraction: expected 0 to 1, found " + fraction);
        }
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = pictures.values().clone();
        for (int i = 0; i < values.length; i++) {
            // Draws both values for every pixel, so that a larger fraction damages a superset of the pixels.
            double chance = random.nextDouble();
            float coin = random.nextInt(2);
            if (chance < fraction) {
                values[i] = coin;
            }
        }
        return pictures.with(values);
    }

    /**
     * Multiplies every value by 1 + deviation times standard normal noise and clamps the result to [0, 1].
     *
     * @param deviation standard deviation of the factor, at least 0
     * @throws IllegalArgumentException if the deviation is negative or NaN
     */
    static Pictures speckle(Pictures pictures, double deviation, long seed) {
        if (!(deviation >= 0)) {
            throw new IllegalArgumentException("speckle deviation: expected at least 0, found " + deviation);
        }
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = pictures.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.max(0, Math.min(1, values[i] * (1 + deviation * random.nextGaussian())));
        }
        return pictures.with(values);
    }

    /**
     * Adds shot noise: every value becomes a Poisson photon count, divided by the expected count of white, at most 1.
     *
     * @param photons expected count of a white pixel, above 0 and at most 100
     * @throws IllegalArgumentException if it is out of range
     */
    static Pictures poisson(Pictures pictures, double photons, long seed) {
        if (!(photons > 0 && photons <= 100)) {
            throw new IllegalArgumentException(
                    "photons of a white pixel: expected above 0 and at most 100, found " + photons);
        }
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = pictures.values().clone();
        for (int i = 0; i < values.length; i++) {
            // Knuth's method: multiply uniform draws until the product falls below exp(-mean).
            double limit = Math.exp(-photons * values[i]);
            int counted = 0;
            for (double product = random.nextDouble(); product > limit; product *= random.nextDouble()) {
                counted++;
            }
            values[i] = (float) Math.min(1, counted / photons);
        }
        return pictures.with(values);
    }

    /** Sets one half of every image to 0. */
    static Pictures erase(Pictures pictures, Half half) {
        float[] values = pictures.values().clone();
        int height = pictures.height();
        int width = pictures.width();
        for (int i = 0; i < values.length; i++) {
            int row = i / width % height;
            int column = i % width;
            boolean erased = switch (half) {
                case LEFT -> column < width / 2;
                case RIGHT -> column >= width / 2;
                case TOP -> row < height / 2;
                case BOTTOM -> row >= height / 2;
            };
            if (erased) {
                values[i] = 0;
            }
        }
        return pictures.with(values);
    }
}
