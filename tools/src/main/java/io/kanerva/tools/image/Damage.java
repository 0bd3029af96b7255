package io.kanerva.tools.image;

import java.util.SplittableRandom;

/** Spoils pictures, to be used as queries for what was written whole. */
public final class Damage {
    private Damage() {}

    /** Which half of a picture is erased. */
    public enum Half {
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
     * Replaces pixels by coin flips: each with probability {@code fraction}, then by 0 or 1 with equal probability.
     * About half of the replaced pixels of a binary picture keep their value by luck.
     *
     * @param fraction how many of the pixels, 0 to 1
     * @param seed the same seed spoils the same pixels
     * @throws IllegalArgumentException if the fraction lies outside 0 to 1
     */
    public static Pictures saltAndPepper(Pictures pictures, double fraction, long seed) {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException("the damaged fraction must be 0 to 1, found " + fraction);
        }
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = pictures.values().clone();
        for (int i = 0; i < values.length; i++) {
            // Both numbers are drawn for every pixel, so that a larger fraction spoils the same pixels and more.
            double chance = random.nextDouble();
            float coin = random.nextInt(2);
            if (chance < fraction) {
                values[i] = coin;
            }
        }
        return pictures.with(values);
    }

    /**
     * Multiplies every value by 1 + deviation times a normal number, and limits the result to 0 ... 1.
     *
     * @param deviation of the factor, 0 or more
     * @throws IllegalArgumentException if the deviation is negative or no number
     */
    public static Pictures speckle(Pictures pictures, double deviation, long seed) {
        if (!(deviation >= 0)) {
            throw new IllegalArgumentException("the speckle's deviation must be at least 0, found " + deviation);
        }
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = pictures.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.max(0, Math.min(1, values[i] * (1 + deviation * random.nextGaussian())));
        }
        return pictures.with(values);
    }

    /**
     * Shot noise: every value becomes the number of photons counted, over the number expected of white, at most 1.
     *
     * @param photons expected of a white pixel, greater than 0 and at most 100
     * @throws IllegalArgumentException if it is not
     */
    public static Pictures poisson(Pictures pictures, double photons, long seed) {
        if (!(photons > 0 && photons <= 100)) {
            throw new IllegalArgumentException(
                    "the photons expected of white must be above 0 and at most 100, found " + photons);
        }
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = pictures.values().clone();
        for (int i = 0; i < values.length; i++) {
            // Knuth: uniform numbers are multiplied until the product falls below exp(-mean).
            double limit = Math.exp(-photons * values[i]);
            int counted = 0;
            for (double product = random.nextDouble(); product > limit; product *= random.nextDouble()) {
                counted++;
            }
            values[i] = (float) Math.min(1, counted / photons);
        }
        return pictures.with(values);
    }

    /** Sets one half of every picture to 0.. */
    public static Pictures erase(Pictures pictures, Half half) {
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
