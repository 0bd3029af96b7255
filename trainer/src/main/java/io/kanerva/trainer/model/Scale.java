package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Multiplication by a number, safe under a gradient.
 *
 * <p>{@code NDArray.mul(Number)}, {@code div}, {@code pow}, {@code maximum} and {@code minimum} of DJL 0.35.1's PyTorch
 * engine wrap the number in an array over Java memory, and close that array at once. PyTorch has saved it for the
 * backward pass, but not its memory: if Java collects garbage in between, the gradient is made of whatever lies there
 * now, NaN at times. Here the wrapped number lives for good, since the arrays that a pass gives back early
 * ({@code NDScope}) must not take it along.
 */
public final class Scale {
    private static final Map<Float, Constant> FACTORS = new ConcurrentHashMap<>();

    private Scale() {}

    /**
     * The array times a number, of the same shape.
     *
     * @param factor one of the few that the model's formulas hold; each is kept
     */
    public static NDArray by(NDArray array, double factor) {
        return array.mul(FACTORS.computeIfAbsent(
                        (float) factor, number -> Constant.of(new float[] {number}, new Shape()))
                .on(array.getManager()));
    }
}
