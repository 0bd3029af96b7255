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
 *
 * <p>ONNX Runtime's DFT and STFT are exact to some 1e-6 of the largest magnitude at powers of two, and a hundred times
 * less exact at other lengths. Those that are fixed are products with a matrix of cosines and sines.
 */
final class Fourier {
    private static final int SINCE = 17;
    private static final int AXIS_IS_INPUT_SINCE = 20;

    /** Values of the largest matrix, 16 MiB: 2,046 real values, or 1,024 complex ones. */
    private static final long LARGEST_MATRIX = 1 << 22;

    private enum Kind {
        FORWARD,
        INVERSE,
        /** The first half and the middle of what real values become; the rest are their conjugates. */
        ONE_SIDED,
        /** Real values of the bins that {@link #ONE_SIDED} gives. */
        TO_REAL;

        private int results(int length) {
            return this == ONE_SIDED ? length / 2 + 1 : length;
        }

        private int parts() {
            return this == TO_REAL ? 1 : 2;
        }
    }

    private Fourier() {}

    static void register(Operators table) {
        String matrix = "MatMul with cosines and sines, between Transpose, Slice and Reshape";
        String unless = matrix + ", at fixed lengths that are no powers of two, else ";
        table.put("fft", unless + "DFT", SINCE, (g, op, in) -> transform(g, op, in, Kind.FORWARD));
        table.put("ifft", unless + "DFT with inverse = 1", SINCE, (g, op, in) -> transform(g, op, in, Kind.INVERSE));
        table.put("rfft", unless + "DFT with onesided = 1", SINCE, (g, op, in) -> transform(g, op, in, Kind.ONE_SIDED));
        table.put("irfft", matrix, Fourier::inverseOfReal);
        table.put("fft2", unless + "DFT, twice", SINCE, (g, op, in) -> twice(g, op, in, Kind.FORWARD));
        table.put(
                "ifft2", unless + "DFT with inverse = 1, twice", SINCE, (g, op, in) -> twice(g, op, in, Kind.INVERSE));
        table.put(
                "stft",
                "Conv with cosines and sines at lengths that are no powers of two, else STFT; Pad, Transpose",
                SINCE,
                Fourier::shortTime);
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
        return parts(op) == 2 ? in.get(0) : g.node("Unsqueeze", g.cast(in.get(0), ElementType.FLOAT32), g.integers(-1));
    }

    private static int parts(Operation op) {
        return op.input().type() == ElementType.COMPLEX64 ? 2 : 1;
    }

    private static Value transform(GraphBuilder g, Operation op, List<Value> in, Kind kind) {
        return transform(g, op, complex(g, op, in), parts(op), op.number("axis"), op.size("length"), kind);
    }

    private static Value transform(
            GraphBuilder g, Operation op, Value x, int parts, long axis, Size length, Kind kind) {
        int from = Math.floorMod((int) axis, op.input().rank());
        Size size = op.input().shape().get(from);
        if (length.isFixed() && size.isFixed() && isProduct(kind, length.value(), size.value(), parts)) {
            return product(g, op, x, parts, from, (int) length.value(), kind);
        }
        Value points = g.element(g.size(length));
        long inverse = kind == Kind.INVERSE ? 1 : 0;
        long oneSided = kind == Kind.ONE_SIDED ? 1 : 0;
        if (g.opset() >= AXIS_IS_INPUT_SINCE) {
            return g.node(
                    "DFT",
                    List.of(x, points, g.scalar(ElementType.INT64, from)),
                    "inverse",
                    inverse,
                    "onesided",
                    oneSided);
        }
        return g.node("DFT", List.of(x, points), "axis", (long) from, "inverse", inverse, "onesided", oneSided);
    }

    private static Value twice(GraphBuilder g, Operation op, List<Value> in, Kind kind) {
        List<Size> sizes = op.sizes("sizes");
        long[] axes = op.numbers("axes");
        Value x = complex(g, op, in);
        int parts = parts(op);
        for (int i = 0; i < axes.length; i++) {
            x = transform(g, op, x, parts, axes[i], sizes.get(i), kind);
            parts = kind.parts();
        }
        return x;
    }

    private static Value inverseOfReal(GraphBuilder g, Operation op, List<Value> in) {
        int axis = Math.floorMod((int) op.number("axis"), op.input().rank());
        Size bins = op.input().shape().get(axis);
        if (!bins.isFixed()) {
            throw new UnsupportedOperationException("irfft is exported along an axis of fixed size, found " + bins);
        }
        int length = Math.toIntExact(op.number("length"));
        return product(g, op, complex(g, op, in), parts(op), axis, length, Kind.TO_REAL);
    }

    private static boolean isProduct(Kind kind, long length, long size, int parts) {
        return Long.bitCount(length) != 1
                && length <= LARGEST_MATRIX
                && Math.min(size, length) * parts * kind.results((int) length) * kind.parts() <= LARGEST_MATRIX;
    }

    /** Multiplies the axis, of fixed size, and its parts by a matrix; values beyond {@code length} do not count. */
    private static Value product(GraphBuilder g, Operation op, Value x, int parts, int axis, int length, Kind kind) {
        int rank = op.input().rank();
        long size = op.input().shape().get(axis).value();
        int used = (int) Math.min(size, kind == Kind.TO_REAL ? length / 2 + 1 : length);
        long[] order = LongStream.concat(LongStream.range(0, rank).filter(i -> i != axis), LongStream.of(axis, rank))
                .toArray();
        Value last = g.node("Transpose", List.of(x), "perm", order);
        Value cut = used == size ? last : g.node("Slice", last, g.integers(0), g.integers(used), g.integers(-2));
        // A zero keeps the size of an axis.
        LongStream others = LongStream.generate(() -> 0).limit(rank - 1);
        Value flat = g.node(
                "Reshape",
                cut,
                g.integers(LongStream.concat(others, LongStream.of((long) used * parts))
                        .toArray()));
        Value y = g.node("MatMul", flat, g.constant(matrix(kind, length, used, parts)));
        LongStream back = LongStream.range(0, rank).map(i -> i == axis ? rank - 1 : i < axis ? i : i - 1);
        if (kind.parts() == 1) {
            return g.node("Transpose", List.of(y), "perm", back.toArray());
        }
        LongStream kept = LongStream.generate(() -> 0).limit(rank - 1);
        Value pairs = g.node(
                "Reshape",
                y,
                g.integers(LongStream.concat(kept, LongStream.of(kind.results(length), 2))
                        .toArray()));
        return g.node(
                "Transpose",
                List.of(pairs),
                "perm",
                LongStream.concat(back, LongStream.of(rank)).toArray());
    }

    /**
     * Of the first {@code used} values, each of one or two parts, to results of {@link Kind#parts} parts: w exp(+-2 pi
     * i k t / n). Where bins become real values, those between both ends count twice, for their conjugates.
     */
    private static Tensor matrix(Kind kind, int n, int used, int parts) {
        int results = kind.results(n);
        int columns = results * kind.parts();
        int sign = kind == Kind.FORWARD || kind == Kind.ONE_SIDED ? -1 : 1;
        float[] weights = new float[used * parts * columns];
        for (int k = 0; k < used; k++) {
            double weight = sign < 0 ? 1 : 1.0 / n;
            if (kind == Kind.TO_REAL && k > 0 && 2 * k != n) {
                weight = 2.0 / n;
            }
            for (int t = 0; t < results; t++) {
                double angle = 2 * Math.PI * ((long) k * t % n) / n;
                double[] wave = {weight * Math.cos(angle), sign * weight * Math.sin(angle)};
                for (int part = 0; part < parts; part++) {
                    int at = (k * parts + part) * columns + t * kind.parts();
                    weights[at] = (float) (part == 0 ? wave[0] : -wave[1]);
                    if (kind.parts() == 2) {
                        weights[at + 1] = (float) wave[1 - part];
                    }
                }
            }
        }
        return Tensor.of(weights, (long) used * parts, columns);
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
        Value bins = Long.bitCount(length) != 1 && length * (length + 2) <= LARGEST_MATRIX
                ? filtered(g, op, signal, g.cast(in.get(1), ElementType.FLOAT32))
                : framed(g, op, signal, g.cast(in.get(1), ElementType.FLOAT32));
        Value scaled =
                op.flag("normalize") ? g.node("Mul", bins, g.scalar(ElementType.FLOAT32, 1 / Math.sqrt(length))) : bins;
        return isSingle ? g.node("Squeeze", scaled, g.integers(0)) : scaled;
    }

    private static Value framed(GraphBuilder g, Operation op, Value signal, Value window) {
        Value frames = g.node(
                "STFT",
                List.of(
                        g.node("Unsqueeze", signal, g.integers(-1)),
                        g.scalar(ElementType.INT64, op.number("hop")),
                        window,
                        g.scalar(ElementType.INT64, op.number("length"))),
                "onesided",
                1);
        return g.node("Transpose", List.of(frames), "perm", new long[] {0, 2, 1, 3});
    }

    /** A filter for each bin and part, which moves by the hop. */
    private static Value filtered(GraphBuilder g, Operation op, Value signal, Value window) {
        int length = (int) op.number("length");
        Value waves = g.node(
                "Transpose", List.of(g.constant(matrix(Kind.ONE_SIDED, length, length, 1))), "perm", new long[] {1, 0});
        Value filters = g.node("Unsqueeze", g.node("Mul", waves, window), g.integers(1));
        Value parts =
                g.node("Conv", List.of(g.node("Unsqueeze", signal, g.integers(1)), filters), "strides", new long[] {
                    op.number("hop")
                });
        Value pairs = g.node("Reshape", parts, g.integers(0, length / 2 + 1, 2, -1));
        return g.node("Transpose", List.of(pairs), "perm", new long[] {0, 1, 3, 2});
    }
}
