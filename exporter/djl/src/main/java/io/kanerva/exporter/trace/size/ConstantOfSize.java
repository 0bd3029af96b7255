package io.kanerva.exporter.trace.size;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.Map;

/** A constant made from Java numbers whose shape or elements depend on dynamic dimensions. */
public sealed interface ConstantOfSize {
    /** Its element type. */
    ElementType type();

    /** Its shape. */
    List<Size> shape();

    /** The constant for given sizes of the dynamic dimensions. */
    Tensor at(Map<String, Long> sizes);

    private static long[] shapeAt(List<Size> shape, Map<String, Long> sizes) {
        return shape.stream().mapToLong(size -> size.at(sizes)).toArray();
    }

    /**
     * A number at each place.
     *
     * @param number a {@link Size} or a {@link RealSize}
     */
    record Filled(ElementType type, List<Size> shape, Object number) implements ConstantOfSize {
        @Override
        public Tensor at(Map<String, Long> sizes) {
            return Tensor.filled(type, numberAt(number, sizes), shapeAt(shape, sizes));
        }
    }

    /**
     * Numbers in a fixed shape.
     *
     * @param numbers a {@link Size}, a {@link RealSize} or a Double for each place
     */
    record Listed(ElementType type, List<Size> shape, List<Object> numbers) implements ConstantOfSize {
        @Override
        public Tensor at(Map<String, Long> sizes) {
            double[] values =
                    numbers.stream().mapToDouble(n -> numberAt(n, sizes)).toArray();
            return Tensor.of(type, values, shapeAt(shape, sizes));
        }
    }

    /** The value of a {@link Size}, a {@link RealSize} or a Double. */
    static double numberAt(Object number, Map<String, Long> sizes) {
        return number instanceof Size size
                ? size.at(sizes)
                : number instanceof RealSize real ? real.at(sizes) : (Double) number;
    }

    /**
     * The beginning of a table, in each axis; an axis of size 1 in the table is repeated.
     *
     * @param table as large as the shape ever is, or 1
     */
    record Table(List<Size> shape, Tensor table) implements ConstantOfSize {
        @Override
        public ElementType type() {
            return table.type();
        }

        @Override
        public Tensor at(Map<String, Long> sizes) {
            long[] wanted = shapeAt(shape, sizes);
            long[] strides = Places.strides(table.shape());
            int bytes = Math.toIntExact(table.type().bytes(1));
            byte[] from = table.bytes();
            byte[] to = new byte[Math.toIntExact(Places.count(wanted)) * bytes];
            Places.forEach(wanted, (place, index) -> {
                long at = 0;
                for (int i = 0; i < wanted.length; i++) {
                    at += table.shape()[i] == 1 ? 0 : index[i] * strides[i];
                }
                System.arraycopy(from, Math.toIntExact(at) * bytes, to, place * bytes, bytes);
            });
            return Tensor.ofBytes(table.type(), to, wanted);
        }
    }

    /**
     * An arithmetic progression along each axis: start plus the position times the axis' slope.
     *
     * @param slopes whole numbers, one per axis
     */
    record Progression(ElementType type, List<Size> shape, Size start, List<Long> slopes) implements ConstantOfSize {
        @Override
        public Tensor at(Map<String, Long> sizes) {
            long[] wanted = shapeAt(shape, sizes);
            double[] values = new double[Math.toIntExact(Places.count(wanted))];
            long first = start.at(sizes);
            Places.forEach(wanted, (place, index) -> {
                long sum = first;
                for (int i = 0; i < index.length; i++) {
                    sum += slopes.get(i) * index[i];
                }
                values[place] = sum;
            });
            return Tensor.of(type, values, wanted);
        }
    }

    /**
     * A progression divided by a size, such as the shares {@code i/T}.
     *
     * @param dividend whole numbers, of the quotient's floating-point type
     * @param divisor any known size other than 0
     */
    record Quotients(Progression dividend, Size divisor) implements ConstantOfSize {
        @Override
        public ElementType type() {
            return dividend.type();
        }

        @Override
        public List<Size> shape() {
            return dividend.shape();
        }

        @Override
        public Tensor at(Map<String, Long> sizes) {
            Tensor whole = dividend.at(sizes);
            double[] values = whole.doubles();
            double by = divisor.at(sizes);
            for (int i = 0; i < values.length; i++) {
                // Rounding to float32 after float64 gives what a division in float32 gives.
                values[i] /= by;
            }
            return Tensor.of(type(), values, whole.shape());
        }
    }

    /**
     * A function of the difference of the positions on two axes, such as a triangular mask.
     *
     * @param row the axis that is subtracted
     * @param column the other axis
     * @param isFromEnd whether positions count from the end of their axes
     * @param isFlipped whether the column's positions are taken in reverse order, as in a reversed identity
     * @param smallest the difference of the first value; smaller differences have it, too
     * @param values a vector; larger differences have the last one
     */
    record Diagonals(
            List<Size> shape, int row, int column, boolean isFromEnd, boolean isFlipped, long smallest, Tensor values)
            implements ConstantOfSize {
        @Override
        public ElementType type() {
            return values.type();
        }

        @Override
        public Tensor at(Map<String, Long> sizes) {
            long[] wanted = shapeAt(shape, sizes);
            int bytes = Math.toIntExact(values.type().bytes(1));
            byte[] from = values.bytes();
            byte[] to = new byte[Math.toIntExact(Places.count(wanted)) * bytes];
            long shift = isFromEnd ? wanted[column] - wanted[row] : 0;
            Places.forEach(wanted, (place, index) -> {
                long last = wanted[column] - 1;
                long position = isFlipped ? last - index[column] : index[column];
                long difference = position - index[row] - shift - smallest;
                int at = Math.toIntExact(Math.max(0, Math.min(values.size() - 1, difference)));
                System.arraycopy(from, at * bytes, to, place * bytes, bytes);
            });
            return Tensor.ofBytes(values.type(), to, wanted);
        }
    }
}
