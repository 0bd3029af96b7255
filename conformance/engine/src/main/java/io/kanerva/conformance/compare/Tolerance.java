package io.kanerva.conformance.compare;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.PreciseWeights;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.Locale;

/**
 * How far an output may differ from the expected one: every element x within absolute + relative |x|, and the tensors
 * as a whole within a cosine and a signal-to-noise ratio.
 *
 * @param absolute part of the largest difference that does not depend on the value; infinite if single elements are not
 *     limited
 * @param relative part of the largest difference that grows with the value
 * @param cosine minimum cosine of the angle between the two tensors; -1 for any
 * @param signalToNoise minimum ratio in dB; negative infinity for any
 * @param unit minimum root mean square of the signal in that ratio: the natural size of the tensor's values, where it
 *     is known; 0 if it is not
 * @param finite whether all values must be finite; else NaN equals NaN, and an infinity itself
 * @param ofMean whether the absolute part limits the difference of the two tensors' means, and single elements are not
 *     limited
 * @param measured whether the model's own rounding noise, which was measured, made it larger
 */
public record Tolerance(
        double absolute,
        double relative,
        double cosine,
        double signalToNoise,
        double unit,
        boolean finite,
        boolean ofMean,
        boolean measured) {
    private static final double ANY_RATIO = Double.NEGATIVE_INFINITY;
    /** A hundred-thousandth of an output whose values are smaller than this is below the smallest normal float32. */
    private static final double SMALLEST_SIZE = 1e-30;

    /** Bit-equal values. */
    public static final Tolerance BITS = elements(0, 0);
    /** float32 on a CPU. */
    public static final Tolerance FLOAT32 = elements(1e-5, 1e-4);
    /** float64 by two engines. */
    public static final Tolerance FLOAT64_ENGINES = elements(1e-10, 1e-9);
    /** Arithmetic in bfloat16: {@link #FLOAT16}'s, for a resolution that is eight times coarser. */
    public static final Tolerance BFLOAT16 = elements(2e-2, 8e-3);
    /** float64 by two implementations with the same constants: far below float32's resolution. */
    public static final Tolerance FLOAT64 = elements(1e-12, 1e-10);
    /** float32 in WebAssembly and on a GPU, where sums have another order and with other instructions. */
    public static final Tolerance FLOAT32_ELSEWHERE = elements(1e-4, 1e-3);
    /** Weights or arithmetic in half precision. */
    public static final Tolerance FLOAT16 =
            new Tolerance(PreciseWeights.ABSOLUTE, PreciseWeights.RELATIVE, 0.999, ANY_RATIO, 0, false, false, false);
    /** 8-bit weights, whose error is noise all over the tensor: 20 dB are a tenth of the signal. */
    public static final Tolerance INT8 = new Tolerance(Double.POSITIVE_INFINITY, 0, -1, 20, 0, false, false, false);

    /**
     * Values of a floating-point type that have one right value. Engines may take numbers below the smallest normal one
     * of float32 or float64 for 0.
     */
    public static Tolerance exact(ElementType type) {
        return switch (type) {
            case FLOAT32, BFLOAT16 -> elements(Float.MIN_NORMAL, 0);
            case FLOAT64 -> elements(Double.MIN_NORMAL, 0);
            default -> BITS;
        };
    }

    /** Limits single elements only. */
    public static Tolerance elements(double absolute, double relative) {
        return new Tolerance(absolute, relative, -1, ANY_RATIO, 0, false, false, false);
    }

    /** Limits the difference of the means over all values, for example of a score over many samples. */
    public static Tolerance mean(double absolute) {
        return new Tolerance(absolute, 0, -1, ANY_RATIO, 0, true, true, false);
    }

    /** The same, for values that must all be finite. */
    public Tolerance ofFinite() {
        return new Tolerance(absolute, relative, cosine, signalToNoise, unit, true, ofMean, measured);
    }

    /**
     * For an output of random inputs, whose values may be of any size: the absolute part is for values around 1, and
     * grows with the root mean square of the expected values above that. An element near 0 among large ones is a
     * difference of large values and carries their rounding error.
     */
    public Tolerance scaledTo(Tensor expected) {
        double size = !expected.type().isNumeric() || isExact()
                ? 0
                : Math.sqrt(Arrays.stream(expected.doubles())
                        .map(value -> value * value)
                        .average()
                        .orElse(0));
        return size > 1
                ? new Tolerance(absolute * size, relative, cosine, signalToNoise, unit, finite, ofMean, measured)
                : this;
    }

    /**
     * For an output whose values may all be small: the absolute part is for values around 1, and shrinks with the root
     * mean square of the finite expected values below that, so that a wrong small value does not pass for a 0.
     */
    public Tolerance shrunkTo(Tensor expected) {
        if (!expected.type().isFloat() || isExact()) {
            return this;
        }
        double[] finite =
                Arrays.stream(expected.doubles()).filter(Double::isFinite).toArray();
        double size = Math.sqrt(
                Arrays.stream(finite).map(value -> value * value).average().orElse(1));
        return size >= 1
                ? this
                : new Tolerance(
                        absolute * Math.max(size, SMALLEST_SIZE),
                        relative,
                        cosine,
                        signalToNoise,
                        unit,
                        finite(),
                        ofMean,
                        measured);
    }

    private boolean isExact() {
        return absolute <= Float.MIN_NORMAL && relative == 0;
    }

    /** The same with a relative part that is at least this. */
    public Tolerance atLeast(double relative) {
        return new Tolerance(
                absolute, Math.max(this.relative, relative), cosine, signalToNoise, unit, finite, ofMean, measured);
    }

    /**
     * Larger by noise that was measured.
     *
     * @param more by how much one element may differ in addition
     * @param ratio minimum signal-to-noise ratio of the whole tensor, in dB
     */
    public Tolerance withNoise(double more, double ratio) {
        return new Tolerance(absolute + more, relative, -1, ratio, unit, finite, ofMean, true);
    }

    /**
     * For a tensor whose values have a unit, as a Gaussian's mean has its prior's standard deviation: a signal smaller
     * than the unit counts as one unit, since noise matters relative to the unit.
     */
    public Tolerance measuredBy(double unit) {
        return new Tolerance(absolute, relative, cosine, signalToNoise, unit, finite, ofMean, measured);
    }

    /** The tolerance as text, for example {@code 1e-05 + 1e-04 |x|}. */
    public String describe() {
        if (isExact()) {
            return "equal values";
        }
        if (ofMean) {
            return String.format(Locale.ROOT, "%.0e of the mean", absolute);
        }
        StringBuilder text = new StringBuilder();
        if (absolute < Double.POSITIVE_INFINITY) {
            text.append(String.format(Locale.ROOT, relative == 0 ? "%.0e" : "%.2g + %.2g |x|", absolute, relative));
        }
        if (cosine > -1) {
            text.append(text.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "cosine >= %.4f", cosine));
        }
        if (signalToNoise > ANY_RATIO) {
            text.append(text.isEmpty() ? "" : ", ").append(String.format(Locale.ROOT, "%.0f dB", signalToNoise));
        }
        if (measured) {
            text.append(", with the measured rounding noise");
        }
        return text.toString();
    }
}
