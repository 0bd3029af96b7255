package io.kanerva.exporter.trace;

import java.util.Map;

/**
 * A factor in a {@link Size}'s products: a dynamic dimension, or a strided one, {@code floor((H+1)/2)}.
 *
 * <p>Repeated strides have this form, too: {@code floor((floor((H+a)/m)+b)/n) = floor((H+a+b*m)/(m*n))}.
 *
 * @param dimension its name
 * @param offset at least 0 and less than the divisor
 * @param divisor at least 1; 1 for the dimension itself
 */
public record SizeFactor(String dimension, long offset, long divisor) implements Comparable<SizeFactor> {
    public SizeFactor {
        if (offset < 0 || offset >= divisor) {
            throw new IllegalArgumentException("expected 0 <= offset < divisor, found " + offset + " and " + divisor);
        }
    }

    /** The dimension itself. */
    public static SizeFactor of(String dimension) {
        return new SizeFactor(dimension, 0, 1);
    }

    public boolean isDimension() {
        return divisor == 1;
    }

    /** The value for given sizes of the dynamic dimensions. */
    public long at(Map<String, Long> sizes) {
        return Math.floorDiv(sizes.get(dimension) + offset, divisor);
    }

    @Override
    public int compareTo(SizeFactor other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return isDimension()
                ? dimension
                : "floor(" + (offset == 0 ? dimension : "(" + dimension + "+" + offset + ")") + "/" + divisor + ")";
    }
}
