package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;

/**
 * Multiplication by a number, safe under a gradient.
 *
 * <p>{@code NDArray.mul(Number)}, {@code div}, {@code pow}, {@code maximum} and {@code minimum} of DJL 0.35.1's PyTorch
 * engine wrap the number in an array over Java memory, and close that array at once. PyTorch has saved it for the
 * backward pass, but not its memory: if Java collects garbage in between, the gradient is made of whatever lies there
 * now, NaN at times. Here the wrapped number lives as long as the product's manager.
 */
public final class Scale {

    private Scale() {}

    /** The array times a number, of the same shape. */
    public static NDArray by(NDArray array, double factor) {
        return array.mul(array.getManager().create((float) factor));
    }
}
