package io.kanerva.exporter.trace;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Map;
import java.util.Random;

/**
 * Generates input values for tracing and checking.
 *
 * @param ranges ranges [low, high) of inputs by name; other inputs are standard normal (floats), or 0 and 1
 */
public record Sampler(Map<String, Range> ranges) {
    /** Values from low (inclusive) to high (exclusive). */
    public record Range(double low, double high) {
        public Range {
            if (!(low < high)) {
                throw new IllegalArgumentException("expected low < high, found " + low + " and " + high);
            }
        }
    }

    public Sampler {
        ranges = Map.copyOf(ranges);
    }

    /** Values for an input at given sizes of the dynamic dimensions; the same seed gives the same values. */
    public Tensor sample(InputSpec input, Map<String, Long> sizes, long seed) {
        Random random = new Random(seed * 31 + input.name().hashCode());
        long[] shape = input.shapeAt(sizes).getShape();
        Range range = ranges.get(input.name());
        Range integers = range == null ? new Range(0, 2) : range;
        ElementType type = DjlTensors.elementType(input.type());
        if (!type.isFloat()) {
            return Tensor.of(type, () -> Math.floor(uniform(integers, random)), shape);
        }
        return Tensor.of(type, range == null ? random::nextGaussian : () -> uniform(range, random), shape);
    }

    private static double uniform(Range range, Random random) {
        return range.low() + random.nextDouble() * (range.high() - range.low());
    }
}
