package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.apache.commons.numbers.gamma.Erf;

/** Functions of single elements, of pairs with broadcasting, and choices between them. */
final class ElementwiseKernels {
    private ElementwiseKernels() {}

    static void register(Map<String, Kernel> table) {
        functions(table);
        pair(table, "Add", Double::sum);
        pair(table, "Sub", (a, b) -> a - b);
        pair(table, "Mul", (a, b) -> a * b);
        table.put(
                "Div",
                Kernel.of((a, in) -> Array.combine(
                        in.get(0), in.get(1), isWhole(in.get(0)) ? (x, y) -> (long) x / (long) y : (x, y) -> x / y)));
        pair(table, "Pow", Math::pow);
        table.put(
                "Mod",
                Kernel.of((a, in) -> Array.combine(
                        in.get(0),
                        in.get(1),
                        a.integer("fmod", 0) == 1 ? (x, y) -> x % y : (x, y) -> x - y * Math.floor(x / y))));
        several(table, "Max", Math::max);
        several(table, "Min", Math::min);
        comparison(table, "Equal", (x, y) -> x == y ? 1 : 0);
        comparison(table, "Greater", (x, y) -> x > y ? 1 : 0);
        comparison(table, "GreaterOrEqual", (x, y) -> x >= y ? 1 : 0);
        comparison(table, "Less", (x, y) -> x < y ? 1 : 0);
        comparison(table, "LessOrEqual", (x, y) -> x <= y ? 1 : 0);
        comparison(table, "And", (x, y) -> x * y);
        comparison(table, "Or", Math::max);
        comparison(table, "Xor", (x, y) -> x == y ? 0 : 1);
        table.put("Cast", Kernel.of((a, in) -> cast(in.get(0), Types.of(a.integer("to", 0)))));
        table.put("Clip", Kernel.of(ElementwiseKernels::clip));
        table.put("Where", Kernel.of((a, in) -> where(in.get(0), in.get(1), in.get(2))));
        table.put("Identity", Kernel.of((a, in) -> in.get(0)));
    }

    private static void functions(Map<String, Kernel> table) {
        function(table, "Abs", Math::abs);
        function(table, "Neg", x -> -x);
        function(table, "Ceil", Math::ceil);
        function(table, "Floor", Math::floor);
        function(table, "Round", Math::rint);
        function(table, "Sqrt", Math::sqrt);
        function(table, "Reciprocal", x -> 1 / x);
        function(table, "Exp", Math::exp);
        function(table, "Log", Math::log);
        function(table, "Sin", Math::sin);
        function(table, "Cos", Math::cos);
        function(table, "Tan", Math::tan);
        function(table, "Asin", Math::asin);
        function(table, "Acos", Math::acos);
        function(table, "Atan", Math::atan);
        function(table, "Sinh", Math::sinh);
        function(table, "Cosh", Math::cosh);
        function(table, "Tanh", Math::tanh);
        function(table, "Asinh", x -> Math.signum(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1)));
        function(table, "Acosh", x -> Math.log(x + Math.sqrt(x * x - 1)));
        function(table, "Atanh", x -> 0.5 * (Math.log1p(x) - Math.log1p(-x)));
        function(table, "Sign", Math::signum);
        function(table, "Erf", Erf::value);
        function(table, "Relu", x -> Math.max(0, x));
        function(table, "Sigmoid", x -> 1 / (1 + Math.exp(-x)));
        function(table, "Softplus", x -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
        function(table, "HardSwish", x -> x * Math.max(0, Math.min(1, x / 6 + 0.5)));
        function(table, "Softsign", x -> x / (1 + Math.abs(x)));
        table.put("LeakyRelu", Kernel.of((a, in) -> in.get(0).map(x -> x < 0 ? a.real("alpha", 0.01) * x : x)));
        table.put("Elu", Kernel.of((a, in) -> in.get(0).map(x -> x < 0 ? a.real("alpha", 1) * Math.expm1(x) : x)));
        table.put(
                "Selu",
                Kernel.of((a, in) -> in.get(0)
                        .map(x -> a.real("gamma", 1.05070102214813232421875)
                                * (x <= 0 ? a.real("alpha", 1.67326319217681884765625) * Math.expm1(x) : x))));
        table.put(
                "PRelu",
                Kernel.of((a, in) -> Array.combine(in.get(0), in.get(1), (x, slope) -> x < 0 ? slope * x : x)));
        table.put("Gelu", Kernel.of((a, in) -> {
            if (!a.text("approximate", "none").equals("none")) {
                throw new UnsupportedOperationException("Gelu by an approximation");
            }
            return in.get(0).map(x -> 0.5 * x * (1 + Erf.value(x / Math.sqrt(2))));
        }));
        table.put("Not", Kernel.of((a, in) -> in.get(0).map(x -> 1 - x)));
        table.put(
                "IsNaN",
                Kernel.of((a, in) -> in.get(0).map(x -> Double.isNaN(x) ? 1 : 0).withType(ElementType.BOOL)));
        table.put(
                "IsInf",
                Kernel.of((a, in) ->
                        in.get(0).map(x -> Double.isInfinite(x) ? 1 : 0).withType(ElementType.BOOL)));
    }

    private static void function(Map<String, Kernel> table, String name, DoubleUnaryOperator function) {
        table.put(name, Kernel.of((a, in) -> in.get(0).map(function)));
    }

    private static void pair(Map<String, Kernel> table, String name, DoubleBinaryOperator function) {
        table.put(name, Kernel.of((a, in) -> Array.combine(in.get(0), in.get(1), function)));
    }

    private static void several(Map<String, Kernel> table, String name, DoubleBinaryOperator function) {
        table.put(
                name,
                Kernel.of((a, in) -> in.stream()
                        .reduce((x, y) -> Array.combine(x, y, function))
                        .orElseThrow()));
    }

    private static void comparison(Map<String, Kernel> table, String name, DoubleBinaryOperator function) {
        table.put(
                name,
                Kernel.of(
                        (a, in) -> Array.combine(in.get(0), in.get(1), function).withType(ElementType.BOOL)));
    }

    private static boolean isWhole(Array array) {
        return !array.type().isFloat();
    }

    private static Array cast(Array x, ElementType type) {
        DoubleUnaryOperator conversion = switch (type) {
            case FLOAT32 -> value -> (float) value;
            case FLOAT64, FLOAT16 -> value -> value;
            case BOOL -> value -> value == 0 ? 0 : 1;
            case INT32 -> value -> (int) value;
            case UINT8 -> value -> (int) value & 0xFF;
            case INT8 -> value -> (byte) (int) value;
            default -> value -> (long) value;
        };
        return x.map(conversion).withType(type);
    }

    private static Array clip(Attributes attributes, List<Array> in) {
        Array low = Kernel.optional(in, 1);
        Array high = Kernel.optional(in, 2);
        return in.get(0).map(x -> {
            double raised = low == null ? x : Math.max(x, low.data()[0]);
            return high == null ? raised : Math.min(raised, high.data()[0]);
        });
    }

    private static Array where(Array condition, Array yes, Array no) {
        int[] shape = Array.broadcastShape(condition.shape(), Array.broadcastShape(yes.shape(), no.shape()));
        double[] chosen = condition.broadcast(shape).data();
        double[] values = yes.broadcast(shape).data();
        double[] others = no.broadcast(shape).data();
        Arrays.setAll(values, i -> chosen[i] != 0 ? values[i] : others[i]);
        return new Array(yes.type(), shape, values);
    }
}
