package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Size;
import io.kanerva.exporter.trace.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Matrix products, convolutions, normalisations and resizing. */
final class Layers {
    private static final long NEAREST = 0;
    private static final long BILINEAR = 1;
    private static final long BICUBIC = 3;
    private static final int ANTIALIAS_SINCE = 18;

    private Layers() {
    }

    static void register(Operators table) {
        table.putSingle("matMul", (g, op, in) -> g.node("MatMul", in));
        table.putSingle("dot", (g, op, in) -> g.node("MatMul", in));
        table.putSingle("linear", Layers::linear);
        table.putSingle("convolution", Layers::convolution);
        table.putSingle("batchNorm", Layers::batchNorm);
        table.putSingle("layerNorm", (g, op, in) -> g.node("LayerNormalization", in,
                "axis", -op.sizes("shape").size(), "epsilon", (float) op.real("epsilon")));
        table.putSingle("interpolation", Layers::interpolation);
    }

    /** x W^T + b, for any rank of x; Gemm knows matrices only. */
    private static Value linear(GraphBuilder g, Operation op, List<Value> in) {
        Value bias = in.get(2);
        if (op.input().rank() == 2) {
            List<Value> operands = bias == Value.ABSENT ? in.subList(0, 2) : in;
            return g.node("Gemm", operands, "transB", 1);
        }
        Operand weight = op.inputs().get(1);
        Value transposed = weight.isConstant() && !weight.name().isEmpty()
                ? g.initializer(weight.name() + "/transposed", transposed(weight.constant()))
                : g.node("Transpose", List.of(in.get(1)), "perm", new long[] {1, 0});
        Value product = g.node("MatMul", List.of(in.get(0), transposed));
        return bias == Value.ABSENT ? product : g.node("Add", List.of(product, bias));
    }

    private static Tensor transposed(Tensor matrix) {
        int rows = Math.toIntExact(matrix.shape()[0]);
        int columns = Math.toIntExact(matrix.shape()[1]);
        byte[] from = matrix.bytes();
        int width = from.length / (rows * columns);
        byte[] to = new byte[from.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                System.arraycopy(from, (r * columns + c) * width, to, (c * rows + r) * width, width);
            }
        }
        return Tensor.ofBytes(matrix.type(), to, columns, rows);
    }

    private static Value convolution(GraphBuilder g, Operation op, List<Value> in) {
        long[] padding = op.numbers("padding");
        long[] kernel = op.inputs().get(1).shape().stream().skip(2).mapToLong(Size::value).toArray();
        List<Value> operands = in.get(2) == Value.ABSENT ? in.subList(0, 2) : in;
        return g.node("Conv", operands, "kernel_shape", kernel, "strides", op.numbers("stride"), "pads", twice(padding),
                "dilations", op.numbers("dilation"), "group", op.number("groups"));
    }

    /** ONNX gives the padding before all axes, then the padding behind them. */
    static long[] twice(long[] padding) {
        return LongStream.concat(LongStream.of(padding), LongStream.of(padding)).toArray();
    }

    /** Inputs are x, mean, variance, gamma, beta; ONNX normalises axis 1. */
    private static Value batchNorm(GraphBuilder g, Operation op, List<Value> in) {
        if (op.flag("training")) {
            return batchStatistics(g, op, in);
        }
        int axis = op.number("axis") == -1 ? 1 : (int) op.number("axis");
        if (axis != 1 && op.inputs().stream().skip(1).allMatch(operand -> operand != null && operand.isConstant())) {
            return scaleAndShift(g, op, in.get(0), axis);
        }
        long[] swapped = LongStream.range(0, op.input().rank()).map(i -> i == 1 ? axis : i == axis ? 1 : i).toArray();
        Value x = axis == 1 ? in.get(0) : g.node("Transpose", List.of(in.get(0)), "perm", swapped);
        Value y = g.node("BatchNormalization", List.of(x, in.get(3), in.get(4), in.get(1), in.get(2)),
                "epsilon", (float) op.real("epsilon"));
        return axis == 1 ? y : g.node("Transpose", List.of(y), "perm", swapped);
    }

    /** Another axis than ONNX's would need two transposes: with constant statistics, it is x a + b as well. */
    private static Value scaleAndShift(GraphBuilder g, Operation op, Value x, int axis) {
        float[][] vectors = op.inputs().stream().skip(1).map(operand -> operand.constant().floats()).toArray(float[][]::new);
        float[] scale = new float[vectors[0].length];
        float[] shift = new float[scale.length];
        for (int c = 0; c < scale.length; c++) {
            double factor = vectors[2][c] / Math.sqrt(vectors[1][c] + op.real("epsilon"));
            scale[c] = (float) factor;
            shift[c] = (float) (vectors[3][c] - vectors[0][c] * factor);
        }
        long[] shape = new long[op.input().rank() - axis];
        Arrays.fill(shape, 1);
        shape[0] = scale.length;
        String name = op.inputs().get(3).name();
        String path = name.substring(0, name.lastIndexOf('/') + 1);
        Value scaled = g.node("Mul", List.of(x, folded(g, path, "scale", Tensor.of(scale, shape))));
        return g.node("Add", List.of(scaled, folded(g, path, "shift", Tensor.of(shift, shape))));
    }

    private static Value folded(GraphBuilder g, String path, String name, Tensor tensor) {
        return path.isEmpty() ? g.constant(tensor) : g.initializer(path + name, tensor);
    }

    /** Normalises with the mean and the biased variance over all axes but one. */
    private static Value batchStatistics(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        int axis = op.number("axis") == -1 ? 1 : (int) op.number("axis");
        long[] others = LongStream.range(0, rank).filter(i -> i != axis).toArray();
        Value centred = g.node("Sub", List.of(in.get(0), Reductions.reduce(g, "ReduceMean", in.get(0), others, true)));
        Value variance = Reductions.reduce(g, "ReduceMean", g.node("Mul", List.of(centred, centred)), others, true);
        Value deviation = g.node("Sqrt", List.of(g.node("Add", List.of(variance, g.scalar(op.output().type(), op.real("epsilon"))))));
        Value y = g.node("Div", List.of(centred, deviation));
        // A vector of channels lines up with the last axis; behind the channel axis it needs axes of one.
        Value behind = g.integers(LongStream.range(1, rank - axis).toArray());
        for (int i : new int[] {3, 4}) {
            if (in.get(i) != Value.ABSENT) {
                Value vector = axis == rank - 1 ? in.get(i) : g.node("Unsqueeze", List.of(in.get(i), behind));
                y = g.node(i == 3 ? "Mul" : "Add", List.of(y, vector));
            }
        }
        return y;
    }

    /**
     * DJL's PyTorch engine never aligns corners, and smooths where it makes an image smaller, which ONNX's Resize can do since
     * opset 18. Scales are given where they are whole, sizes otherwise.
     */
    private static Value interpolation(GraphBuilder g, Operation op, List<Value> in) {
        List<Size> from = op.input().shape();
        List<Size> to = op.output().shape();
        float[] scales = new float[to.size()];
        boolean isWhole = IntStream.range(0, to.size()).allMatch(i -> {
            boolean isFixed = from.get(i).isFixed() && to.get(i).isFixed();
            boolean isMultiple = isFixed && to.get(i).value() % from.get(i).value() == 0;
            scales[i] = isMultiple ? to.get(i).value() / from.get(i).value() : 1;
            return isMultiple || from.get(i).equals(to.get(i));
        });
        List<Value> operands = isWhole
                ? List.of(in.get(0), Value.ABSENT, g.constant(Tensor.of(scales, scales.length)))
                : List.of(in.get(0), Value.ABSENT, Value.ABSENT, g.sizes(to));
        long mode = op.number("mode");
        if (isWhole || mode == NEAREST || isLarger(from, to)) {
            return g.node("Resize", operands, mode(mode));
        }
        if (g.opset() < ANTIALIAS_SINCE) {
            throw new UnsupportedOperationException("making an image smaller by bilinear or bicubic interpolation needs opset "
                    + ANTIALIAS_SINCE + ", because the engine smooths it; found opset " + g.opset());
        }
        return g.node("Resize", operands, Stream.concat(Stream.of(mode(mode)), Stream.of("antialias", 1)).toArray());
    }

    private static boolean isLarger(List<Size> from, List<Size> to) {
        return IntStream.range(0, to.size()).allMatch(i -> from.get(i).equals(to.get(i))
                || from.get(i).isFixed() && to.get(i).isFixed() && to.get(i).value() >= from.get(i).value());
    }

    private static Object[] mode(long mode) {
        if (mode == NEAREST) {
            return new Object[] {"mode", "nearest", "coordinate_transformation_mode", "asymmetric", "nearest_mode", "floor"};
        }
        if (mode != BILINEAR && mode != BICUBIC) {
            throw new UnsupportedOperationException("interpolation is exported for nearest (0), bilinear (1) and bicubic (3), "
                    + "found mode " + mode);
        }
        Object[] common = {"mode", mode == BILINEAR ? "linear" : "cubic", "coordinate_transformation_mode", "half_pixel"};
        return mode == BILINEAR ? common
                : Stream.concat(Stream.of(common), Stream.of("cubic_coeff_a", -0.5f, "exclude_outside", 1)).toArray();
    }
}
