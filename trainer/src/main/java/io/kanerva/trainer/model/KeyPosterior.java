package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;

/**
 * q(Y | X), the posterior of the read keys, and its divergence from the prior N(0, I). All arrays are [B, T, K, 3].
 *
 * <p>Continuous: y ~ N(pointer + mean, exp(logVariance)).
 *
 * <p>Dereferenced: the key is in its slot's cell. A cell of the x axis is the interval between two quantiles of N(0,
 * 1), and y = quantile((cell + Phi(c)) / cells) maps a coordinate c within the cell one to one onto it, such that c ~
 * N(0, 1) gives the prior restricted to the cell. The posterior is that map of c ~ N(mean, exp(logVariance)). The
 * divergence of a key is then ln(slots), for naming the cell, plus that of c from N(0, I). If a scale selects how a
 * block is read ({@link KanervaSettings#gist}), its two cells are the sides of 0, and the divergence is ln(2 slots).
 */
final class KeyPosterior {
    /** Fraction of a cell along each of its borders that no sample enters. */
    private static final float EDGE = 1e-6f;

    /** The number of cells on an axis above which {@link #edge} must grow. */
    private static final int FINE = 16;

    private static final double SQRT_HALF = Math.sqrt(0.5);

    private final KanervaSettings settings;

    KeyPosterior(KanervaSettings settings) {
        this.settings = settings;
    }

    /** A sample for standard normal noise; the gradient flows to mean and log-variance. */
    NDArray sample(NDArray pointers, NDArray mean, NDArray logVariance, NDArray noise) {
        NDArray offset = mean.add(Constant.scale(logVariance, 0.5).exp().mul(noise));
        if (settings.addressing() == Addressing.CONTINUOUS) {
            return pointers.add(offset);
        }
        NDArray scale = settings.gist() ? intoCell(pointers, offset, 0, 2) : offset.get("..., 0:1");
        return scale.concat(
                intoCell(pointers, offset, 1, settings.slots().columns())
                        .concat(intoCell(pointers, offset, 2, settings.slots().rows()), -1),
                -1);
    }

    /** The divergence of each sample's keys, summed over K: [B, T], nats. */
    NDArray divergence(NDArray pointers, NDArray mean, NDArray logVariance) {
        boolean continuous = settings.addressing() == Addressing.CONTINUOUS;
        NDArray centre = continuous ? pointers.add(mean) : mean;
        NDArray sum = Constant.scale(
                centre.square().add(logVariance.exp()).sub(1f).sub(logVariance).sum(new int[] {2, 3}), 0.5);
        return continuous ? sum : sum.add(naming());
    }

    /** ln p(y) - ln q(y) at {@link #sample}'s key for the same noise, summed over K: [B, T], nats. */
    NDArray logRatio(NDArray pointers, NDArray mean, NDArray logVariance, NDArray noise) {
        boolean continuous = settings.addressing() == Addressing.CONTINUOUS;
        NDArray offset = mean.add(Constant.scale(logVariance, 0.5).exp().mul(noise));
        NDArray key = continuous ? pointers.add(offset) : offset;
        // The density of q at its own sample needs the noise alone: (y - mean)^2 / variance = noise^2.
        NDArray ratio = Constant.scale(
                key.square().neg().add(noise.square()).add(logVariance).sum(new int[] {2, 3}), 0.5);
        // Mapping c into a cell scales p and q by the same Jacobian; what stays is the prior mass of the cell.
        return continuous ? ratio : ratio.sub(naming());
    }

    /** The cost of naming the cells of a sample's dereferenced keys: K ln(cells), nats. */
    float naming() {
        return (float) (settings.keys() * Math.log(settings.cells()));
    }

    private static NDArray intoCell(NDArray pointers, NDArray offset, int axis, int cells) {
        String only = "..., " + axis + ":" + (axis + 1);
        NDArray cell = KeySpace.cell(pointers.get(only), cells);
        NDArray within = Constant.scale(
                        Constant.scale(offset.get(only), SQRT_HALF).erf().add(1f), 0.5)
                .clip(edge(cells), 1 - edge(cells));
        // quantile(p) = sqrt(2) erfinv(2 p - 1)
        return Constant.scale(
                Constant.scale(cell.add(within), 2.0 / cells).sub(1f).erfinv(), 1 / SQRT_HALF);
    }

    /**
     * The distance that samples keep from a border. It is larger on a fine grid: the sum of a cell's index and a
     * position in it has fewer bits left for the position, and a sample on the border would open the neighbouring
     * window.
     */
    private static float edge(int cells) {
        return EDGE * Math.max(1, cells - FINE);
    }
}
