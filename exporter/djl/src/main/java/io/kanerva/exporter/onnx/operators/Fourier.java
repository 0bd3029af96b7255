package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Fourier transforms. A complex array is a float array in the graph, with real and imaginary parts on a last axis of
 * two.
 */
final class Fourier {
    private static final int SINCE = 17;
    private static final int AXIS_IS_INPUT_SINCE = 20;

    private Fourier() {}

    static void register(Operators table) {
        table.put("fft", "DFT", SINCE, (g, op, in) -> transform(g, op, complex(g, op, in), false, false));
        table.put(
                "ifft",
                "DFT with inverse = 1",
                SINCE,
                (g, op, in) -> transform(g, op, complex(g, op, in), true, false));
        table.put(
                "rfft",
                "DFT with onesided = 1",
                SINCE,
                (g, op, in) -> transform(g, op, complex(g, op, in), false, true));
        table.put(
                "irfft", "MatMul with cosines and sines, between Transpose, Slice and Reshape", Fourier::inverseOfReal);
        table.put("fft2", "DFT twice", SINCE, (g, op, in) -> twice(g, op, in, false));
        table.put("ifft2", "DFT with inverse = 1 twice", SINCE, (g, op, in) -> twice(g, op, in, true));
        table.put("stft", "Pad, STFT, Transpose", SINCE, Fourier::shortTime);
        table.put("real", "the array itself: complex numbers are pairs on a last axis", (g, op, in) -> in.get(0));
        table.put("complex", "the array itself: complex numbers are pairs on a last axis", (g, op, in) -> in.get(0));
        table.put(
                "conj",
                "Mul",
                (g, op, in) -> op.input().type() != ElementType.COMPLEX64
                        ? in.get(0)
                        : g.node("Mul", in.get(0), g.constant(Tensor.of(new float[] {1, -1}, 2))));
    }

    /** The input with a last axis for real and imaginary parts, of size one for a real input. */
    private static Value complex(GraphBuilder g, Operation op, List<Value> in) {
        return op.input().type() == ElementType.COMPLEX64
                ? in.get(0)
                : g.node("Unsqueeze", g.cast(in.get(0), ElementType.FLOAT32), g.integers(-1));
    }

    private static Value transform(GraphBuilder g, Operation op, Value x, boolean isInverse, boolean isOneSided) {
        return transform(
                g,
                x,
                op.number("axis"),
                op.input().rank(),
                g.element(g.size(op.size("length"))),
                isInverse,
                isOneSided);
    }

    private static Value transform(
            GraphBuilder g, Value x, long axis, int rank, Value length, boolean isInverse, boolean isOneSided) {
        long from = Math.floorMod(axis, (long) rank);
        long inverse = isInverse ? 1 : 0;
        long oneSided = isOneSided ? 1 : 0;
        if (g.opset() >= AXIS_IS_INPUT_SINCE) {
            return g.node(
                    "DFT",
                    List.of(x, length, g.scalar(ElementType.INT64, from)),
                    "inverse",
                    inverse,
                    "onesided",
                    oneSided);
        }
        return g.node("DFT", List.of(x, length), "axis", from, "inverse", inverse, "onesided", oneSided);
    }

    private static Value twice(GraphBuilder g, Operation op, List<Value> in, boolean isInverse) {
        List<Size> sizes = op.sizes("sizes");
        long[] axes = op.numbers("axes");
        Value x = complex(g, op, in);
        for (int i = 0; i < axes.length; i++) {
            x = transform(g, x, axes[i], op.input().rank(), g.element(g.size(sizes.get(i))), isInverse, false);
        }
        return x;
    }

    /**
     * x_t = 1/n sum_k w_k (Re X_k cos(2 pi k t / n) - Im X_k sin(2 pi k t / n)), where w_k is 1 at both ends and 2
     * between them.
     */
    private static Value inverseOfReal(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        int axis = Math.floorMod((int) op.number("axis"), rank);
        Size bins = op.input().shape().get(axis);
        if (!bins.isFixed()) {
            throw new UnsupportedOperationException("irfft is exported along an axis of fixed size, found " + bins);
        }
        int n = Math.toIntExact(op.number("length"));
        int used = (int) Math.min(bins.value(), n / 2 + 1);
        float[] weights = new float[2 * used * n];
        for (int k = 0; k < used; k++) {
            double weight = (k == 0 || 2 * k == n ? 1.0 : 2.0) / n;
            for (int t = 0; t < n; t++) {
                double angle = 2 * Math.PI * ((long) k * t % n) / n;
                weights[2 * k * n + t] = (float) (weight * Math.cos(angle));
                weights[(2 * k + 1) * n + t] = (float) (-weight * Math.sin(angle));
            }
        }
        long[] order = LongStream.concat(LongStream.range(0, rank).filter(i -> i != axis), LongStream.of(axis, rank))
                .toArray();
        Value x = op.input().type() == ElementType.COMPLEX64
                ? in.get(0)
                : g.node(
                        "Concat",
                        List.of(
                                complex(g, op, in),
                                g.node("Mul", complex(g, op, in), g.scalar(ElementType.FLOAT32, 0))),
                        "axis",
                        -1);
        Value last = g.node("Transpose", List.of(x), "perm", order);
        Value cut = g.node("Slice", last, g.integers(0), g.integers(used), g.integers(-2));
        Value flat = g.node(
                "Reshape",
                cut,
                g.integers(LongStream.range(0, rank)
                        .map(i -> i == rank - 1 ? -1 : 0)
                        .toArray()));
        Value y = g.node("MatMul", flat, g.constant(Tensor.of(weights, 2L * used, n)));
        long[] back = LongStream.range(0, rank)
                .map(i -> i == axis ? rank - 1 : i < axis ? i : i - 1)
                .toArray();
        return g.node("Transpose", List.of(y), "perm", back);
    }

    /**
     * Frames of a signal [L] or [B, L]; PyTorch reflects its ends when frames are centred, and puts the bins before the
     * frames.
     */
    private static Value shortTime(GraphBuilder g, Operation op, List<Value> in) {
        long length = op.number("length");
        boolean isSingle = op.input().rank() == 1;
        Value x = g.cast(in.get(0), ElementType.FLOAT32);
        Value signal = isSingle ? g.node("Unsqueeze", x, g.integers(0)) : x;
        if (op.flag("center")) {
            signal = g.node("Pad", List.of(signal, g.integers(0, length / 2, 0, length / 2)), "mode", "reflect");
        }
        Value frames = g.node(
                "STFT",
                List.of(
                        g.node("Unsqueeze", signal, g.integers(-1)),
                        g.scalar(ElementType.INT64, op.number("hop")),
                        g.cast(in.get(1), ElementType.FLOAT32),
                        g.scalar(ElementType.INT64, length)),
                "onesided",
                1);
        Value bins = g.node("Transpose", List.of(frames), "perm", new long[] {0, 2, 1, 3});
        Value scaled =
                op.flag("normalize") ? g.node("Mul", bins, g.scalar(ElementType.FLOAT32, 1 / Math.sqrt(length))) : bins;
        return isSingle ? g.node("Squeeze", scaled, g.integers(0)) : scaled;
    }
}
