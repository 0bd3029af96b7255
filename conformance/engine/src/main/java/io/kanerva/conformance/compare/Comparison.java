package io.kanerva.conformance.compare;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The difference of one output from the expected one, and its tolerance.
 *
 * @param output the tensor's name
 * @param count number of elements compared
 * @param largest largest absolute difference; infinite if a value is finite on one side only
 * @param relative largest difference relative to the expected value, over expected values that are not 0
 * @param units largest distance in units in the last place, for float32; -1 for other types
 * @param signalToNoise 10 log10 of the expected values' squares, or the unit's if it is larger, over the differences'
 *     squares, in dB; infinite if nothing differs
 * @param cosine of the angle between the two tensors; 1 if nothing differs
 * @param rootMeanSquare of the differences
 * @param share largest fraction of the tolerance that an element uses, 1 being all of it
 * @param at index of that element, for example {@code [0, 3, 5]}
 * @param expected the expected value there
 * @param found the other value there
 * @param tolerance the tolerance that was applied
 * @param problem why nothing was compared, part of a sentence; empty if something was
 * @param undecided number of elements that differ, but that rounding errors alone change, as at a tie of two classes or
 *     between two levels of a quantisation, or that the specification leaves open, as NaN cast to an integer
 */
public record Comparison(
        String output,
        long count,
        double largest,
        double relative,
        long units,
        double signalToNoise,
        double cosine,
        double rootMeanSquare,
        double share,
        String at,
        double expected,
        double found,
        Tolerance tolerance,
        String problem,
        long undecided) {

    /**
     * Compares two tensors. NaN equals NaN, and an infinity itself, unless values must be finite.
     *
     * @param found null if the output is missing
     */
    public static Comparison between(String output, Tensor expected, Tensor found, Tolerance tolerance) {
        if (found == null) {
            return impossible(output, "expected %s, found no such output".formatted(expected), tolerance);
        }
        if (expected.type() != found.type() || !Arrays.equals(expected.shape(), found.shape())) {
            return impossible(output, "expected %s, found %s".formatted(expected, found), tolerance);
        }
        boolean same = expected.equals(found);
        if (expected.type() == ElementType.COMPLEX64 || expected.type() == ElementType.COMPLEX128) {
            return between(output, parts(expected), parts(found), tolerance);
        }
        if (!expected.type().isNumeric()) {
            // Types of 8 bits have several encodings of NaN.
            boolean equal = same
                    || expected.type() != ElementType.STRING
                            && expected.elements().equals(found.elements());
            return equal
                    ? new Sums(false, tolerance)
                            .comparison(output, expected.shape(), new double[0], new double[0])
                            .ofElements(expected.size())
                    : impossible(output, others(expected, found), Tolerance.BITS);
        }
        double[] reference = expected.doubles();
        if (tolerance.finite()) {
            for (double value : reference) {
                if (!Double.isFinite(value)) {
                    return impossible(output, "expected finite values, found " + value, tolerance);
                }
            }
        }
        Sums sums = new Sums(expected.type() == ElementType.FLOAT32, tolerance);
        double[] values = same ? reference : found.doubles();
        for (int i = 0; i < values.length; i++) {
            sums.add(i, reference[i], values[i]);
        }
        if (!same && sums.largest == 0 && !expected.type().isFloat()) {
            // Two integers beyond 2^53 may be the same double.
            return impossible(output, others(expected, found), Tolerance.BITS);
        }
        return sums.comparison(output, expected.shape(), reference, values);
    }

    /** Complex numbers as pairs along a new last axis. */
    private static Tensor parts(Tensor complex) {
        long[] shape = Arrays.copyOf(complex.shape(), complex.shape().length + 1);
        shape[shape.length - 1] = 2;
        return Tensor.over(
                complex.type() == ElementType.COMPLEX64 ? ElementType.FLOAT32 : ElementType.FLOAT64,
                complex.buffer(),
                shape);
    }

    /** What was expected and found at the first element that differs, as the end of a sentence. */
    private static String others(Tensor expected, Tensor found) {
        List<Object> one = expected.elements();
        List<Object> other = found.elements();
        int at = 0;
        while (at < one.size() - 1 && one.get(at).equals(other.get(at))) {
            at++;
        }
        return "expected '%s' at %s of %s, found '%s'"
                .formatted(one.get(at), Sums.index(expected.shape(), at), expected, other.get(at));
    }

    /** The same with another number of elements, for a row that summarises several. */
    public Comparison ofElements(long elements) {
        return with(elements, undecided);
    }

    /** The same, of values in which so many elements differ that rounding alone decides. */
    public Comparison undecided(long elements) {
        return with(count, elements);
    }

    private Comparison with(long ofElements, long undecidedElements) {
        return new Comparison(
                output,
                ofElements,
                largest,
                relative,
                units,
                signalToNoise,
                cosine,
                rootMeanSquare,
                share,
                at,
                expected,
                found,
                tolerance,
                problem,
                undecidedElements);
    }

    /** A comparison that could not be made: an output is missing, or the runtime has none. */
    public static Comparison impossible(String output, String problem, Tolerance tolerance) {
        double infinite = Double.POSITIVE_INFINITY;
        return new Comparison(
                output,
                0,
                infinite,
                infinite,
                -1,
                Double.NEGATIVE_INFINITY,
                -1,
                infinite,
                infinite,
                "",
                Double.NaN,
                Double.NaN,
                tolerance,
                problem,
                0);
    }

    /** Whether the output is within its tolerance. */
    public boolean within() {
        return problem.isEmpty()
                && share <= 1
                && (cosine >= tolerance.cosine() || largest == 0)
                && signalToNoise >= tolerance.signalToNoise();
    }

    /**
     * The result as the end of a sentence: {@code differs by 3.1e-02 at [0, 2]: expected 0.5, found 0.531 (budget 1e-05
     * + 1e-04 |x|)}.
     */
    public String describe() {
        if (!problem.isEmpty()) {
            return "cannot be compared: " + problem;
        }
        if (tolerance.ofMean()) {
            return String.format(
                    Locale.ROOT,
                    "has a mean of %.4f over %,d values, expected %.4f; they differ by %.2e (budget %.0e), "
                            + "single values by at most %.2e",
                    found,
                    count,
                    expected,
                    Math.abs(expected - found),
                    tolerance.absolute(),
                    largest);
        }
        if (undecided > 0) {
            return ("differs in %,d of %,d elements, all of which rounding errors change or the specification leaves "
                            + "open")
                    .formatted(undecided, count);
        }
        if (largest == 0) {
            return "has the same values (budget %s)".formatted(tolerance.describe());
        }
        return String.format(
                Locale.ROOT,
                "differs by %.2e at %s: expected %s, found %s, %.0f dB, cosine %.6f (budget %s)",
                Math.abs(expected - found),
                at,
                text(expected),
                text(found),
                signalToNoise,
                cosine,
                tolerance.describe());
    }

    /** A value with just enough digits to differ from the other one; whole numbers without an exponent. */
    private String text(double value) {
        boolean whole = value == Math.rint(value) && Math.abs(value) < 1e18 && Math.abs(value) > 1e7;
        return whole
                ? Long.toString((long) value)
                : (float) expected == (float) found ? Double.toString(value) : Float.toString((float) value);
    }

    /** Running sums over the elements. */
    private static final class Sums {
        private final boolean single;
        private final Tolerance tolerance;
        private double largest;
        private double relative;
        private long units;
        private double share;
        private int worst;
        private double squares;
        private double signal;
        private double other;
        private double product;

        Sums(boolean single, Tolerance tolerance) {
            this.single = single;
            this.tolerance = tolerance;
        }

        void add(int index, double expected, double found) {
            boolean same = expected == found || Double.isNaN(expected) && Double.isNaN(found);
            double difference = same
                    ? 0
                    : Double.isFinite(expected) && Double.isFinite(found)
                            ? Math.abs(expected - found)
                            : Double.POSITIVE_INFINITY;
            largest = Math.max(largest, difference);
            squares += difference * difference;
            if (Double.isFinite(expected) && Double.isFinite(found)) {
                signal += expected * expected;
                other += found * found;
                product += expected * found;
            }
            if (difference > 0) {
                relative = Math.max(relative, expected == 0 ? 0 : difference / Math.abs(expected));
                units = Math.max(units, single ? unitsBetween((float) expected, (float) found) : -1);
                double accepted = tolerance.absolute() + tolerance.relative() * Math.abs(expected);
                double used = difference == Double.POSITIVE_INFINITY
                        ? difference
                        : accepted == Double.POSITIVE_INFINITY ? 0 : difference / accepted;
                if (used > share || share == 0) {
                    share = Math.max(share, used);
                    worst = index;
                }
            }
        }

        Comparison comparison(String output, long[] shape, double[] reference, double[] values) {
            double ratio = squares == 0
                    ? Double.POSITIVE_INFINITY
                    : 10 * Math.log10(Math.max(signal, values.length * tolerance.unit() * tolerance.unit()) / squares);
            double cosine = squares == 0 ? 1 : signal == 0 || other == 0 ? 0 : product / Math.sqrt(signal * other);
            boolean ofMean = tolerance.ofMean();
            double one = ofMean ? mean(reference) : largest == 0 ? Double.NaN : reference[worst];
            double two = ofMean ? mean(values) : largest == 0 ? Double.NaN : values[worst];
            double meansShare = Math.abs(one - two) / tolerance.absolute();
            return new Comparison(
                    output,
                    values.length,
                    largest,
                    relative,
                    single ? units : -1,
                    ratio,
                    cosine,
                    Math.sqrt(squares / Math.max(1, values.length)),
                    !ofMean ? share : Double.isNaN(meansShare) ? Double.POSITIVE_INFINITY : meansShare,
                    ofMean ? "the mean" : largest == 0 ? "" : index(shape, worst),
                    one,
                    two,
                    tolerance,
                    "",
                    0);
        }

        private static double mean(double[] values) {
            return Arrays.stream(values).average().orElse(Double.NaN);
        }

        /** The number of float32 values from one to the other. */
        private static long unitsBetween(float one, float other) {
            return Math.abs(ordinal(one) - ordinal(other));
        }

        private static long ordinal(float value) {
            int bits = Float.floatToIntBits(value);
            return bits >= 0 ? bits : Integer.MIN_VALUE - (long) bits;
        }

        private static String index(long[] shape, int flat) {
            long[] index = new long[shape.length];
            long rest = flat;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                index[axis] = rest % shape[axis];
                rest /= shape[axis];
            }
            return Arrays.toString(index);
        }
    }
}
