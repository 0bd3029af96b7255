package io.kanerva.trainer.data;

import java.util.function.BiFunction;

/**
 * What numbers mean as pixels, which all numbers of a set decide together: if none is above 1, from black to white;
 * else whole levels from 0 to 255.
 */
final class PixelScale {
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;
    private boolean whole = true;
    private boolean finite = true;

    /** Takes a number into account; it may be anything. */
    void add(double value) {
        finite &= Double.isFinite(value);
        least = Math.min(least, value);
        most = Math.max(most, value);
        whole &= value == Math.rint(value);
    }

    /**
     * What a number is multiplied by to become a level: 1 or 255.
     *
     * @param bad makes the exception from what was expected and found
     */
    int factor(BiFunction<String, String, DataFormatException> bad) {
        String problem = problem();
        if (problem != null) {
            throw bad.apply("numbers from 0 to 1, or whole ones from 0 to 255", problem);
        }
        return most > 1 ? 1 : 255;
    }

    private String problem() {
        if (!finite) {
            return "numbers that are not finite";
        }
        return least < 0 || most > 255 || most > 1 && !whole
                ? "%s from %s to %s".formatted(whole ? "whole ones" : "numbers", least, most)
                : null;
    }
}
