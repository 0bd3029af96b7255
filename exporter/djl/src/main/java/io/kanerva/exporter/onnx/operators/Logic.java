package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.List;

/** Comparisons, logic and selection. Both sides of a comparison are cast to the type that PyTorch would promote to. */
final class Logic {
    private Logic() {}

    static void register(Operators table) {
        comparison(table, "eq", "Equal");
        comparison(table, "gt", "Greater");
        comparison(table, "gte", "GreaterOrEqual");
        comparison(table, "lt", "Less");
        comparison(table, "lte", "LessOrEqual");
        table.put("neq", "Equal, Not", (g, op, in) -> g.node("Not", compare(g, op, in, "Equal")));
        logic(table, "logicalAnd", "And");
        logic(table, "logicalOr", "Or");
        logic(table, "logicalXor", "Xor");
        table.put("logicalNot", "Not", (g, op, in) -> g.node("Not", g.cast(in.get(0), ElementType.BOOL)));
        table.put("isNaN", "IsNaN", (g, op, in) -> g.node("IsNaN", floating(g, op, in)));
        table.put("isInfinite", "IsInf", (g, op, in) -> g.node("IsInf", floating(g, op, in)));
        table.put("where", "Where", (g, op, in) -> {
            ElementType type = op.output().type();
            Value condition = g.cast(in.get(1), ElementType.BOOL);
            return choice(g, type, condition, g.cast(in.get(0), type), g.cast(in.get(2), type));
        });
    }

    /** Where of two values of a type; ONNX Runtime's has neither int8 nor booleans. */
    static Value choice(GraphBuilder g, ElementType type, Value condition, Value yes, Value no) {
        if (type != ElementType.INT8 && type != ElementType.BOOL) {
            return g.node("Where", condition, yes, no);
        }
        ElementType inside = ElementType.INT32;
        return g.cast(
                g.node(
                        "Where",
                        condition,
                        g.cast(new Value(yes.name(), type, yes.shape()), inside),
                        g.cast(new Value(no.name(), type, no.shape()), inside)),
                type);
    }

    /** IsInf takes float16 since opset 20. */
    private static Value floating(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.input().type();
        return g.cast(in.get(0), type == ElementType.FLOAT64 ? type : ElementType.FLOAT32);
    }

    private static void comparison(Operators table, String name, String onnx) {
        table.put(name, onnx, (g, op, in) -> compare(g, op, in, onnx));
    }

    private static void logic(Operators table, String name, String onnx) {
        table.put(
                name,
                onnx,
                (g, op, in) -> g.node(onnx, Arithmetic.operands(g, op, in, ElementType.BOOL, ElementType.BOOL)));
    }

    private static Value compare(GraphBuilder g, Operation op, List<Value> in, String onnx) {
        ElementType type = comparisonType(op);
        boolean isEquality = type == ElementType.BOOL && onnx.equals("Equal");
        return g.node(onnx, Arithmetic.operands(g, op, in, type, isEquality ? type : Arithmetic.calculated(type)));
    }

    /**
     * PyTorch's promotion: the higher kind wins; within a kind, an array wins over a number or an array without
     * dimensions.
     */
    private static ElementType comparisonType(Operation op) {
        Operand a = op.input();
        if (op.has("other")) {
            boolean isWhole = op.get("other") instanceof Size;
            ElementType number = isWhole ? ElementType.INT64 : ElementType.FLOAT32;
            return kind(number) > kind(a.type()) ? number : a.type();
        }
        Operand b = op.inputs().get(1);
        if (kind(a.type()) != kind(b.type())) {
            return kind(a.type()) > kind(b.type()) ? a.type() : b.type();
        }
        if ((a.rank() == 0) != (b.rank() == 0)) {
            return a.rank() == 0 ? b.type() : a.type();
        }
        // What both of 8 bits fit into; the engine's 16 bits are not needed for it.
        return a.type() == b.type() || a.type().bytes(1) != b.type().bytes(1)
                ? a.type().bytes(1) >= b.type().bytes(1) ? a.type() : b.type()
                : ElementType.INT32;
    }

    private static int kind(ElementType type) {
        return type == ElementType.BOOL ? 0 : type.isInteger() ? 1 : 2;
    }
}
