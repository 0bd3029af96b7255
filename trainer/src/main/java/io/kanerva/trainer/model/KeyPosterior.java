package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;

/**
 * q(Y | X), the posterior of the read keys, and its divergence from the prior N(0, I). All arrays are [B, T, K, 3];
 * {@code cells} is {@link KanervaSettings#cells} of the memory, without effect for continuous keys.
 *
 * <p>Continuous: y ~ N(pointer + mean, exp(logVariance)).
 *
 * <p>Dereferenced: the key is in its slot's cell. A cell of the x axis is the interval between two quantiles of N(0,
 * 1), and y = quantile((cell + Phi(c)) / cells) maps a coordinate c within the cell one to one onto it, such that c ~
 * N(0, 1) gives the prior restricted to the cell. The posterior is that map of c ~ N(mean, exp(logVariance)). Where a
 * key is in its cell has no effect, so a sample is the slot's (scale, column, row) again, with c as the scale. The
 * divergence of a key is then ln(slots), for naming the cell, plus that of c from N(0, I). If a scale selects how a
 * block is read ({@link KanervaSettings#gist}), its two cells are the sides of 0, and the divergence is ln(2 slots).
 */
final class KeyPosterior {
    /** Fraction of the scale's half along each of its borders that no sample enters. */
    private static final float EDGE = 1e-6f;

    private static final double SQRT_HALF = Math.sqrt(0.5);

    private final KanervaSettings settings;

    KeyPosterior(KanervaSettings settings) {
        this.settings = settings;
    }

    /** A sample for standard normal noise; the gradient flows to mean and log-variance. */
    NDArray sample(NDArray pointers, NDArray mean, NDArray logVariance, NDArray noise) {
        NDArray offset = mean.add(Constant.scale(logVariance, 0.5).exp().mul(noise));
        if (settings.addressing() == KeyAddressing.CONTINUOUS) {
            return pointers.add(offset);
        }
        NDArray scale = settings.gist() ? intoHalf(pointers, offset) : offset.get("..., 0:1");
        return scale.concat(pointers.get("..., 1:"), -1);
    }

    /** The divergence of each sample's keys, summed over K: [B, T], nats. */
    NDArray divergence(NDArray pointers, NDArray mean, NDArray logVariance, int cells) {
        boolean continuous = settings.addressing() == KeyAddressing.CONTINUOUS;
        NDArray centre = continuous ? pointers.add(mean) : mean;
        NDArray sum = Constant.scale(
                centre.square().add(logVariance.exp()).sub(1f).sub(logVariance).sum(new int[] {2, 3}), 0.5);
        return continuous ? sum : sum.add(naming(cells));
    }

    /** ln p(y) - ln q(y) at {@link #sample}'s key for the same noise, summed over K: [B, T], nats. */
    NDArray logRatio(NDArray pointers, NDArray mean, NDArray logVariance, NDArray noise, int cells) {
        boolean continuous = settings.addressing() == KeyAddressing.CONTINUOUS;
        NDArray offset = mean.add(Constant.scale(logVariance, 0.5).exp().mul(noise));
        NDArray key = continuous ? pointers.add(offset) : offset;
        // The density of q at its own sample needs the noise alone: (y - mean)^2 / variance = noise^2.
        NDArray ratio = Constant.scale(
                key.square().neg().add(noise.square()).add(logVariance).sum(new int[] {2, 3}), 0.5);
        // Mapping c into a cell scales p and q by the same Jacobian; what stays is the prior mass of the cell.
        return continuous ? ratio : ratio.sub(naming(cells));
    }

    /** The cost of naming one of {@code cells} for each of a sample's dereferenced keys: K ln(cells), nats. */
    float naming(int cells) {
        return (float) (settings.keys() * Math.log(cells));
    }

    /** The scale: on the pointer's side of 0. */
    private static NDArray intoHalf(NDArray pointers, NDArray offset) {
        NDArray half = pointers.get("..., 0:1").gt(0f).toType(DataType.FLOAT32, false);
        NDArray within = Constant.scale(
                        Constant.scale(offset.get("..., 0:1"), SQRT_HALF).erf().add(1f), 0.5)
                .clip(EDGE, 1 - EDGE);
        // quantile(p) = sqrt(2) erfinv(2 p - 1)
        return Constant.scale(half.add(within).sub(1f).erfinv(), 1 / SQRT_HALF);
    }
}
