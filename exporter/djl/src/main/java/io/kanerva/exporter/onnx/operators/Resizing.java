package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.onnx.operators.SamplingWeights.Filter;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Resizes images as DJL's PyTorch engine does: it never aligns corners, and smooths by bilinear and bicubic filters
 * where it shrinks an image.
 *
 * <p>ONNX's Resize is used where it says the same. It has no smoothing before opset 18, rounds 8-bit images in another
 * way, and picks the nearest element in exact arithmetic, where the engine rounds i times old size / new size. Such
 * cases become Slice, Gather, or products with matrices of {@link SamplingWeights}.
 */
final class Resizing {
    private static final int NEAREST = 0;
    private static final int AREA = 2;
    private static final List<Filter> FILTERS = List.of(Filter.AREA, Filter.LINEAR, Filter.AREA, Filter.CUBIC);
    private static final int ANTIALIAS_SINCE = 18;
    /** Ratios are checked up to this many old elements. */
    private static final long MAX_CHECKED = 4096;
    /** PyTorch has its own kernel for 8-bit images of up to so many channels. */
    private static final long MAX_PICTURE_CHANNELS = 4;

    private final GraphBuilder g;
    private final ElementType type;
    private final int mode;
    private final List<Size> from;
    private final List<Size> to;

    private Resizing(GraphBuilder g, Operation op) {
        this.g = g;
        type = op.input().type();
        mode = Math.toIntExact(op.number("mode"));
        from = op.input().shape();
        to = new ArrayList<>(from.subList(0, 2));
        to.addAll(op.sizes("size"));
    }

    static void register(Operators table) {
        table.put(
                "interpolation",
                "Resize; where that differs from the engine, Slice or Gather for nearest, AveragePool for areas, and "
                        + "MatMul with weights for others (smaller images before opset 18, uint8, float64)",
                (g, op, in) -> new Resizing(g, op).lower(in.get(0)));
    }

    private Value lower(Value x) {
        if (mode == NEAREST) {
            return nearest(x);
        }
        List<Integer> axes = IntStream.range(2, to.size())
                .boxed()
                .filter(axis -> !to.get(axis).equals(from.get(axis)))
                .sorted(Collections.reverseOrder())
                .toList();
        if (mode == AREA) {
            return area(x, axes);
        }
        return asColumn(filtered(x, axes), x);
    }

    private Value filtered(Value x, List<Integer> axes) {
        if (type == ElementType.UINT8) {
            return integers(x, axes);
        }
        // ONNX Runtime's Resize has no float64.
        boolean isLarger = IntStream.range(2, to.size()).allMatch(i -> to.get(i).isNeverBelow(from.get(i)));
        boolean canResize = type == ElementType.FLOAT32 && (isLarger || g.opset() >= ANTIALIAS_SINCE);
        return canResize ? smooth(x, isLarger) : weighted(x, axes);
    }

    /**
     * PyTorch's kernel for CPUs gives each row the values of the first one where an image becomes one column wide and
     * its height changes; the one for 8-bit images of few channels does not.
     */
    private Value asColumn(Value y, Value x) {
        Size oldHeight = from.get(2);
        Size newHeight = to.get(2);
        Size width = to.get(3);
        Size channels = from.get(1);
        boolean areRowsAlike = oldHeight.is(1) || newHeight.is(1) || newHeight.equals(oldHeight);
        boolean isPicture = type == ElementType.UINT8 && channels.isFixed() && channels.value() <= MAX_PICTURE_CHANNELS;
        if (areRowsAlike || isPicture || width.isKnown() && !width.is(1) && !g.canBeZero(width.plus(-1))) {
            return y;
        }
        List<Value> conditions = new ArrayList<>();
        if (!width.is(1)) {
            conditions.add(g.node("Equal", g.size(width, y, 3), g.integers(1)));
        }
        if (!newHeight.isFixed() || !oldHeight.isFixed()) {
            conditions.add(g.node("Not", g.node("Equal", g.size(newHeight, y, 2), g.size(oldHeight, x, 2))));
        }
        if (type == ElementType.UINT8 && !channels.isFixed()) {
            conditions.add(g.node("Greater", g.size(channels, x, 1), g.integers(MAX_PICTURE_CHANNELS)));
        }
        // All sizes are known, or there is a condition.
        Value rows = conditions.stream()
                .reduce((a, b) -> g.node("And", a, b))
                .map(isColumn -> g.node("Where", isColumn, g.integers(0), g.range(newHeight, y, 2)))
                .orElseGet(() -> g.integers(new long[Math.toIntExact(newHeight.value())]));
        return g.node("Gather", List.of(y, rows), "axis", 2);
    }

    private Value smooth(Value x, boolean isLarger) {
        List<Object> attributes = new ArrayList<>(
                List.of("mode", mode == 1 ? "linear" : "cubic", "coordinate_transformation_mode", "half_pixel"));
        if (mode != 1) {
            attributes.addAll(List.of("cubic_coeff_a", SamplingWeights.CUBIC));
        }
        if (mode != 1 || !isLarger) {
            attributes.addAll(List.of("exclude_outside", 1));
        }
        if (!isLarger) {
            attributes.addAll(List.of("antialias", 1));
        }
        return resize(x, attributes.toArray());
    }

    /** By scales where all are whole, else by sizes. */
    private Value resize(Value x, Object... attributes) {
        float[] scales = new float[to.size()];
        boolean isWhole = IntStream.range(0, to.size()).allMatch(i -> {
            scales[i] = ratio(to.get(i), from.get(i)).orElse(0);
            return scales[i] > 0;
        });
        List<Value> operands = isWhole
                ? List.of(x, Value.ABSENT, g.constant(Tensor.of(scales, scales.length)))
                : List.of(x, Value.ABSENT, Value.ABSENT, g.sizes(to));
        return g.node("Resize", operands, attributes);
    }

    private static OptionalLong ratio(Size larger, Size smaller) {
        return larger.equals(smaller) ? OptionalLong.of(1) : larger.timesLargerThan(smaller);
    }

    /** Element i of the new axis is element floor(i * n / m) of the old one, in floating-point arithmetic. */
    private Value nearest(Value x) {
        boolean isRepeated = IntStream.range(2, to.size())
                .allMatch(i -> ratio(to.get(i), from.get(i)).stream().anyMatch(this::isExact));
        if (isRepeated && type != ElementType.FLOAT64) {
            return resize(
                    x, "mode", "nearest", "coordinate_transformation_mode", "asymmetric", "nearest_mode", "floor");
        }
        Value y = x;
        for (int axis = 2; axis < to.size(); axis++) {
            OptionalLong step = ratio(from.get(axis), to.get(axis));
            if (step.isEmpty()) {
                y = g.node("Gather", List.of(y, positions(x, axis)), "axis", axis);
            } else if (step.getAsLong() > 1) {
                Value end = g.size(from.get(axis), x, axis);
                y = g.node("Slice", y, g.integers(0), end, g.integers(axis), g.integers(step.getAsLong()));
            }
        }
        return y;
    }

    private double rounded(double value) {
        return type == ElementType.FLOAT64 ? value : (float) value;
    }

    /** Whether the engine's arithmetic repeats each element as often. */
    private boolean isExact(long ratio) {
        double scale = rounded(1.0 / ratio);
        return LongStream.range(0, ratio * MAX_CHECKED).allMatch(i -> (long) rounded(i * scale) == i / ratio);
    }

    private Value positions(Value x, int axis) {
        Size oldSize = from.get(axis);
        Size newSize = to.get(axis);
        if (oldSize.isFixed() && newSize.isFixed()) {
            double scale = rounded((double) oldSize.value() / newSize.value());
            return g.integers(LongStream.range(0, newSize.value())
                    .map(i -> Math.min(oldSize.value() - 1, (long) rounded(i * scale)))
                    .toArray());
        }
        ElementType calculated = type == ElementType.FLOAT64 ? type : ElementType.FLOAT32;
        Value length = g.size(oldSize, x, axis);
        Value scale = g.node("Div", g.cast(length, calculated), g.cast(g.size(newSize), calculated));
        Value positions = g.node("Floor", g.node("Mul", g.cast(g.range(newSize, x, axis), calculated), scale));
        return g.node("Min", g.cast(positions, ElementType.INT64), g.node("Sub", length, g.integers(1)));
    }

    private Value area(Value x, List<Integer> axes) {
        long[] kernel = IntStream.range(2, to.size())
                .mapToLong(i -> ratio(from.get(i), to.get(i)).orElse(0))
                .toArray();
        if (type != ElementType.FLOAT64 && LongStream.of(kernel).allMatch(size -> size > 0)) {
            return g.node(
                    "AveragePool", List.of(Pooling.apartFromPad(g, x)), "kernel_shape", kernel, "strides", kernel);
        }
        return weighted(x, axes);
    }

    /** One axis after the other. */
    private Value weighted(Value x, List<Integer> axes) {
        SamplingWeights weights =
                new SamplingWeights(g, FILTERS.get(mode), type == ElementType.FLOAT64 ? type : ElementType.FLOAT32);
        Value y = x;
        for (int axis : axes) {
            Value matrix = weights.matrix(from.get(axis), to.get(axis), x, axis, isLast(axis));
            y = product(y, g.cast(matrix, type), axis);
        }
        return y;
    }

    /** The engine rounds 8-bit images after each axis, and its weights to integers. */
    private Value integers(Value x, List<Integer> axes) {
        SamplingWeights weights = new SamplingWeights(g, FILTERS.get(mode), ElementType.FLOAT64);
        Value y = g.cast(x, ElementType.INT32);
        Value two = g.scalar(ElementType.INT32, 2);
        for (int axis : axes) {
            SamplingWeights.Integers matrix = weights.integers(from.get(axis), to.get(axis), x, axis, isLast(axis));
            Value sum = g.node("Add", product(y, matrix.weights(), axis), g.node("Div", matrix.factor(), two));
            Value mean = g.node("Div", sum, matrix.factor());
            y = g.node("Clip", mean, g.scalar(ElementType.INT32, 0), g.scalar(ElementType.INT32, 255));
        }
        return g.cast(y, type);
    }

    private boolean isLast(int axis) {
        return axis == to.size() - 1;
    }

    /** The product along an axis; for the last axis the matrix is transposed. */
    private Value product(Value x, Value matrix, int axis) {
        int rows = to.size() - 2;
        if (isLast(axis)) {
            return g.node("MatMul", x, matrix);
        }
        long[] swapped = LongStream.range(0, to.size())
                .map(i -> i == axis ? rows : i == rows ? axis : i)
                .toArray();
        Value moved = axis == rows ? x : g.node("Transpose", List.of(x), "perm", swapped);
        Value product = g.node("MatMul", matrix, moved);
        return axis == rows ? product : g.node("Transpose", List.of(product), "perm", swapped);
    }
}
