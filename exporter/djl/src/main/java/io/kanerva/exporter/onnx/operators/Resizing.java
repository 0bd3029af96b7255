package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Size;
import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Resizes images. */
final class Resizing {
    private static final long NEAREST = 0;
    private static final long BILINEAR = 1;
    private static final long AREA = 2;
    private static final long BICUBIC = 3;
    private static final int ANTIALIAS_SINCE = 18;

    private Resizing() {}

    static void register(Operators table) {
        table.put(
                "interpolation",
                "Resize (from opset 18 on also to smaller sizes by bilinear and bicubic); Transpose, MatMul for areas",
                Resizing::interpolation);
    }

    /**
     * DJL's PyTorch engine never aligns corners, and smooths when it shrinks an image, which ONNX's Resize can do since
     * opset 18. Integer scales are passed as scales, others as sizes.
     */
    private static Value interpolation(GraphBuilder g, Operation op, List<Value> in) {
        if (op.number("mode") == AREA) {
            return area(g, op, in);
        }
        List<Size> from = op.input().shape();
        List<Size> to = op.output().shape();
        float[] scales = new float[to.size()];
        boolean isWhole = IntStream.range(0, to.size()).allMatch(i -> {
            OptionalLong ratio = from.get(i).equals(to.get(i))
                    ? OptionalLong.of(1)
                    : to.get(i).timesLargerThan(from.get(i));
            scales[i] = ratio.orElse(1);
            return ratio.isPresent();
        });
        List<Value> operands = isWhole
                ? List.of(in.get(0), Value.ABSENT, g.constant(Tensor.of(scales, scales.length)))
                : List.of(in.get(0), Value.ABSENT, Value.ABSENT, g.sizes(to));
        long mode = op.number("mode");
        if (isWhole || mode == NEAREST || isLarger(from, to)) {
            return g.node("Resize", operands, mode(mode));
        }
        Operators.requireOpset(
                g,
                ANTIALIAS_SINCE,
                "making an image " + from + " smaller, " + to
                        + ", by bilinear or bicubic interpolation, which the engine smooths,");
        return g.node(
                "Resize",
                operands,
                Stream.concat(Stream.of(mode(mode)), Stream.of("antialias", 1)).toArray());
    }

    private static boolean isLarger(List<Size> from, List<Size> to) {
        return IntStream.range(0, to.size()).allMatch(i -> to.get(i).isNeverBelow(from.get(i)));
    }

    private static Object[] mode(long mode) {
        if (mode == NEAREST) {
            return new Object[] {
                "mode", "nearest", "coordinate_transformation_mode", "asymmetric", "nearest_mode", "floor"
            };
        }
        if (mode != BILINEAR && mode != BICUBIC) {
            throw new UnsupportedOperationException(
                    "interpolation is exported for nearest (0), bilinear (1), area (2) and "
                            + "bicubic (3), found mode " + mode);
        }
        Object[] common = {"mode", mode == BILINEAR ? "linear" : "cubic", "coordinate_transformation_mode", "half_pixel"
        };
        return mode == BILINEAR
                ? common
                : Stream.concat(Stream.of(common), Stream.of("cubic_coeff_a", -0.5f, "exclude_outside", 1))
                        .toArray();
    }

    /** Means over the areas that the new pixels cover: matrix products with weights on both sides. */
    private static Value area(GraphBuilder g, Operation op, List<Value> in) {
        List<Size> from = op.input().shape();
        List<Size> to = op.output().shape();
        if (from.size() != 4 || !from.get(2).isFixed() || !from.get(3).isFixed()) {
            throw new UnsupportedOperationException(
                    "area interpolation is exported for images [N, C, H, W] of fixed height and " + "width, found "
                            + from + "; use avgPool for dynamic ones");
        }
        Value rows = g.constant(areas(from.get(2).value(), to.get(2).value()));
        Value columns = g.constant(areas(from.get(3).value(), to.get(3).value()));
        Value narrow = g.node("MatMul", in.get(0), g.node("Transpose", List.of(columns), "perm", new long[] {1, 0}));
        return g.node("MatMul", rows, narrow);
    }

    /** Row i averages the old pixels from floor(i n / m) to ceil((i + 1) n / m) (exclusive). */
    private static Tensor areas(long from, long to) {
        float[] weights = new float[Math.toIntExact(from * to)];
        for (int i = 0; i < to; i++) {
            long first = i * from / to;
            long end = ((i + 1) * from + to - 1) / to;
            for (long j = first; j < end; j++) {
                weights[(int) (i * from + j)] = 1f / (end - first);
            }
        }
        return Tensor.of(weights, to, from);
    }
}
