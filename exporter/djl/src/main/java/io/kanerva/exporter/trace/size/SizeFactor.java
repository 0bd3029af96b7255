package io.kanerva.exporter.trace.size;

import java.util.Map;
import java.util.stream.Stream;

/** A factor in a {@link Size}'s products: a dynamic dimension, or a function of sizes that is not a product. */
public sealed interface SizeFactor extends Comparable<SizeFactor> {
    /** The value for given sizes of the dynamic dimensions. */
    long at(Map<String, Long> sizes);

    /** The names of the dynamic dimensions in it, possibly repeated. */
    Stream<String> dimensions();

    /** Whether it is at least 0 for all sizes of the dimensions, as far as that is easy to see. */
    boolean isNeverNegative();

    /** Whether it does not become smaller as a dimension becomes larger, as far as that is easy to see. */
    boolean isGrowing();

    @Override
    default int compareTo(SizeFactor other) {
        return this == other ? 0 : toString().compareTo(other.toString());
    }

    /**
     * A dynamic dimension.
     *
     * @param name its name
     */
    record Named(String name) implements SizeFactor {
        private static final String COUNT = "count of ";

        /**
         * The name of a size that depends on values, such as how many elements a mask selects.
         *
         * @param operation that selects them
         * @param id of the value that it computes
         * @param axis of that value
         */
        public static String count(String operation, int id, int axis) {
            return COUNT + operation + " " + id + "." + axis;
        }

        /** Whether a name stands for a size that depends on values. */
        public static boolean isCount(String name) {
            return name.startsWith(COUNT);
        }

        /** The smallest value: 1 for a dimension, 0 for the number of a loop's iteration and for a count. */
        long smallest() {
            return name.startsWith("#") || isCount(name) ? 0 : 1;
        }

        @Override
        public long at(Map<String, Long> sizes) {
            return sizes.get(name);
        }

        @Override
        public Stream<String> dimensions() {
            return Stream.of(name);
        }

        @Override
        public boolean isNeverNegative() {
            return true;
        }

        @Override
        public boolean isGrowing() {
            return true;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A quotient that is rounded to an integer, such as {@code floor((H+1)/2)}.
     *
     * @param dividend any known size
     * @param divisor any known size other than 0
     * @param isFloor whether it is rounded down; if not, towards 0, as Java's {@code /} and ONNX's Div do
     */
    record Quotient(Size dividend, Size divisor, boolean isFloor) implements SizeFactor {
        @Override
        public long at(Map<String, Long> sizes) {
            return isFloor
                    ? Math.floorDiv(dividend.at(sizes), divisor.at(sizes))
                    : dividend.at(sizes) / divisor.at(sizes);
        }

        @Override
        public Stream<String> dimensions() {
            return Stream.concat(dividend.dimensions(), divisor.dimensions());
        }

        @Override
        public boolean isNeverNegative() {
            return dividend.isNeverNegative() && divisor.isNeverNegative();
        }

        @Override
        public boolean isGrowing() {
            return divisor.isFixed() && divisor.value() > 0 && dividend.isGrowing();
        }

        @Override
        public String toString() {
            return (isFloor ? "floor(" : "trunc(") + dividend.inProduct() + "/" + divisor.inProduct() + ")";
        }
    }

    /**
     * The smaller or the larger one of two sizes.
     *
     * @param first any known size
     * @param second any known size
     * @param isLarger which of them it is
     */
    record Extremum(Size first, Size second, boolean isLarger) implements SizeFactor {
        @Override
        public long at(Map<String, Long> sizes) {
            return isLarger ? Math.max(first.at(sizes), second.at(sizes)) : Math.min(first.at(sizes), second.at(sizes));
        }

        @Override
        public Stream<String> dimensions() {
            return Stream.concat(first.dimensions(), second.dimensions());
        }

        @Override
        public boolean isNeverNegative() {
            return isLarger
                    ? first.isNeverNegative() || second.isNeverNegative()
                    : first.isNeverNegative() && second.isNeverNegative();
        }

        @Override
        public boolean isGrowing() {
            return first.isGrowing() && second.isGrowing();
        }

        @Override
        public String toString() {
            return (isLarger ? "max(" : "min(") + first + "," + second + ")";
        }
    }

    /**
     * The highest bit of a size that is set.
     *
     * @param of any known size; both results are 0 where it is not positive
     * @param isPower whether the result is the bit itself, which is the largest power of two up to the size, or its
     *     number from 1 on, which is floor(log2(of)) + 1
     */
    record HighestBit(Size of, boolean isPower) implements SizeFactor {
        @Override
        public long at(Map<String, Long> sizes) {
            long size = Math.max(0, of.at(sizes));
            return isPower ? Long.highestOneBit(size) : Long.SIZE - Long.numberOfLeadingZeros(size);
        }

        @Override
        public Stream<String> dimensions() {
            return of.dimensions();
        }

        @Override
        public boolean isNeverNegative() {
            return true;
        }

        @Override
        public boolean isGrowing() {
            return of.isGrowing();
        }

        @Override
        public String toString() {
            return (isPower ? "highestOneBit(" : "bitLength(") + of + ")";
        }
    }

    /**
     * The greatest common divisor of two sizes.
     *
     * @param first a positive size
     * @param second a positive size
     */
    record CommonDivisor(Size first, Size second) implements SizeFactor {
        @Override
        public long at(Map<String, Long> sizes) {
            long a = first.at(sizes);
            long b = second.at(sizes);
            while (b != 0) {
                long rest = a % b;
                a = b;
                b = rest;
            }
            return Math.abs(a);
        }

        @Override
        public Stream<String> dimensions() {
            return Stream.concat(first.dimensions(), second.dimensions());
        }

        @Override
        public boolean isNeverNegative() {
            return true;
        }

        @Override
        public boolean isGrowing() {
            return false;
        }

        @Override
        public String toString() {
            return "gcd(" + first + "," + second + ")";
        }
    }

    /**
     * A real number, rounded towards 0 as Java's cast to {@code long} does.
     *
     * @param number computed in float64
     */
    record Rounded(RealSize number) implements SizeFactor {
        @Override
        public long at(Map<String, Long> sizes) {
            return (long) number.at(sizes);
        }

        @Override
        public Stream<String> dimensions() {
            return number.dimensions();
        }

        @Override
        public boolean isNeverNegative() {
            return false;
        }

        @Override
        public boolean isGrowing() {
            return false;
        }

        @Override
        public String toString() {
            return "trunc(" + number + ")";
        }
    }
}
