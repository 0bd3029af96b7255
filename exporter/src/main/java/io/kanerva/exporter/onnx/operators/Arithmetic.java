package io.kanerva.exporter.onnx.operators;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.Size;
import java.util.List;

/**
 * Operations on two arrays, or on an array and a number, with broadcasting; comparisons, logic and choice.
 *
 * <p>ONNX wants equal element types where PyTorch promotes: arithmetic casts to the result's type, a comparison to the type
 * PyTorch would promote to.
 */
final class Arithmetic {
    private Arithmetic() {
    }

    static void register(Operators table) {
        arithmetic(table, "add", "Add");
        arithmetic(table, "sub", "Sub");
        arithmetic(table, "mul", "Mul");
        arithmetic(table, "div", "Div");
        arithmetic(table, "pow", "Pow");
        arithmetic(table, "maximum", "Max");
        arithmetic(table, "minimum", "Min");
        table.putSingle("mod", Arithmetic::mod);
        table.putSingle("clip", Arithmetic::clip);
        comparison(table, "eq", "Equal");
        comparison(table, "gt", "Greater");
        comparison(table, "gte", "GreaterOrEqual");
        comparison(table, "lt", "Less");
        comparison(table, "lte", "LessOrEqual");
        table.putSingle("neq", (g, op, in) -> g.node("Not", List.of(compare(g, op, in, "Equal"))));
        logic(table, "logicalAnd", "And");
        logic(table, "logicalOr", "Or");
        logic(table, "logicalXor", "Xor");
        table.putSingle("logicalNot", (g, op, in) -> g.node("Not", List.of(g.cast(in.get(0), DataType.BOOLEAN))));
        table.putSingle("where", (g, op, in) -> {
            DataType type = op.output().type();
            return g.node("Where", List.of(g.cast(in.get(1), DataType.BOOLEAN), g.cast(in.get(0), type),
                    g.cast(in.get(2), type)));
        });
        table.putSingle("toType", (g, op, in) -> g.cast(in.get(0), op.output().type()));
        table.putSingle("number", (g, op, in) -> number(g, op, "value", op.output().type()));
    }

    private static void arithmetic(Operators table, String name, String onnx) {
        table.putSingle(name, (g, op, in) -> {
            DataType type = op.output().type();
            if (type != DataType.BOOLEAN) {
                return g.node(onnx, operands(g, op, in, type));
            }
            // PyTorch calculates with truth values as with 0 and 1; ONNX does not calculate with them.
            return g.cast(g.node(onnx, operands(g, op, in, DataType.INT32)), DataType.BOOLEAN);
        });
    }

    private static void comparison(Operators table, String name, String onnx) {
        table.putSingle(name, (g, op, in) -> compare(g, op, in, onnx));
    }

    private static void logic(Operators table, String name, String onnx) {
        table.putSingle(name, (g, op, in) -> g.node(onnx, operands(g, op, in, DataType.BOOLEAN)));
    }

    /** Both sides in one type. */
    private static List<Value> operands(GraphBuilder g, Operation op, List<Value> in, DataType type) {
        Value other = op.has("other") ? number(g, op, "other", type) : g.cast(in.get(1), type);
        return List.of(g.cast(in.get(0), type), other);
    }

    /** An attribute as a tensor without dimensions. */
    static Value number(GraphBuilder g, Operation op, String attribute, DataType type) {
        if (op.attributes().get(attribute) instanceof Size size && !size.isFixed()) {
            Value scalar = g.node("Squeeze", List.of(g.size(size), g.integers(0)));
            return g.cast(new Value(scalar.name(), DataType.INT64, List.of()), type);
        }
        return g.scalar(type, op.real(attribute));
    }

    private static Value compare(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        DataType type = comparisonType(op);
        boolean isOrder = !onnx.equals("Equal");
        return g.node(onnx, operands(g, op, in, type == DataType.BOOLEAN && isOrder ? DataType.INT32 : type));
    }

    /** PyTorch's promotion: the higher kind wins; within a kind, an array beats a number or an array without dimensions. */
    private static DataType comparisonType(Operation op) {
        Operand a = op.input();
        if (op.has("other")) {
            boolean isWhole = op.attributes().get("other") instanceof Size;
            DataType number = isWhole ? DataType.INT64 : DataType.FLOAT32;
            return kind(number) > kind(a.type()) ? number : a.type();
        }
        Operand b = op.inputs().get(1);
        if (kind(a.type()) != kind(b.type())) {
            return kind(a.type()) > kind(b.type()) ? a.type() : b.type();
        }
        if ((a.rank() == 0) != (b.rank() == 0)) {
            return a.rank() == 0 ? b.type() : a.type();
        }
        return a.type().getNumOfBytes() >= b.type().getNumOfBytes() ? a.type() : b.type();
    }

    private static int kind(DataType type) {
        return type == DataType.BOOLEAN ? 0 : type.isInteger() ? 1 : 2;
    }

    /** PyTorch's remainder has the divisor's sign; ONNX's Mod does so for whole numbers only. */
    private static Value mod(GraphBuilder g, Operation op, List<Value> in) {
        List<Value> operands = operands(g, op, in, op.output().type());
        if (op.output().type().isInteger()) {
            return g.node("Mod", operands);
        }
        Value quotient = g.node("Floor", List.of(g.node("Div", operands)));
        return g.node("Sub", List.of(operands.get(0), g.node("Mul", List.of(quotient, operands.get(1)))));
    }

    private static Value clip(GraphBuilder g, Operation op, List<Value> in) {
        DataType type = op.output().type();
        return g.node("Clip", List.of(g.cast(in.get(0), type), number(g, op, "min", type), number(g, op, "max", type)));
    }
}
