package io.kanerva.onnx.reference;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Convolutions that spread their input out, and samples between the elements of an image. */
final class SamplingKernels {
    private SamplingKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put("ConvTranspose", Kernel.of(SamplingKernels::convTranspose));
        table.put("GridSample", Kernel.of(SamplingKernels::gridSample));
    }

    private static int[] filled(int count, int value) {
        int[] numbers = new int[count];
        Arrays.fill(numbers, value);
        return numbers;
    }

    /**
     * Inputs are x [N, C, ...], w [C, M / group, ...] and a bias [M]: each element adds its multiple of the kernel to
     * the result.
     */
    private static Array convTranspose(Attributes a, List<Array> in) {
        Array x = in.get(0);
        Array w = in.get(1);
        int axes = x.rank() - 2;
        int group = (int) a.integer("group", 1);
        int[] strides = a.integers("strides", filled(axes, 1));
        int[] dilations = a.integers("dilations", filled(axes, 1));
        int[] pads = a.integers("pads", new int[2 * axes]);
        int[] more = a.integers("output_padding", new int[axes]);
        int[] input = Arrays.copyOfRange(x.shape(), 2, x.rank());
        int[] kernel = Arrays.copyOfRange(w.shape(), 2, w.rank());
        int[] out = IntStream.range(0, axes)
                .map(i -> strides[i] * (input[i] - 1)
                        + more[i]
                        + (kernel[i] - 1) * dilations[i]
                        + 1
                        - pads[i]
                        - pads[i + axes])
                .toArray();
        int filters = w.shape()[1] * group;
        int channels = x.shape()[1];
        int places = Array.count(out);
        int plane = Array.count(input);
        int taps = Array.count(kernel);
        double[] values = new double[x.shape()[0] * filters * places];
        Array.Places place = new Array.Places(input);
        for (int p = 0; p < plane; p++, place.next()) {
            Array.Places tap = new Array.Places(kernel);
            for (int t = 0; t < taps; t++, tap.next()) {
                int to = 0;
                for (int i = 0; i < axes && to >= 0; i++) {
                    int at = place.place()[i] * strides[i] - pads[i] + tap.place()[i] * dilations[i];
                    to = at < 0 || at >= out[i] ? -1 : to * out[i] + at;
                }
                for (int nc = 0; to >= 0 && nc < x.shape()[0] * channels; nc++) {
                    int c = nc % channels;
                    int first = nc / channels * filters + c / (channels / group) * w.shape()[1];
                    for (int f = 0; f < w.shape()[1]; f++) {
                        values[(first + f) * places + to] +=
                                x.data()[nc * plane + p] * w.data()[(c * w.shape()[1] + f) * taps + t];
                    }
                }
            }
        }
        Array bias = Kernel.optional(in, 2);
        for (int i = 0; bias != null && i < values.length; i++) {
            values[i] += bias.data()[i / places % filters];
        }
        return new Array(
                x.type(),
                IntStream.concat(IntStream.of(x.shape()[0], filters), Arrays.stream(out))
                        .toArray(),
                values);
    }

    /** Inputs are x [N, C, H, W] and a grid [N, h, w, 2] of (x, y); bilinear with zeros around, corners not aligned. */
    private static Array gridSample(Attributes a, List<Array> in) {
        boolean isKnown = Set.of("bilinear", "linear").contains(a.text("mode", "linear"))
                && a.text("padding_mode", "zeros").equals("zeros")
                && a.integer("align_corners", 0) == 0;
        if (!isKnown || in.get(0).rank() != 4) {
            throw new UnsupportedOperationException("GridSample other than 4-D, bilinear, zeros, align_corners = 0");
        }
        Array x = in.get(0);
        Array grid = in.get(1);
        int height = x.shape()[2];
        int width = x.shape()[3];
        int places = grid.shape()[1] * grid.shape()[2];
        int channels = x.shape()[1];
        double[] values = new double[x.shape()[0] * channels * places];
        for (int n = 0; n < x.shape()[0]; n++) {
            for (int p = 0; p < places; p++) {
                double u = ((grid.data()[(n * places + p) * 2] + 1) * width - 1) / 2;
                double v = ((grid.data()[(n * places + p) * 2 + 1] + 1) * height - 1) / 2;
                for (int c = 0; c < channels; c++) {
                    double sum = 0;
                    for (int row = (int) Math.floor(v); row <= Math.floor(v) + 1; row++) {
                        for (int column = (int) Math.floor(u); column <= Math.floor(u) + 1; column++) {
                            boolean isInside = row >= 0 && row < height && column >= 0 && column < width;
                            sum += isInside
                                    ? (1 - Math.abs(v - row))
                                            * (1 - Math.abs(u - column))
                                            * x.data()[((n * channels + c) * height + row) * width + column]
                                    : 0;
                        }
                    }
                    values[(n * channels + c) * places + p] = sum;
                }
            }
        }
        return new Array(x.type(), new int[] {x.shape()[0], channels, grid.shape()[1], grid.shape()[2]}, values);
    }
}
