package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Values that every pass needs, kept outside the Java heap; arrays of them are views. DJL's {@code create} from a Java
 * array instead copies it to native memory that is freed only by garbage collection, hundreds of steps later, and
 * fragments the engine's memory until then.
 *
 * <p>An array made by {@link #on} is valid as long as this object is reachable, and must not be written to.
 */
public final class Constant {
    private static final int CACHE_LINE = 64;
    private static final Map<Float, Constant> FACTORS = new ConcurrentHashMap<>();

    private final ByteBuffer numbers;
    private final Shape shape;
    private final DataType type;

    private Constant(ByteBuffer numbers, Shape shape, DataType type) {
        this.numbers = numbers;
        this.shape = shape;
        this.type = type;
    }

    /** Float32 values of that shape, row-major. */
    public static Constant of(float[] numbers, Shape shape) {
        Constant constant = new Constant(memory(shape, DataType.FLOAT32), shape, DataType.FLOAT32);
        constant.set(numbers);
        return constant;
    }

    /** Integers of that shape, row-major. */
    static Constant of(long[] numbers, Shape shape) {
        ByteBuffer memory = memory(shape, DataType.INT64);
        memory.asLongBuffer().put(numbers);
        return new Constant(memory, shape, DataType.INT64);
    }

    /** The shape. */
    public Shape shape() {
        return shape;
    }

    /** Replaces the values, also in all arrays on the CPU that {@link #on} made: none of them may be in use. */
    public void set(float[] all) {
        if (all.length != shape.size()) {
            throw new IllegalArgumentException(
                    "expected %d numbers for %s, found %d".formatted(shape.size(), shape, all.length));
        }
        numbers.asFloatBuffer().put(all);
    }

    /** Returns the values as an array of that manager: on the CPU a view, on another device a copy. */
    public NDArray on(NDManager manager) {
        return manager.create(numbers, shape, type);
    }

    /** Aligned to a cache line, like the engine's own arrays: its kernels sum in another order otherwise. */
    private static ByteBuffer memory(Shape shape, DataType type) {
        int size = Math.toIntExact(shape.size() * type.getNumOfBytes());
        int lines = (size + CACHE_LINE - 1) / CACHE_LINE;
        return ByteBuffer.allocateDirect((lines + 1) * CACHE_LINE)
                .alignedSlice(CACHE_LINE)
                .slice(0, size)
                .order(ByteOrder.nativeOrder());
    }

    /**
     * The array times a number, safe under a gradient.
     *
     * <p>{@code NDArray.mul(Number)}, {@code div}, {@code pow}, {@code maximum} and {@code minimum} of DJL 0.36.0's
     * PyTorch engine wrap the number in an array over Java memory, and close that array at once. PyTorch has saved it
     * for the backward pass, but not its memory: if Java collects garbage in between, the gradient is computed from
     * whatever is there by then, NaN at times. Here the factor is a constant that is never freed, not even by an
     * {@code NDScope}.
     *
     * @param factor one of the few in the model's formulas; each is kept
     * @return an array of the same shape
     */
    public static NDArray scale(NDArray array, double factor) {
        return array.mul(FACTORS.computeIfAbsent((float) factor, number -> of(new float[] {number}, new Shape()))
                .on(array.getManager()));
    }
}
