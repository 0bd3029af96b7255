package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.floats;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.plus;
import static io.kanerva.conformance.corpus.Values.scalar;
import static io.kanerva.conformance.corpus.Values.times;
import static io.kanerva.conformance.corpus.Values.whole;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Quantised models: their rounding may decide a level, and nothing more. Products and convolutions have weights of 7
 * bits, since ONNX Runtime's sums of 8-bit products saturate in 16 bits on x86 processors without VNNI.
 */
final class QuantisedModels {
    private static final ElementType INT8 = ElementType.INT8;

    private QuantisedModels() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        for (int seed = 1; seed <= 6; seed++) {
            all.add(new Entry("a quantised product, " + seed, product(seed, 0.03)));
            all.add(new Entry("a quantised convolution, " + seed, convolution(seed)));
            // ONNX Runtime's fused operators differ by one level at ties: github.com/microsoft/onnxruntime/issues/32132
            all.add(new Entry("a quantised average, " + seed, average(seed, 0.16)));
        }
        all.add(wrong("a quantised product 8 % off", product(1, 0.03)).spoilt(times(1.08)));
        all.add(wrong("a quantised product 1 % off", product(1, 0.03)).spoilt(times(1.01)));
        all.add(wrong("a quantised convolution 5 % off", convolution(1)).spoilt(times(1.05)));
        all.add(wrong("one element of a quantised product three levels off", product(1, 0.03))
                .spoilt(plus(5, 0.09)));
        all.add(wrong("a product of integers 5 % off", integers()).spoilt(times(1.05)));
        all.add(new Entry("a product of integers", integers()).with(Engine.good("other")));
        all.add(wrong("a dynamic quantisation 5 % off", dynamic()).spoilt(times(1.05)));
        all.add(new Entry("a dynamic quantisation", dynamic()).with(Engine.good("other")));
        all.add(new Entry("weights in 8 bits", stored()).with(Engine.good("other")));
        all.add(new Entry("weights in 8 bits, of which an engine mistakes the scale", stored())
                .with(Engine.mistaking("sloppy", Rewrites.weight("s", 1.01)))
                .is("wrong: engine [sloppy]"));
        all.add(wrong("another class of a quantised model", classes()).spoilt(plus(0, 1)));
        all.add(new Entry("the class of a quantised model", classes()).with(Engine.good("other")));
        all.add(new Entry("the last of two classes at the same level", sameLevel())
                .with(Engine.mistaking("sloppy", Rewrites.attribute("ArgMax", "select_last_index", 1)))
                .is("wrong: engine [sloppy]"));
        all.add(wrong("a byte two off", bytes(0.25, 0.26, 0.74)).spoilt(plus(0, 2)));
        all.add(wrong("a byte one off, far from a tie", bytes(0.25, 0.26, 0.74)).spoilt(plus(0, 1)));
        all.add(new Entry("halves of a level are rounded to even", bytes(1, 0.5, 1.5, 2.5))
                .expects(Tensor.of(INT8, new double[] {0, 2, 2}, 3)));
        all.add(new Entry("an engine rounds halves of a level away from 0", bytes(1, 0.5, 1.5, 2.5))
                .with(Engine.mistaking("sloppy", Rewrites::awayFromZero))
                .is("wrong: engine [sloppy]"));
        // 0.15 / 0.1 is 1.5 as float32 divides, and more or less by another path.
        all.add(new Entry("half a level of a scale that is no binary fraction", bytes(0.1, 0.15, 0.7, -0.25))
                .with(Engine.spoiling("reciprocal", plus(0, -1)))
                .is("undecided: 1"));
        all.add(new Entry("another class at a tie that rounding decides", tie())
                .with(Engine.spoiling(
                        "other", t -> plus(0, t.doubles()[0] == 0 ? 1 : -1).apply(t)))
                .is("undecided: 1"));
        all.add(new Entry("another class at a tie that rounding within a branch decides", tieInABranch())
                .with(Engine.spoiling(
                        "other", t -> plus(0, t.doubles()[0] == 0 ? 1 : -1).apply(t)))
                .is("undecided: 1"));
        all.add(new Entry("another class that no rounding gives", tie())
                .with(Engine.spoiling("sloppy", Values.at(0, 2)))
                .is("wrong: engine [sloppy]"));
        all.add(new Entry("QLinearMatMul", linear()).with(Engine.good("other")));
        all.add(wrong("QLinearMatMul three levels off", linear()).spoilt(plus(2, 3)));
        all.add(new Entry("an output before the quantisation is held to float32", two())
                .with(Engine.spoiling(
                        "sloppy", t -> t.size() == 6 ? times(1.001).apply(t) : t))
                .is("wrong: engine [sloppy]"));
        return all;
    }

    private static Entry wrong(String name, Graph graph) {
        return new Entry(name, graph).with(Engine.good("other")).is(Entry.VECTORS);
    }

    /** Adds a QuantizeLinear and a DequantizeLinear. */
    private static Graph quantised(Graph graph, String from, String to, double scale) {
        return graph.weight(to + "-s", scalar(ElementType.FLOAT32, scale))
                .weight(to + "-z", scalar(INT8, 0))
                .node("QuantizeLinear", from + " " + to + "-s " + to + "-z", to + "-q")
                .node("DequantizeLinear", to + "-q " + to + "-s " + to + "-z", to);
    }

    private static Graph weight(Graph graph, String name, Tensor values, double scale) {
        return graph.weight(name + "-i", values)
                .weight(name + "-s", scalar(ElementType.FLOAT32, scale))
                .weight(name + "-z", scalar(INT8, 0))
                .node("DequantizeLinear", name + "-i " + name + "-s " + name + "-z", name);
    }

    private static Graph product(int seed, double scale) {
        Graph graph = quantised(graph().input("x", normal(seed, 8, 32)), "x", "a", scale);
        weight(graph, "w", whole(INT8, seed, -64, 64, 32, 16), 0.022);
        quantised(graph.node("MatMul", "a w", "m"), "m", "b", 0.16);
        return graph.node("Relu", "b", "y").output("y");
    }

    private static Graph convolution(int seed) {
        Graph graph = quantised(graph().input("x", normal(seed, 1, 3, 12, 12)), "x", "a", 0.025);
        weight(graph, "w", whole(INT8, seed, -64, 64, 4, 3, 3, 3), 0.014);
        quantised(graph.node("Conv", "a w", "c"), "c", "y", 0.05);
        return graph.output("y");
    }

    private static Graph average(int seed, double scale) {
        Graph graph = quantised(graph().input("x", normal(seed, 1, 3, 8, 8)), "x", "a", 0.08);
        quantised(
                graph.node("AveragePool", "a", "p", "kernel_shape", new int[] {2, 2}, "strides", new int[] {2, 2}),
                "p",
                "y",
                scale);
        return graph.output("y");
    }

    private static Graph integers() {
        return graph().input("x", whole(ElementType.UINT8, 1, 0, 256, 2, 8))
                .weight("w", whole(INT8, 2, -128, 128, 8, 3))
                .weight("s", floats(0.0123))
                .node("MatMulInteger", "x w", "i")
                .node("Cast", "i", "f", "to", 1)
                .node("Mul", "f s", "y")
                .output("y");
    }

    private static Graph dynamic() {
        return graph().input("x", normal(3, 4, 16))
                .weight("w", whole(ElementType.UINT8, 2, 0, 256, 16, 5))
                .weight("wz", scalar(ElementType.UINT8, 128))
                .weight("ws", scalar(ElementType.FLOAT32, 0.01))
                .node("DynamicQuantizeLinear", "x", "q s z")
                .node("MatMulInteger", "q w z wz", "i")
                .node("Cast", "i", "f", "to", 1)
                .node("Mul", "s ws", "ss")
                .node("Mul", "f ss", "y")
                .output("y");
    }

    private static Graph stored() {
        return graph().input("x", normal(4, 2, 8))
                .weight("i", whole(INT8, 5, -127, 128, 2, 8))
                .weight("s", scalar(ElementType.FLOAT32, 0.01))
                .node("DequantizeLinear", "i s", "w")
                .node("Add", "x w", "y") // ONNX Runtime's optimiser quantises the other side of a MatMul, too
                .output("y");
    }

    private static Graph classes() {
        Graph graph = quantised(graph().input("x", normal(7, 1, 200)), "x", "d", 0.03);
        return graph.node("ArgMax", "d", "y", "axis", 1, "keepdims", 0).output("y", ElementType.INT64);
    }

    private static Graph sameLevel() {
        Graph graph = quantised(graph().input("x", Tensor.of(new float[] {1.01f, 0.2f, 0.99f}, 1, 3)), "x", "d", 0.25);
        return graph.node("ArgMax", "d", "y", "axis", 1, "keepdims", 0).output("y", ElementType.INT64);
    }

    /** Both classes score the same in exact arithmetic, and neither sum is a short binary fraction. */
    private static Graph tie() {
        return sums(factors())
                .node("ArgMax", "m", "y", "axis", 1, "keepdims", 0)
                .output("y", ElementType.INT64);
    }

    private static Graph tieInABranch() {
        return factors()
                .input("c", scalar(ElementType.BOOL, 1))
                .node(
                        "If",
                        "c",
                        "b",
                        "then_branch",
                        sums(graph()).output("m").body(),
                        "else_branch",
                        graph().node("Neg", "x", "n").output("n").body())
                .node("ArgMax", "b", "y", "axis", 1, "keepdims", 0)
                .output("y", ElementType.INT64);
    }

    private static Graph factors() {
        return graph().input("x", Tensor.of(new float[] {0.1f, 0.7f, 0.3f}, 1, 3))
                .weight("w", Tensor.of(new float[] {0.1f, 0.3f, -9, 0.7f, 0.7f, -9, 0.3f, 0.1f, -9}, 3, 3))
                .weight("p", Tensor.of(new float[] {0.3f, 0.3f, 0.3f}, 3))
                .weight("sum", Tensor.of(new float[] {1, 1, 0, 1, 1, 0, 0, 0, 1}, 3, 3));
    }

    private static Graph sums(Graph graph) {
        return graph.node("MatMul", "x w", "m0").node("Mul", "m0 p", "m1").node("MatMul", "m1 sum", "m");
    }

    private static Graph bytes(double scale, double... values) {
        return graph().input("x", floats(values))
                .weight("s", scalar(ElementType.FLOAT32, scale))
                .weight("z", scalar(INT8, 0))
                .node("QuantizeLinear", "x s z", "y")
                .output("y", INT8);
    }

    private static Graph linear() {
        return graph().input("x", whole(INT8, 1, -127, 128, 3, 8))
                .weight("w", whole(INT8, 2, -127, 128, 8, 4))
                .weight("s", scalar(ElementType.FLOAT32, 0.02))
                .weight("t", scalar(ElementType.FLOAT32, 0.3))
                .weight("z", scalar(INT8, 0))
                .node("QLinearMatMul", "x s z w s z t z", "y")
                .output("y", INT8);
    }

    private static Graph two() {
        Graph graph = graph().input("x", normal(9, 2, 4))
                .weight("w", normal(10, 4, 3))
                .node("MatMul", "x w", "m");
        quantised(graph, "m", "d", 0.1);
        return graph.node("Identity", "m", "before").output("before").output("d");
    }
}
