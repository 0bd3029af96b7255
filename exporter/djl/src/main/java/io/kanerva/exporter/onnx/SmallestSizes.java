package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Which sizes may be 0: those of arrays that have no elements at some sizes of the dimensions, such as T - 1.
 *
 * @param smallest the smallest size of each dimension that may have another one than 1
 */
record SmallestSizes(Map<String, Long> smallest) {
    /** Sizes of a single dimension are tried up to so much above the smallest, those of several up to less. */
    private static final int[] TRIED = {1, 64, 12, 5};
    /** Larger sizes to try where a size may fall as a dimension grows. */
    private static final long[] DISTANCES = {0, 1, 6, 30, 200, 4095};

    SmallestSizes {
        smallest = Map.copyOf(smallest);
    }

    /** Whether a size is 0 where its dimensions are small, or is not known. */
    boolean canBeZero(Size size) {
        if (!size.isKnown() || size.isFixed()) {
            return !size.isKnown() || size.value() == 0;
        }
        List<String> names = size.dimensions().distinct().sorted().toList();
        int tried = names.size() < TRIED.length ? TRIED[names.size()] : 2;
        int points = 1;
        for (int i = 0; i < names.size(); i++) {
            points *= tried;
        }
        for (int i = 0; i < points; i++) {
            Map<String, Long> sizes = new HashMap<>();
            int digits = i;
            for (String name : names) {
                sizes.put(name, smallest.getOrDefault(name, SizeFactor.Named.isCount(name) ? 0L : 1L) + digits % tried);
                digits /= tried;
            }
            if (isZero(size, sizes)) {
                return true;
            }
        }
        return !size.isGrowing() && canFallToZero(size, names, new HashMap<>());
    }

    /** Whether a size is 0 where some dimensions are large and others small, as 8 H / W is. */
    private boolean canFallToZero(Size size, List<String> names, Map<String, Long> sizes) {
        if (sizes.size() == names.size()) {
            return isZero(size, sizes);
        }
        String name = names.get(sizes.size());
        return LongStream.of(DISTANCES).anyMatch(distance -> {
            Map<String, Long> more = new HashMap<>(sizes);
            more.put(name, smallest.getOrDefault(name, 1L) + distance);
            return canFallToZero(size, names, more);
        });
    }

    private static boolean isZero(Size size, Map<String, Long> sizes) {
        try {
            return size.at(sizes) <= 0;
        } catch (ArithmeticException e) {
            return false; // A quotient without a value there: the block cannot have such sizes.
        }
    }
}
