package io.kanerva.exporter.trace;

import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/**
 * Makes input values for tracing and checking.
 *
 * @param ranges values of some inputs lie in [low, high); others are standard normal (floats), or 0 and 1
 */
public record Sampler(Map<String, Range> ranges) {
    /** Values from low (included) to high (excluded). */
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
        int count = Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b));
        Range range = ranges.get(input.name());
        if (input.type() == DataType.FLOAT32) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = (float) (range == null ? random.nextGaussian()
                        : range.low() + random.nextDouble() * (range.high() - range.low()));
            }
            return Tensor.of(values, shape);
        }
        Range whole = range == null ? new Range(0, 2) : range;
        byte[] bytes = new byte[count * input.type().getNumOfBytes()];
        for (int i = 0; i < count; i++) {
            double value = Math.floor(whole.low() + random.nextDouble() * (whole.high() - whole.low()));
            byte[] element = Tensor.filled(input.type(), value).bytes();
            System.arraycopy(element, 0, bytes, i * element.length, element.length);
        }
        return Tensor.ofBytes(input.type(), bytes, shape);
    }
}
