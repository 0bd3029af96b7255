package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Matrix products and convolutions. */
final class LinearMaps {
    private LinearMaps() {}

    static void register(Operators table) {
        table.put("matMul", "MatMul; Attention from opset 23 on where it is the last step of one", LinearMaps::product);
        table.put("dot", "MatMul", LinearMaps::product);
        table.put("linear", "Gemm for matrices; MatMul, Add for others", LinearMaps::linear);
        table.put("convolution", "Conv", LinearMaps::convolution);
        table.put("deconvolution", "ConvTranspose", LinearMaps::deconvolution);
    }

    /** ONNX's MatMul takes no integers of 8 bits. */
    private static Value product(GraphBuilder g, Operation op, List<Value> in) {
        Optional<Value> attention = Patterns.attention(g, op, in);
        if (attention.isPresent()) {
            return attention.get();
        }
        ElementType type = op.output().type();
        ElementType calculated = Arithmetic.calculated(type);
        Value product = g.node("MatMul", g.cast(in.get(0), calculated), g.cast(in.get(1), calculated));
        return calculated == type ? product : g.cast(product, type);
    }

    /** x W^T + b, for any rank of x; Gemm takes matrices only. */
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
        Value product = g.node("MatMul", in.get(0), transposed);
        return bias == Value.ABSENT ? product : g.node("Add", product, bias);
    }

    private static Tensor transposed(Tensor matrix) {
        long[] shape = matrix.shape();
        return swapped(matrix, 1, shape[0], shape[1], shape[1], shape[0]);
    }

    /** The elements of [groups, rows, columns, ...] as [groups, columns, rows, ...], in a tensor of the given shape. */
    private static Tensor swapped(Tensor tensor, long groups, long rows, long columns, long... shape) {
        byte[] from = tensor.bytes();
        int width = Math.toIntExact(from.length / (groups * rows * columns));
        byte[] to = new byte[from.length];
        for (long g = 0; g < groups; g++) {
            for (long r = 0; r < rows; r++) {
                for (long c = 0; c < columns; c++) {
                    System.arraycopy(
                            from,
                            (int) (((g * rows + r) * columns + c) * width),
                            to,
                            (int) (((g * columns + c) * rows + r) * width),
                            width);
                }
            }
        }
        return Tensor.ofBytes(tensor.type(), to, shape);
    }

    private static Value convolution(GraphBuilder g, Operation op, List<Value> in) {
        long[] padding = op.numbers("padding");
        long[] kernel = op.inputs().get(1).shape().stream()
                .skip(2)
                .mapToLong(Size::value)
                .toArray();
        List<Value> operands = in.get(2) == Value.ABSENT ? in.subList(0, 2) : in;
        return g.node(
                "Conv",
                operands,
                "kernel_shape",
                kernel,
                "strides",
                op.numbers("stride"),
                "pads",
                twice(padding),
                "dilations",
                op.numbers("dilation"),
                "group",
                op.number("groups"));
    }

    /** DJL's weights are [Cout, Cin / groups, ...], ONNX's [Cin, Cout / groups, ...]. */
    private static Value deconvolution(GraphBuilder g, Operation op, List<Value> in) {
        Operand weight = op.inputs().get(1);
        if (!weight.isConstant()) {
            throw new UnsupportedOperationException(
                    "a transposed convolution is exported with weights that are parameters or constants");
        }
        long[] shape = weight.constant().shape();
        long groups = op.number("groups");
        long[] onnxShape = shape.clone();
        onnxShape[0] = groups * shape[1];
        onnxShape[1] = shape[0] / groups;
        Tensor weights = swapped(weight.constant(), groups, onnxShape[1], shape[1], onnxShape);
        Value kernel =
                weight.name().isEmpty() ? g.constant(weights) : g.initializer(weight.name() + "/transposed", weights);
        List<Value> operands =
                in.get(2) == Value.ABSENT ? List.of(in.get(0), kernel) : List.of(in.get(0), kernel, in.get(2));
        return g.node(
                "ConvTranspose",
                operands,
                "kernel_shape",
                Arrays.copyOfRange(shape, 2, shape.length),
                "strides",
                op.numbers("stride"),
                "pads",
                twice(op.numbers("padding")),
                "output_padding",
                op.numbers("outPadding"),
                "dilations",
                op.numbers("dilation"),
                "group",
                groups);
    }

    /** ONNX lists the padding before all axes, then the padding after them. */
    static long[] twice(long[] padding) {
        return LongStream.concat(LongStream.of(padding), LongStream.of(padding)).toArray();
    }
}
