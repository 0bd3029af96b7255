package io.kanerva.tools.image;

import java.util.SplittableRandom;

/** Spoils pictures, to be used as queries for what was written whole. */
public final class Damage {
    private Damage() {
    }

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
     * Replaces pixels by coin flips: each with probability {@code fraction}, then by 0 or 1 with equal probability. About half of
     * the replaced pixels of a binary picture keep their value by luck.
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
