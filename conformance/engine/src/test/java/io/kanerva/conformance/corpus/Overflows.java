package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.at;
import static io.kanerva.conformance.corpus.Values.floats;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Operators whose results are finite where a formula for them overflows; what is right is computed here. */
final class Overflows {
    private static final double[] LARGE = {200, -200, 1, -0.5, 50};

    private Overflows() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        softplus(all);
        sums(all);
        one(all, 17, "Sigmoid", LARGE, x -> 1 / (1 + Math.exp(-x)));
        one(all, 17, "Tanh", LARGE, Math::tanh);
        one(all, 18, "Mish", LARGE, x -> x * Math.tanh(softplus(x)));
        one(all, 17, "Elu", LARGE, x -> x > 0 ? x : Math.expm1(x));
        one(
                all,
                17,
                "Selu",
                LARGE,
                x -> 1.05070102214813232421875 * (x > 0 ? x : 1.67326319217681884765625 * Math.expm1(x)));
        one(all, 17, "Celu", LARGE, x -> x > 0 ? x : Math.expm1(x));
        one(
                all,
                17,
                "Asinh",
                new double[] {3e19, -3e19, 0.5},
                x -> Math.signum(x) * Math.log(Math.abs(x) + Math.sqrt(x * x + 1)));
        one(all, 17, "Acosh", new double[] {3e19, 2}, x -> Math.log(x + Math.sqrt(x * x - 1)));
        one(all, 17, "Sinh", new double[] {89, -89, 1}, Math::sinh);
        one(all, 17, "Cosh", new double[] {89, -89, 1}, Math::cosh);
        return all;
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }

    /** Most engines give no number for the first element. */
    private static void one(List<Entry> all, int opset, String operator, double[] x, DoubleUnaryOperator right) {
        Graph graph =
                new Graph(opset).input("x", floats(x)).node(operator, "x", "y").output("y");
        all.add(new Entry(operator + " that overflows, in most engines", graph)
                .with(not("a"), not("b"), not("c"))
                .expects(floats(Arrays.stream(x).map(right).toArray()))
                .is("wrong: engine [a, b, c]"));
    }

    private static Engine not(String name) {
        return Engine.spoiling(name, at(0, Double.NaN));
    }

    private static void softplus(List<Entry> all) {
        Graph graph = graph().input("x", floats(100, 1, -3))
                .node("Softplus", "x", "y")
                .output("y");
        Tensor right = floats(100, softplus(1), softplus(-3));
        Tensor wrong = at(0, Double.POSITIVE_INFINITY).apply(right);
        all.add(new Entry("Softplus that overflows, in most engines", graph)
                .with(Engine.giving("a", wrong), Engine.giving("b", wrong), Engine.giving("c", wrong), Engine.good("d"))
                .expects(right)
                .is("wrong: engine [a, b, c]"));
        all.add(new Entry("Softplus that overflows, in the vectors and most engines", graph)
                .with(Engine.giving("a", wrong), Engine.giving("b", wrong), Engine.good("d"))
                .expects(wrong)
                .is("wrong: vectors [a, b]"));
        all.add(new Entry("Softplus that overflows, in one of two engines", graph)
                .with(Engine.giving("a", wrong))
                .expects(right)
                .is("wrong: engine [a]"));
        Graph small =
                graph().input("x", floats(-75, -20)).node("Softplus", "x", "y").output("y");
        all.add(new Entry("Softplus that loses small values, in most engines", small)
                .with(Engine.giving("a", floats(0, 0)), Engine.giving("b", floats(0, 0)))
                .expects(floats(softplus(-75), softplus(-20)))
                .is("wrong: engine [a, b]"));
        Graph after = graph().input("x", floats(100, 1))
                .node("Softplus", "x", "s")
                .node("Reciprocal", "s", "y")
                .output("y");
        Tensor none = floats(0, 1 / softplus(1));
        all.add(new Entry("Softplus that overflows before another node", after)
                .with(Engine.giving("a", none), Engine.giving("b", none))
                .expects(floats(0.01, 1 / softplus(1)))
                .is("wrong: engine [a, b]"));
        Graph half = graph().input("x", Tensor.of(ElementType.FLOAT16, new double[] {12, 1}, 2))
                .node("Softplus", "x", "y")
                .output("y", ElementType.FLOAT16);
        all.add(new Entry("Softplus that overflows in float16", half)
                .with(infinite("a"), infinite("b"), infinite("c"))
                .is("wrong: engine [a, b, c]"));
    }

    private static Engine infinite(String name) {
        return Engine.spoiling(name, at(0, Double.POSITIVE_INFINITY));
    }

    private static void sums(List<Entry> all) {
        Tensor x = Tensor.of(new float[] {90, 89, 1, 2}, 2, 2);
        double first = Math.log1p(Math.exp(-1));
        Graph softmax = graph().input("x", x).node("Softmax", "x", "y").output("y");
        Tensor shares = two(Math.exp(-first), Math.exp(-1 - first), Math.exp(-1 - first), Math.exp(-first));
        Tensor lost = two(Double.NaN, Double.NaN, Math.exp(-1 - first), Math.exp(-first));
        all.add(new Entry("Softmax that overflows, in most engines", softmax)
                .with(Engine.giving("a", lost), Engine.giving("b", lost), Engine.giving("c", lost))
                .expects(shares)
                .is("wrong: engine [a, b, c]"));
        Graph logarithm = graph().input("x", x).node("LogSoftmax", "x", "y").output("y");
        Tensor logs = two(-first, -1 - first, -1 - first, -first);
        Tensor infinite = two(Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY, -1 - first, -first);
        all.add(new Entry("LogSoftmax that overflows, in the vectors and most engines", logarithm)
                .with(Engine.giving("a", infinite), Engine.giving("b", infinite), Engine.good("d"))
                .expects(infinite)
                .is("wrong: vectors [a, b]"));
        Graph sum = graph().input("x", x)
                .node("ReduceLogSumExp", "x", "y", "axes", new int[] {1}, "keepdims", 0)
                .output("y");
        Tensor huge = floats(Double.POSITIVE_INFINITY, 2 + first);
        all.add(new Entry("ReduceLogSumExp that overflows, in most engines", sum)
                .with(Engine.giving("a", huge), Engine.giving("b", huge), Engine.giving("c", huge))
                .expects(floats(90 + first, 2 + first))
                .is("wrong: engine [a, b, c]"));
        all.add(new Entry("Softmax that is something else altogether, in one of two engines", softmax)
                .with(Engine.spoiling("a", at(0, 0.9)))
                .is("wrong: engine [a]"));
        all.add(new Entry("Softmax that is wrong in the vectors, and one engine", softmax)
                .spoilt(at(0, 0.9))
                .is("wrong: vectors []"));
    }

    private static Tensor two(double... values) {
        return Tensor.of(ElementType.FLOAT32, values, 2, 2);
    }
}
