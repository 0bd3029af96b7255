package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.List;

/** New arrays whose size depends on a dynamic dimension; those of fixed size are constants from the tracer. */
final class Creation {
    private Creation() {}

    static void register(Operators table) {
        table.put("zeros", "ConstantOfShape", (g, op, in) -> filled(g, op, 0));
        table.put("ones", "ConstantOfShape", (g, op, in) -> filled(g, op, 1));
        table.put(
                "full",
                "Expand",
                (g, op, in) -> g.node(
                        "Expand",
                        Arithmetic.number(g, op, "value", op.output().type()),
                        g.sizes(op.output().shape())));
        table.put("arange", "Range", Creation::arange);
        table.put("eye", "ConstantOfShape, EyeLike", Creation::eye);
    }

    private static Value filled(GraphBuilder g, Operation op, double value) {
        return g.node(
                "ConstantOfShape",
                List.of(g.sizes(op.output().shape())),
                "value",
                Tensor.filled(op.output().type(), value, 1));
    }

    private static Value arange(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        return g.node(
                "Range",
                Arithmetic.number(g, op, "start", type),
                Arithmetic.number(g, op, "stop", type),
                Arithmetic.number(g, op, "step", type));
    }

    private static Value eye(GraphBuilder g, Operation op, List<Value> in) {
        Value shape = g.node(
                "ConstantOfShape",
                List.of(g.sizes(op.output().shape())),
                "value",
                Tensor.filled(op.output().type(), 0, 1));
        return g.node("EyeLike", shape);
    }
}
