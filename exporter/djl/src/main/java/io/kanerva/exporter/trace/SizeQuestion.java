package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A question about sizes whose answer decides what a block computes: whether one size is larger than another one, or
 * equal to it.
 *
 * @param left a known size
 * @param isEqual whether it is asked if both are equal; if not, whether the left one is larger
 * @param right a known size
 */
public record SizeQuestion(Size left, boolean isEqual, Size right) {
    /** The first questions about two dimensions: whether they are equal, and which one is larger. */
    static final int ORDERS = 3;

    private static final long MAX_MULTIPLE = 4;

    static SizeQuestion larger(Size left, Size right) {
        return new SizeQuestion(left, false, right);
    }

    private static SizeQuestion equal(Size left, Size right) {
        return new SizeQuestion(left, true, right);
    }

    /** Questions about two dimensions that programmers ask. */
    static List<SizeQuestion> ofTwo(String first, String second) {
        List<SizeQuestion> tests = new ArrayList<>();
        Size[][] orders = {{Size.named(first), Size.named(second)}, {Size.named(second), Size.named(first)}};
        // First, since no grid of sizes fits into what another question leaves of the equal ones.
        tests.add(equal(orders[0][0], orders[0][1]));
        for (Size[] pair : orders) {
            tests.add(larger(pair[0], pair[1]));
        }
        for (Size[] pair : orders) {
            tests.add(equal(pair[0].mod(pair[1]), Size.fixed(0)));
        }
        tests.add(equal(Size.of(new SizeFactor.CommonDivisor(orders[0][0], orders[0][1])), Size.fixed(1)));
        tests.add(equal(orders[0][0].plus(orders[0][1]).mod(Size.fixed(2)), Size.fixed(0)));
        for (Size[] pair : orders) {
            for (long multiple = 1; multiple <= MAX_MULTIPLE; multiple++) {
                for (long more = -1; more <= 1; more++) {
                    Size other = pair[1].times(multiple).plus(more);
                    tests.add(larger(pair[0], other));
                    tests.add(equal(pair[0], other));
                }
            }
        }
        return tests;
    }

    /** Questions about one dimension that divide its sizes into many parts. */
    static List<SizeQuestion> ofOne(String dimension) {
        Size size = Size.named(dimension);
        Size root = Size.of(new SizeFactor.Rounded(
                new RealSize.Computed(RealSize.Function.SQUARE_ROOT, List.of(new RealSize.Whole(size)))));
        return List.of(
                equal(Size.of(new SizeFactor.HighestBit(size, true)), size), // a power of two
                equal(root.times(root), size)); // a square
    }

    boolean holds(Map<String, Long> sizes) {
        long a = left.at(sizes);
        long b = right.at(sizes);
        return isEqual ? a == b : a > b;
    }

    /** The dimensions that it is about. */
    Set<String> dimensions() {
        return Stream.concat(left.dimensions(), right.dimensions()).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether it is asked if two dimensions are equal. */
    boolean areDimensions() {
        return isEqual && isDimension(left) && isDimension(right);
    }

    private static boolean isDimension(Size size) {
        return size.dimensions().anyMatch(name -> size.equals(Size.named(name)));
    }

    /** Whether a dimension is compared with a number. */
    private boolean isThreshold() {
        return !isEqual && right.isFixed();
    }

    /** What there is for both answers, for a message. */
    String both(String no, String yes) {
        return isThreshold()
                ? no + " up to " + left + "=" + right + " and " + yes + " above"
                : yes + " where " + this + " and " + no + " elsewhere";
    }

    @Override
    public String toString() {
        return left + (isEqual ? " = " : " > ") + right;
    }
}
