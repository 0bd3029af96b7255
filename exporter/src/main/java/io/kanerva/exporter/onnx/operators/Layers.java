package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Size;
import io.kanerva.exporter.trace.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** Matrix products and convolutions. */
final class Layers {
    private Layers() {
    }

    static void register(Operators table) {
        table.putSingle("matMul", "MatMul", (g, op, in) -> g.node("MatMul", in));
        table.putSingle("dot", "MatMul", (g, op, in) -> g.node("MatMul", in));
        table.putSingle("linear", "Gemm for matrices; MatMul, Add for others", Layers::linear);
        table.putSingle("convolution", "Conv", Layers::convolution);
        table.putSingle("deconvolution", "ConvTranspose", Layers::deconvolution);
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

    /** DJL's weights are [Cout, Cin / groups, ...], ONNX's [Cin, Cout / groups, ...]. */
    private static Value deconvolution(GraphBuilder g, Operation op, List<Value> in) {
        long[] weights = op.inputs().get(1).shape().stream().mapToLong(Size::value).toArray();
        long groups = op.number("groups");
        int axes = weights.length - 2;
        long[] parted = LongStream.concat(LongStream.of(groups, weights[0] / groups, weights[1]), Arrays.stream(weights, 2, weights.length))
                .toArray();
        long[] order = LongStream.concat(LongStream.of(0, 2, 1), LongStream.range(3, 3 + axes)).toArray();
        long[] joined = LongStream.concat(LongStream.of(groups * weights[1], weights[0] / groups), Arrays.stream(weights, 2, weights.length))
                .toArray();
        Value turned = g.node("Reshape", List.of(g.node("Transpose", List.of(g.node("Reshape", List.of(in.get(1), g.integers(parted)))),
                "perm", order), g.integers(joined)));
        List<Value> operands = in.get(2) == Value.ABSENT ? List.of(in.get(0), turned) : List.of(in.get(0), turned, in.get(2));
        return g.node("ConvTranspose", operands, "kernel_shape", Arrays.copyOfRange(weights, 2, weights.length), "strides",
                op.numbers("stride"), "pads", twice(op.numbers("padding")), "output_padding", op.numbers("outPadding"), "dilations",
                op.numbers("dilation"), "group", groups);
    }

    /** ONNX gives the padding before all axes, then the padding behind them. */
    static long[] twice(long[] padding) {
        return LongStream.concat(LongStream.of(padding), LongStream.of(padding)).toArray();
    }
}
