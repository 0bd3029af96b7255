package io.kanerva.onnx.reference;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;

/** Convolutions, pools and resizing: arrays are (N, C, spatial axes). */
final class WindowKernels {
    private WindowKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put("Conv", Kernel.of(WindowKernels::conv));
        table.put(
                "MaxPool",
                Kernel.of(
                        (a, in) -> pool(a, in.get(0), Double.NEGATIVE_INFINITY, Math::max, (result, count) -> result)));
        table.put(
                "AveragePool",
                Kernel.of((a, in) -> pool(a, in.get(0), 0, Double::sum, (result, count) -> result / count)));
        table.put("LpPool", Kernel.of((a, in) -> {
            double order = a.integer("p", 2);
            return pool(
                    a,
                    in.get(0),
                    0,
                    (result, x) -> result + Math.pow(Math.abs(x), order),
                    (result, count) -> Math.pow(result, 1 / order));
        }));
        table.put(
                "GlobalAveragePool",
                Kernel.of((a, in) -> ReductionKernels.reduce(
                        in.get(0),
                        spatial(in.get(0)),
                        true,
                        row -> Arrays.stream(row).average().orElseThrow())));
        table.put(
                "GlobalMaxPool",
                Kernel.of((a, in) -> ReductionKernels.reduce(
                        in.get(0),
                        spatial(in.get(0)),
                        true,
                        row -> Arrays.stream(row).max().orElseThrow())));
        table.put("Resize", Kernel.of(WindowKernels::resize));
    }

    private static int[] spatial(Array x) {
        return IntStream.range(2, x.rank()).toArray();
    }

    private static int[] ones(int count) {
        int[] ones = new int[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    /**
     * A window's geometry over the spatial axes.
     *
     * @param out sizes of the result
     */
    private record Window(int[] kernel, int[] strides, int[] pads, int[] dilations, int[] out) {
        static Window of(Attributes a, int[] input, int[] kernel) {
            int axes = kernel.length;
            int[] strides = a.integers("strides", ones(axes));
            int[] pads = a.integers("pads", new int[2 * axes]);
            int[] dilations = a.integers("dilations", ones(axes));
            boolean isCeil = a.integer("ceil_mode", 0) == 1;
            int[] out = IntStream.range(0, axes)
                    .map(i -> {
                        int room = input[i] + pads[i] + pads[i + axes] - dilations[i] * (kernel[i] - 1) - 1;
                        int count = Math.floorDiv(room, strides[i]) + 1;
                        // A window that is only begun must still begin inside the input or the padding before it.
                        boolean isBegun = isCeil
                                && Math.floorMod(room, strides[i]) > 0
                                && count * strides[i] < input[i] + pads[i];
                        return isBegun ? count + 1 : count;
                    })
                    .toArray();
            return new Window(kernel, strides, pads, dilations, out);
        }

        /** The input's position under a place of the kernel at a place of the result; -1 outside of the input. */
        int position(int[] input, int[] place, int[] tap) {
            int position = 0;
            for (int i = 0; i < kernel.length; i++) {
                int at = place[i] * strides[i] - pads[i] + tap[i] * dilations[i];
                if (at < 0 || at >= input[i]) {
                    return -1;
                }
                position = position * input[i] + at;
            }
            return position;
        }

        /** For each tap of the kernel and each place of the result, the input's position. */
        int[][] positions(int[] input) {
            int[][] positions = new int[Array.count(kernel)][Array.count(out)];
            Array.Places tap = new Array.Places(kernel);
            for (int[] row : positions) {
                Array.Places place = new Array.Places(out);
                for (int p = 0; p < row.length; p++, place.next()) {
                    row[p] = position(input, place.place(), tap.place());
                }
                tap.next();
            }
            return positions;
        }

        /** Whether the place is inside the input or its padding. */
        boolean isPadded(int[] input, int[] place, int[] tap) {
            return IntStream.range(0, kernel.length)
                    .allMatch(i -> place[i] * strides[i] + tap[i] * dilations[i]
                            < input[i] + pads[i] + pads[i + kernel.length]);
        }
    }

    private static Array conv(Attributes a, List<Array> in) {
        Array x = in.get(0);
        Array w = in.get(1);
        Array bias = Kernel.optional(in, 2);
        int group = (int) a.integer("group", 1);
        int[] input = Arrays.copyOfRange(x.shape(), 2, x.rank());
        Window window = Window.of(a, input, Arrays.copyOfRange(w.shape(), 2, w.rank()));
        int batch = x.shape()[0];
        int filters = w.shape()[0];
        int channels = w.shape()[1];
        int plane = Array.count(input);
        int taps = Array.count(window.kernel());
        int places = Array.count(window.out());
        int[][] positions = window.positions(input);
        double[] values = new double[batch * filters * places];
        for (int nf = 0; nf < batch * filters; nf++) {
            int first = nf / filters * x.shape()[1] + nf % filters / (filters / group) * channels;
            for (int c = 0; c < channels; c++) {
                for (int t = 0; t < taps; t++) {
                    double weight = w.data()[(nf % filters * channels + c) * taps + t];
                    add(weight, x.data(), (first + c) * plane, positions[t], values, nf * places);
                }
            }
        }
        for (int i = 0; i < values.length && bias != null; i++) {
            values[i] += bias.data()[i / places % filters];
        }
        return new Array(
                x.type(),
                IntStream.concat(IntStream.of(batch, filters), Arrays.stream(window.out()))
                        .toArray(),
                values);
    }

    /** Adds one tap's products to a plane of results: most of the evaluator's time, so with locals only. */
    private static void add(double weight, double[] x, int plane, int[] positions, double[] values, int first) {
        for (int p = 0; p < positions.length; p++) {
            int at = positions[p];
            if (at >= 0) {
                values[first + p] += weight * x[plane + at];
            }
        }
    }

    /**
     * @param start what a window's result begins with
     * @param pooled what an element makes of a window's result
     * @param finish what becomes of the result and the number of elements that count
     */
    private static Array pool(
            Attributes a, Array x, double start, DoubleBinaryOperator pooled, DoubleBinaryOperator finish) {
        int[] input = Arrays.copyOfRange(x.shape(), 2, x.rank());
        Window window = Window.of(a, input, a.integers("kernel_shape"));
        boolean countsPadding = a.integer("count_include_pad", 0) == 1;
        int plane = Array.count(input);
        int places = Array.count(window.out());
        int maps = x.shape()[0] * x.shape()[1];
        int[][] positions = window.positions(input);
        int[] counts = new int[places];
        Array.Places place = new Array.Places(window.out());
        for (int p = 0; p < places; p++, place.next()) {
            Array.Places tap = new Array.Places(window.kernel());
            for (int t = 0; t < positions.length; t++, tap.next()) {
                counts[p] += positions[t][p] >= 0 || countsPadding && window.isPadded(input, place.place(), tap.place())
                        ? 1
                        : 0;
            }
        }
        double[] values = new double[maps * places];
        for (int map = 0; map < maps; map++) {
            for (int p = 0; p < places; p++) {
                double result = start;
                for (int[] tap : positions) {
                    result = tap[p] < 0 ? result : pooled.applyAsDouble(result, x.data()[map * plane + tap[p]]);
                }
                values[map * places + p] = finish.applyAsDouble(result, counts[p]);
            }
        }
        return new Array(
                x.type(),
                IntStream.concat(IntStream.of(x.shape()[0], x.shape()[1]), Arrays.stream(window.out()))
                        .toArray(),
                values);
    }

    /** Inputs are x, roi, scales and sizes. One axis after the other: all modes are separable. */
    private static Array resize(Attributes a, List<Array> in) {
        Array x = in.get(0);
        Array sizes = Kernel.optional(in, 3);
        Array result = x;
        for (int axis = 0; axis < x.rank(); axis++) {
            int from = x.shape()[axis];
            int to = sizes != null
                    ? sizes.ints()[axis]
                    : (int) Math.floor(from * in.get(2).data()[axis]);
            double scale = sizes != null ? (double) to / from : in.get(2).data()[axis];
            if (from != to) {
                result = resize(a, result, axis, to, scale);
            }
        }
        return result;
    }

    private static Array resize(Attributes a, Array x, int axis, int to, double scale) {
        int from = x.shape()[axis];
        int[] shape = x.shape().clone();
        shape[axis] = to;
        int inner = Array.strides(x.shape())[axis];
        int outer = Array.count(Arrays.copyOf(shape, axis));
        double[] values = new double[Array.count(shape)];
        for (int j = 0; j < to; j++) {
            double[] weights = weights(a, from, j, scale);
            for (int o = 0; o < outer; o++) {
                for (int i = 0; i < inner; i++) {
                    double sum = 0;
                    for (int k = 0; k < from; k++) {
                        sum += weights[k] == 0 ? 0 : weights[k] * x.data()[(o * from + k) * inner + i];
                    }
                    values[(o * to + j) * inner + i] = sum;
                }
            }
        }
        return new Array(x.type(), shape, values);
    }

    /** How much each old element along the axis counts for the new one at j. */
    private static double[] weights(Attributes a, int from, int j, double scale) {
        double[] weights = new double[from];
        boolean isHalfPixel =
                a.text("coordinate_transformation_mode", "half_pixel").equals("half_pixel");
        double centre = isHalfPixel ? (j + 0.5) / scale - 0.5 : j / scale;
        if (a.text("mode", "nearest").equals("nearest")) {
            String rounding = a.text("nearest_mode", "round_prefer_floor");
            double nearest = rounding.equals("floor") ? Math.floor(centre) : Math.ceil(centre - 0.5);
            weights[(int) Math.max(0, Math.min(from - 1, nearest))] = 1;
            return weights;
        }
        boolean isCubic = a.text("mode", "nearest").equals("cubic");
        boolean excludes = a.integer("exclude_outside", 0) == 1;
        // Smoothing stretches the filter over the elements that one new element stands for.
        double stretch = a.integer("antialias", 0) == 1 ? Math.max(1, 1 / scale) : 1;
        double reach = (isCubic ? 2 : 1) * stretch;
        for (int k = (int) Math.ceil(centre - reach); k <= Math.floor(centre + reach); k++) {
            double distance = Math.abs(k - centre) / stretch;
            double weight = isCubic ? cubic(distance, a.real("cubic_coeff_a", -0.75)) : Math.max(0, 1 - distance);
            if (k >= 0 && k < from) {
                weights[k] += weight;
            } else if (!excludes) {
                weights[Math.max(0, Math.min(from - 1, k))] += weight;
            }
        }
        double sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(weight -> weight / sum).toArray();
    }

    private static double cubic(double x, double a) {
        return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    }
}
