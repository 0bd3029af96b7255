package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * How much each old element along an axis counts for each new one, as PyTorch computes it when it resizes an image: a
 * matrix [new size, old size] whose rows sum to 1. Constant for fixed sizes, else computed in the graph.
 *
 * <p>Bilinear and bicubic filters are stretched by max(1, old size / new size), which smooths a smaller image, and
 * leave out what is beyond the border. A row of the area filter averages the elements from floor(i n / m) to ceil((i +
 * 1) n / m) (exclusive).
 */
final class SamplingWeights {
    /** PyTorch's coefficient of a bicubic filter that smooths. */
    static final float CUBIC = -0.5f;

    /** Weights of 8-bit images are integers below 2^15, with a common factor of at most 2^22. */
    private static final double LARGEST_INTEGER_WEIGHT = (1 << 15) - 0.5;

    private static final int MAX_BITS = 22;

    /** The filter of an interpolation. */
    enum Filter {
        LINEAR(1),
        CUBIC(2),
        AREA(0);

        private final int radius;

        Filter(int radius) {
            this.radius = radius;
        }

        private double at(double distance) {
            double x = Math.abs(distance);
            if (this == LINEAR) {
                return Math.max(0, 1 - x);
            }
            double a = SamplingWeights.CUBIC;
            return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }
    }

    private final GraphBuilder g;
    private final Filter filter;
    /** The type in which PyTorch computes the weights, float32 or float64. */
    private final ElementType type;

    SamplingWeights(GraphBuilder g, Filter filter, ElementType type) {
        this.g = g;
        this.filter = filter;
        this.type = type;
    }

    /**
     * The matrix for an axis, or its transpose.
     *
     * @param x a value with the old size at the axis
     */
    Value matrix(Size from, Size to, Value x, int axis, boolean isTransposed) {
        if (from.isFixed() && to.isFixed()) {
            return constant(type, weights(from, to), isTransposed);
        }
        Value weights = computed(from, to, x, axis);
        return new Value((isTransposed ? transposed(weights) : weights).name(), type, null);
    }

    private Value transposed(Value matrix) {
        return g.node("Transpose", List.of(matrix), "perm", new long[] {1, 0});
    }

    /** Weights times a power of two as int32, and that power. */
    record Integers(Value weights, Value factor) {}

    /** The weights that PyTorch uses for 8-bit images. */
    Integers integers(Size from, Size to, Value x, int axis, boolean isTransposed) {
        if (from.isFixed() && to.isFixed()) {
            double[][] weights = weights(from, to);
            double largest =
                    Arrays.stream(weights).flatMapToDouble(Arrays::stream).max().orElseThrow();
            double factor = 1;
            for (int bits = 0; bits < MAX_BITS && largest * factor * 2 < LARGEST_INTEGER_WEIGHT; bits++) {
                factor *= 2;
            }
            for (double[] row : weights) {
                for (int j = 0; j < row.length; j++) {
                    row[j] = Math.signum(row[j]) * Math.floor(Math.abs(row[j]) * factor + 0.5);
                }
            }
            return new Integers(
                    constant(ElementType.INT32, weights, isTransposed), g.scalar(ElementType.INT32, factor));
        }
        Value weights = computed(from, to, x, axis);
        double[] powers = new double[MAX_BITS];
        Arrays.setAll(powers, i -> Math.pow(2, i + 1));
        Value products = g.node(
                "Mul",
                g.constant(Tensor.of(type, powers, MAX_BITS)),
                g.node("ReduceMax", List.of(weights), "keepdims", 0));
        Value fits = g.node("Less", products, g.scalar(type, LARGEST_INTEGER_WEIGHT));
        Value bits = Reductions.reduce(g, "ReduceSum", g.cast(fits, type), new long[0], false);
        Value factor = g.node("Pow", g.scalar(type, 2), bits);
        Value rounded =
                g.node("Floor", g.node("Add", g.node("Mul", g.node("Abs", weights), factor), g.scalar(type, 0.5)));
        Value whole = g.cast(g.node("Mul", g.node("Sign", weights), rounded), ElementType.INT32);
        return new Integers(isTransposed ? transposed(whole) : whole, g.cast(factor, ElementType.INT32));
    }

    private Value constant(ElementType written, double[][] weights, boolean isTransposed) {
        int rows = weights.length;
        int columns = weights[0].length;
        double[] values = new double[rows * columns];
        Arrays.setAll(values, i -> isTransposed ? weights[i % rows][i / rows] : weights[i / columns][i % columns]);
        return g.constant(
                isTransposed ? Tensor.of(written, values, columns, rows) : Tensor.of(written, values, rows, columns));
    }

    private double rounded(double value) {
        return type == ElementType.FLOAT32 ? (float) value : value;
    }

    private double[][] weights(Size oldSize, Size newSize) {
        int from = Math.toIntExact(oldSize.value());
        int to = Math.toIntExact(newSize.value());
        double[][] weights = new double[to][from];
        double scale = rounded((double) from / to);
        double stretch = Math.max(1, scale);
        double shrink = rounded(1 / stretch);
        for (int i = 0; i < to; i++) {
            boolean isArea = filter == Filter.AREA;
            double centre = rounded(scale * (i + 0.5));
            int first =
                    isArea ? (int) ((long) i * from / to) : (int) Math.max(0, centre - filter.radius * stretch + 0.5);
            int end = isArea
                    ? (int) (((i + 1L) * from + to - 1) / to)
                    : (int) Math.min(from, centre + filter.radius * stretch + 0.5);
            double sum = 0;
            for (int j = first; j < end; j++) {
                double offset = rounded(rounded(j - first + rounded(first - centre)) + 0.5);
                weights[i][j] = isArea ? 1 : rounded(filter.at(rounded(offset * shrink)));
                sum = rounded(sum + weights[i][j]);
            }
            for (int j = first; j < end; j++) {
                weights[i][j] = rounded(weights[i][j] / sum);
            }
        }
        return weights;
    }

    private Value computed(Size from, Size to, Value x, int axis) {
        Value length = g.size(from, x, axis);
        Value rows = g.node("Unsqueeze", g.range(to, null, 0), g.integers(1));
        Value columns = g.range(from, x, axis);
        Value weights = filter == Filter.AREA
                ? areas(length, g.size(to), rows, columns)
                : stretched(length, g.size(to), rows, columns);
        return g.node("Div", weights, Reductions.reduce(g, "ReduceSum", weights, new long[] {1}, true));
    }

    private Value areas(Value from, Value to, Value rows, Value columns) {
        Value one = g.integers(1);
        Value first = g.node("Div", g.node("Mul", rows, from), to);
        Value beyond = g.node("Add", g.node("Mul", g.node("Add", rows, one), from), g.node("Sub", to, one));
        Value isInside = g.node(
                "And", g.node("GreaterOrEqual", columns, first), g.node("Less", columns, g.node("Div", beyond, to)));
        return g.cast(isInside, type);
    }

    private Value stretched(Value from, Value to, Value rows, Value columns) {
        Value half = g.scalar(type, 0.5);
        Value scale = g.node("Div", g.cast(from, type), g.cast(to, type));
        Value centres = g.node("Mul", scale, g.node("Add", g.cast(rows, type), half));
        Value positions = g.node("Add", g.cast(columns, type), half);
        Value stretch = g.node("Max", scale, g.scalar(type, 1));
        Value x = g.node("Abs", g.node("Div", g.node("Sub", positions, centres), stretch));
        if (filter == Filter.LINEAR) {
            return g.node("Max", g.node("Sub", g.scalar(type, 1), x), g.scalar(type, 0));
        }
        Value near = Polynomial.of(g, type, new double[] {CUBIC + 2, -(CUBIC + 3), 0, 1}, x);
        Value far = Polynomial.of(g, type, new double[] {CUBIC, -5 * CUBIC, 8 * CUBIC, -4 * CUBIC}, x);
        Value outer = g.node("Where", g.node("Less", x, g.scalar(type, 2)), far, g.scalar(type, 0));
        return g.node("Where", g.node("Less", x, g.scalar(type, 1)), near, outer);
    }
}
