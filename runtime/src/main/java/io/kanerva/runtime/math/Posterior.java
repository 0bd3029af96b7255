package io.kanerva.runtime.math;

import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.ModelSettings.Addressing;
import java.util.function.IntUnaryOperator;

/**
 * Keys from their posterior, q(Y|X), a diagonal Gaussian of the encoder's mean m and log-variance v and the writer's
 * pointers p, all [B, T, K, 3] in the order (scale, x, y), and from their prior.
 *
 * <ul>
 *   <li>Continuous: y = p + m + exp(v / 2) e with e ~ N(0, I).
 *   <li>Dereferenced: the coordinate inside a cell is c = m + exp(v / 2) e. Where a key is in its slot's cell has no
 *       effect, so that column and row are the pointer's, exactly. The scale is c itself, or, if it has two cells, on
 *       either side of 0, quantile((i + Phi(c)) / 2), where i is the cell of p's scale and Phi(c) is kept in [1e-6, 1 -
 *       1e-6].
 * </ul>
 *
 * <p>All in float64; keys are rounded to float32 at the end.
 */
public final class Posterior {

    private static final double CELL_MARGIN = 1e-6;

    private final ModelSettings settings;

    public Posterior(ModelSettings settings) {
        this.settings = settings;
    }

    /** Keys [B, T, K, 3] for standard normal {@code noise} of that shape. */
    public FloatTensor sample(FloatTensor mean, FloatTensor logVariance, FloatTensor pointers, FloatTensor noise) {
        FloatTensor keys = FloatTensor.zeros(mean.shape());
        for (int i = 0; i < keys.size(); i++) {
            double offset = mean.data()[i] + Math.exp(0.5 * logVariance.data()[i]) * noise.data()[i];
            keys.data()[i] = (float) key(i % 3, offset, pointers.data()[i]);
        }
        return keys;
    }

    /**
     * Makes keys [B, N, K, 3] of the prior of standard normal numbers, (s, x, y) each. A dereferenced key is a written
     * sample's, the fraction of x choosing the sample and that of y one of its keys: exact arithmetic in float32, as in
     * the graph that draws. It becomes its scale s, column and row.
     *
     * @param keys the numbers, which become keys
     * @param samples the number of samples written
     * @param place the place of each of them
     */
    public void toPrior(FloatTensor keys, int samples, IntUnaryOperator place) {
        boolean isContinuous = settings.addressing() == Addressing.CONTINUOUS;
        for (int i = 0; !isContinuous && i < keys.size(); i += 3) {
            long first = (long) place.applyAsInt(chosen(keys.data()[i + 1], samples)) * settings.keys();
            long slot = first + chosen(keys.data()[i + 2], settings.keys());
            keys.data()[i + 1] = slot % settings.slotColumns();
            keys.data()[i + 2] = slot / settings.slotColumns();
        }
    }

    /** One of so many whole numbers from 0 on; the fraction of a number just below 0 is rounded to 1. */
    private static int chosen(float coordinate, int count) {
        float fraction = coordinate - (float) Math.floor(coordinate);
        return Math.min((int) (fraction * count), count - 1);
    }

    private double key(int coordinate, double offset, float pointer) {
        if (settings.addressing() == Addressing.CONTINUOUS) {
            return pointer + offset;
        }
        if (coordinate > 0) {
            return pointer;
        }
        return settings.scaleCells() == 1 ? offset : onSide(pointer > 0 ? 1 : 0, offset);
    }

    private static double onSide(int side, double offset) {
        double share = Math.min(Math.max(Normal.cdf(offset), CELL_MARGIN), 1 - CELL_MARGIN);
        return Normal.quantile((side + share) / 2);
    }
}
