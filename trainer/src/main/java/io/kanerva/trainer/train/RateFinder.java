package io.kanerva.trainer.train;

import java.util.List;

/**
 * Finds a learning rate from a short run in which it rises ({@link Schedule#RISING}; L. Smith, "Cyclical Learning Rates
 * for Training Neural Networks", 2017, section 3.3). Where the smoothed bound leaves its lowest value so far by more
 * than the noise of single steps, the rate is too large; a tenth of that rate is proposed.
 */
public final class RateFinder {
    private static final double SMOOTHING = 0.9;
    private static final double SHARE = 0.1;
    /** Standard deviations of a single step's bound. */
    private static final double MARGIN = 2;

    private RateFinder() {}

    /**
     * The proposed rate.
     *
     * @param rows of the run, with every step
     * @param diverged whether it ended because a step's loss was not finite
     * @throws IllegalArgumentException if the bound does not rise at last
     */
    public static double propose(List<StepMetrics> rows, boolean diverged) {
        double noise = noise(rows.subList(0, Math.max(1, rows.size() / 3)));
        double mean = 0;
        double lowest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < rows.size(); i++) {
            mean = SMOOTHING * mean + (1 - SMOOTHING) * rows.get(i).bound();
            // Without the share of the zero with which the mean began.
            double smooth = mean / (1 - Math.pow(SMOOTHING, i + 1));
            if (smooth > lowest + MARGIN * noise) {
                return rows.get(i).learningRate() * SHARE;
            }
            lowest = Math.min(lowest, smooth);
        }
        if (diverged && !rows.isEmpty()) {
            return rows.get(rows.size() - 1).learningRate() * SHARE;
        }
        throw new IllegalArgumentException(
                "expected a bound that rises when the learning rate is too large, found none in %d steps"
                        .formatted(rows.size()));
    }

    /** The standard deviation of a step's bound, from the differences of neighbours. */
    private static double noise(List<StepMetrics> rows) {
        double squares = 0;
        for (int i = 1; i < rows.size(); i++) {
            squares += Math.pow(rows.get(i).bound() - rows.get(i - 1).bound(), 2);
        }
        return Math.sqrt(squares / 2 / Math.max(1, rows.size() - 1));
    }
}
