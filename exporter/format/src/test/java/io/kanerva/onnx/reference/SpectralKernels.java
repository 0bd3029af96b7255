package io.kanerva.onnx.reference;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Discrete Fourier transforms, as the sums by which they are defined. A last axis holds real and imaginary parts. */
final class SpectralKernels {
    private static final int OLD_AXIS = 1;

    private SpectralKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put("DFT", Kernel.of(SpectralKernels::dft));
        table.put("STFT", Kernel.of(SpectralKernels::stft));
    }

    /** Inputs are x [..., 1 or 2], the length, and since opset 20 the axis. */
    private static Array dft(Attributes a, List<Array> in) {
        Array x = in.get(0);
        boolean hasAxis = Kernel.optional(in, 2) != null;
        int axis = x.axis(hasAxis ? (long) in.get(2).data()[0] : a.integer("axis", OLD_AXIS));
        int length = Kernel.optional(in, 1) == null
                ? x.shape()[axis]
                : (int) in.get(1).data()[0];
        boolean isInverse = a.integer("inverse", 0) == 1;
        int bins = a.integer("onesided", 0) == 1 ? length / 2 + 1 : length;
        int parts = x.shape()[x.rank() - 1];
        int used = Math.min(length, x.shape()[axis]);
        int inner = Array.count(Arrays.copyOfRange(x.shape(), axis + 1, x.rank() - 1));
        int outer = Array.count(Arrays.copyOf(x.shape(), axis));
        double[] values = new double[outer * bins * inner * 2];
        double sign = isInverse ? 1 : -1;
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < inner; i++) {
                for (int k = 0; k < bins; k++) {
                    double real = 0;
                    double imaginary = 0;
                    for (int t = 0; t < used; t++) {
                        double angle = sign * 2 * Math.PI * ((long) k * t % length) / length;
                        int at = ((o * x.shape()[axis] + t) * inner + i) * parts;
                        double re = x.data()[at];
                        double im = parts == 2 ? x.data()[at + 1] : 0;
                        real += re * Math.cos(angle) - im * Math.sin(angle);
                        imaginary += re * Math.sin(angle) + im * Math.cos(angle);
                    }
                    int to = ((o * bins + k) * inner + i) * 2;
                    values[to] = isInverse ? real / length : real;
                    values[to + 1] = isInverse ? imaginary / length : imaginary;
                }
            }
        }
        int[] shape = x.shape().clone();
        shape[axis] = bins;
        shape[x.rank() - 1] = 2;
        return new Array(x.type(), shape, values);
    }

    /**
     * Inputs are the signal [B, L, 1], the step, the window and the length of a frame; the result is [B, frames, bins,
     * 2].
     */
    private static Array stft(Attributes a, List<Array> in) {
        Array signal = in.get(0);
        int step = (int) in.get(1).data()[0];
        Array window = Kernel.optional(in, 2);
        int length = Kernel.optional(in, 3) == null
                ? window.shape()[0]
                : (int) in.get(3).data()[0];
        int batch = signal.shape()[0];
        int samples = signal.shape()[1];
        int frames = (samples - length) / step + 1;
        int bins = a.integer("onesided", 1) == 1 ? length / 2 + 1 : length;
        double[] values = new double[batch * frames * bins * 2];
        for (int b = 0; b < batch; b++) {
            for (int f = 0; f < frames; f++) {
                for (int k = 0; k < bins; k++) {
                    int from = b * samples + f * step;
                    int bin = k;
                    int to = ((b * frames + f) * bins + k) * 2;
                    values[to] = IntStream.range(0, length)
                            .mapToDouble(
                                    t -> windowed(signal, window, from, t) * Math.cos(2 * Math.PI * bin * t / length))
                            .sum();
                    values[to + 1] = IntStream.range(0, length)
                            .mapToDouble(
                                    t -> -windowed(signal, window, from, t) * Math.sin(2 * Math.PI * bin * t / length))
                            .sum();
                }
            }
        }
        return new Array(signal.type(), new int[] {batch, frames, bins, 2}, values);
    }

    private static double windowed(Array signal, Array window, int from, int t) {
        return signal.data()[from + t] * (window == null ? 1 : window.data()[t]);
    }
}
