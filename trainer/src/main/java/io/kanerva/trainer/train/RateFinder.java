package io.kanerva.trainer.train;

import java.util.List;

/**
 * Finds a learning rate from a short run in which it rises ({@link Schedule#RISING}; L. Smith, "Cyclical Learning Rates
 * for Training Neural Networks", 2017, section 3.3): the bound falls, then grows again when the rate is too large. The
 * rate at the lowest point of the smoothed curve is at the edge; a third of it is proposed.
 */
public final class RateFinder {
    private static final double SMOOTHING = 0.9;
    private static final double SHARE = 1.0 / 3;

    private RateFinder() {}

    /**
     * The proposed rate.
     *
     * @param rows of the run, with every step
     * @throws IllegalArgumentException if the bound did not fall
     */
    public static double propose(List<StepMetrics> rows) {
        double mean = 0;
        double lowest = Double.POSITIVE_INFINITY;
        double rate = Double.NaN;
        double first = Double.NaN;
        for (int i = 0; i < rows.size(); i++) {
            mean = SMOOTHING * mean + (1 - SMOOTHING) * rows.get(i).bound();
            // Without the share of the zero with which the mean began.
            double smooth = mean / (1 - Math.pow(SMOOTHING, i + 1));
            first = i == 0 ? smooth : first;
            if (smooth < lowest) {
                lowest = smooth;
                rate = rows.get(i).learningRate();
            }
        }
        if (!(lowest < first)) {
            throw new IllegalArgumentException(
                    "expected a bound that falls while the learning rate rises, found none in %d steps"
                            .formatted(rows.size()));
        }
        return rate * SHARE;
    }
}
