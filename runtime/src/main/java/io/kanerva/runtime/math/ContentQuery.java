package io.kanerva.runtime.math;

import java.util.Arrays;

/** One query of a {@link ContentSearch}: its features that are not 0. Used by one thread, for one query at a time. */
public final class ContentQuery {

    private final int[] pixels;
    private final double[] values;
    private int count;
    private double scale;

    /** @param length the number of values of an image */
    public ContentQuery(int length) {
        pixels = new int[length + 1];
        values = new double[length + 1];
    }

    /**
     * Takes another query.
     *
     * <p>Samples' pixels less their mean add up to 0, so that any number may be subtracted from a query's pixels.
     * Subtracting the first, often the background, leaves few pixels to multiply.
     *
     * @param images images, one after the other
     * @param from where the query begins
     */
    public void set(float[] images, int from) {
        float background = images[from];
        int length = pixels.length - 1;
        int found = 0;
        for (int i = 0; i < length; i++) {
            pixels[found] = i * ContentSearch.AT_ONCE;
            values[found] = images[from + i] - (double) background;
            // 1 if the bits differ. A branch, which no processor predicts here, would cost more than the products.
            int difference = Float.floatToRawIntBits(images[from + i]) ^ Float.floatToRawIntBits(background);
            found += (difference | -difference) >>> 31;
        }
        double mean = 0;
        for (int i = 0; i < found; i++) {
            mean += values[i];
        }
        mean /= length;
        double level = ContentSearch.level(background + mean, length);
        double squares = level * level + (length - found) * mean * mean;
        for (int i = 0; i < found; i++) {
            squares += (values[i] - mean) * (values[i] - mean);
        }
        pixels[found] = length * ContentSearch.AT_ONCE;
        values[found] = level;
        count = found + 1;
        scale = squares == 0 ? 0 : 1 / Math.sqrt(squares);
    }

    /** The indices of the features in a group of {@link ContentSearch}, the last that of the mean. */
    public int[] pixels() {
        return pixels;
    }

    /** The features, as {@link #pixels}. */
    public double[] values() {
        return values;
    }

    /** The number of features. */
    public int count() {
        return count;
    }

    /** By what a sum of products becomes a score, before it is held to [-1, 1]. */
    public double scale() {
        return scale;
    }

    /** A match in [-1, 1] of a sum of products with a sample's features. */
    public double score(double sum) {
        return Math.min(1, Math.max(-1, sum * scale));
    }

    /** Writes all features, also those that are 0. */
    public void copyTo(double[] features) {
        Arrays.fill(features, 0);
        for (int i = 0; i < count; i++) {
            features[pixels[i] / ContentSearch.AT_ONCE] = values[i];
        }
    }

    /**
     * By how much two {@link #score}s of the same features may differ if their products were added in different orders:
     * n products of which the absolute values add up to s have a sum with an error of at most n u s / (1 - n u), u =
     * 2^-53. By Cauchy and Schwarz s is at most the query's length, as samples have length 1. With a hundredth more,
     * and ten units, for the rounding of lengths and scores themselves.
     */
    public double error() {
        double squares = 0;
        for (int i = 0; i < count; i++) {
            squares += values[i] * values[i];
        }
        double unit = 0x1p-53;
        double each = pixels.length * unit / (1 - pixels.length * unit);
        return 2.02 * each * Math.sqrt(squares) * scale + 10 * unit;
    }
}
