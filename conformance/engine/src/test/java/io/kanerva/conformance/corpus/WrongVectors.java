package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.at;
import static io.kanerva.conformance.corpus.Values.floats;
import static io.kanerva.conformance.corpus.Values.longs;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.plus;
import static io.kanerva.conformance.corpus.Values.shaped;
import static io.kanerva.conformance.corpus.Values.strings;
import static io.kanerva.conformance.corpus.Values.times;
import static io.kanerva.conformance.corpus.Values.whole;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Expected outputs that are wrong: the engines agree with each other. */
final class WrongVectors {
    private WrongVectors() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        all.add(wrong("all 8 % off", dense()).spoilt(times(1.08)));
        all.add(wrong("all 0.1 % off", dense()).spoilt(times(1.001)));
        all.add(wrong("one element off", dense()).spoilt(plus(3, 0.01)));
        all.add(wrong("one element has the other sign", dense())
                .spoilt(t -> at(2, -t.doubles()[2]).apply(t)));
        all.add(wrong("NaN where there is none", dense()).spoilt(at(1, Double.NaN)));
        all.add(wrong("infinity where there is none", dense()).spoilt(at(1, Double.POSITIVE_INFINITY)));
        all.add(wrong(
                        "the other infinity",
                        graph().input("x", floats(0, 1)).node("Log", "x", "y").output("y"))
                .spoilt(at(0, Double.POSITIVE_INFINITY)));
        all.add(wrong(
                        "a number for NaN",
                        graph().input("x", floats(-1, 1)).node("Sqrt", "x", "y").output("y"))
                .spoilt(at(0, 0)));
        all.add(wrong(
                        "NaN at another element",
                        graph().input("x", floats(-1, 4)).node("Sqrt", "x", "y").output("y"))
                .expects(floats(2, Float.NaN)));
        all.add(wrong(
                        "the largest number for infinity",
                        graph().input("x", floats(1e38f, 1))
                                .node("Exp", "x", "y")
                                .output("y"))
                .spoilt(at(0, Float.MAX_VALUE)));
        all.add(wrong(
                        "the first of two equal classes for the last",
                        graph().input("x", shaped(new float[] {1, 3, 3}, 1, 3))
                                .node("ArgMax", "x", "y", "axis", 1, "select_last_index", 1, "keepdims", 0)
                                .output("y", ElementType.INT64))
                .expects(longs(1)));
        all.add(wrong(
                        "a huge number 1 % off",
                        graph().input("x", floats(1e38f, 1))
                                .node("Neg", "x", "y")
                                .output("y"))
                .spoilt(at(0, -1.01e38)));
        all.add(wrong("zero in half precision", half()).spoilt(at(0, 0)));
        all.add(wrong("an index of int64's other end", identity(longs(Long.MAX_VALUE, 0)))
                .spoilt(t -> longs(Long.MIN_VALUE, 0)));
        all.add(wrong("another sign of infinity behind a division by minus zero", inverse())
                .spoilt(at(0, Double.POSITIVE_INFINITY)));
        all.add(new Entry(
                        "minus zero for zero",
                        graph().input("x", floats(0, 1)).node("Neg", "x", "y").output("y"))
                .with(Engine.good("other"))
                .expects(floats(0, -1)));
        all.add(wrong("small values half of what they are", tiny()).spoilt(times(0.5)));
        all.add(wrong("zeros for small values", tiny()).spoilt(times(0)));
        all.add(wrong("a small element beside large ones", mixed()).spoilt(at(1, 5e-3)));
        all.add(wrong("another shape", dense()).spoilt(t -> Tensor.of(t.floats(), t.size())));
        all.add(wrong("another type", dense()).spoilt(t -> Tensor.of(ElementType.FLOAT64, t.doubles(), t.shape())));
        all.add(wrong("double precision a millionth off", wide()).spoilt(times(1 + 1e-6)));
        all.add(wrong("half precision 3 % off", half()).spoilt(times(1.03)));
        all.add(wrong("a scalar off", scalar()).spoilt(plus(0, 1e-3)));
        all.add(wrong("a constant off", constant()).spoilt(plus(2, 1e-3)));
        all.add(wrong("one output of two off", both())
                .spoilt(t -> t.type() == ElementType.INT64 ? plus(0, 1).apply(t) : t));
        all.add(wrong("a class off", argMax()).spoilt(plus(0, 1)));
        all.add(wrong("a large index off by one", identity(longs(100_000, 7))).spoilt(plus(0, 1)));
        all.add(wrong("a whole number that no double tells apart", identity(longs(1L << 53, 7)))
                .spoilt(t -> longs((1L << 53) + 1, 7)));
        all.add(wrong("true for false", compare())
                .spoilt(t -> at(1, 1 - t.doubles()[1]).apply(t)));
        all.add(wrong("another string", identity(strings("a", "b"))).spoilt(t -> strings("a", "c")));
        all.add(wrong("a string with a space more", identity(strings("a", "b"))).spoilt(t -> strings("a", "b ")));
        all.add(wrong("an empty string", identity(strings("a", "b"))).spoilt(t -> strings("", "b")));
        all.add(wrong("a byte off", identity(whole(ElementType.UINT8, 1, 0, 255, 8)))
                .spoilt(plus(3, 1)));
        all.add(wrong(
                        "rounded away from 0",
                        graph().input("x", floats(0.5, 1.5))
                                .node("Round", "x", "y")
                                .output("y"))
                .expects(floats(1, 2)));
        all.add(wrong("nearest at another half", resize())
                .spoilt(t -> at(1, t.doubles()[2]).apply(t)));
        all.add(wrong(
                        "floored division",
                        graph().input("a", longs(-7))
                                .input("b", longs(2))
                                .node("Div", "a b", "y")
                                .output("y", ElementType.INT64))
                .expects(longs(-4)));
        all.add(new Entry("wrong, with one engine", dense()).spoilt(times(1.08)).is(Entry.ONE_ENGINE));
        all.add(new Entry("a wrong class, with one engine", argMax())
                .spoilt(plus(0, 1))
                .is(Entry.ONE_ENGINE));
        all.add(wrong("wrong, and one of three engines differs from both", dense())
                .with(Engine.spoiling("sloppy", times(1.02)))
                .spoilt(times(1.08)));
        return all;
    }

    private static Entry wrong(String name, Graph graph) {
        return new Entry(name, graph).with(Engine.good("other")).is(Entry.VECTORS);
    }

    static Graph dense() {
        return graph().input("x", normal(1, 2, 8))
                .weight("w", normal(2, 8, 4))
                .node("MatMul", "x w", "y")
                .output("y");
    }

    private static Graph tiny() {
        return graph().input("x", normal(1, 6))
                .weight("s", floats(1e-9))
                .node("Mul", "x s", "y")
                .output("y");
    }

    private static Graph mixed() {
        return graph().input("x", floats(1000, 1e-3, 500)).node("Abs", "x", "y").output("y");
    }

    private static Graph wide() {
        return graph().input("x", Tensor.of(ElementType.FLOAT64, normal(3, 2, 4).doubles(), 2, 4))
                .weight("w", Tensor.of(ElementType.FLOAT64, normal(4, 4, 3).doubles(), 4, 3))
                .node("MatMul", "x w", "y")
                .output("y", ElementType.FLOAT64);
    }

    private static Graph half() {
        return graph().input("x", Tensor.of(ElementType.FLOAT16, normal(3, 8).doubles(), 8))
                .node("Add", "x x", "y")
                .output("y", ElementType.FLOAT16);
    }

    private static Graph inverse() {
        return graph().input("x", floats(-0.0, 1)).node("Reciprocal", "x", "y").output("y");
    }

    private static Graph scalar() {
        return graph().input("x", Values.scalar(ElementType.FLOAT32, 2))
                .node("Exp", "x", "y")
                .output("y");
    }

    private static Graph constant() {
        return graph().node("Constant", "", "y", "value", floats(1, 2, 3)).output("y");
    }

    private static Graph both() {
        return graph().input("x", normal(5, 9))
                .weight("k", longs(3))
                .node("TopK", "x k", "y i")
                .output("y")
                .output("i", ElementType.INT64);
    }

    static Graph argMax() {
        return graph().input("x", normal(6, 3, 20))
                .weight("w", normal(7, 20, 10))
                .node("MatMul", "x w", "m")
                .node("ArgMax", "m", "y", "axis", 1, "keepdims", 0)
                .output("y", ElementType.INT64);
    }

    private static Graph compare() {
        return graph().input("x", normal(8, 5))
                .weight("zero", floats(0))
                .node("Greater", "x zero", "y")
                .output("y", ElementType.BOOL);
    }

    static Graph identity(Tensor value) {
        return graph().input("x", value).node("Identity", "x", "y").output("y", value.type());
    }

    private static Graph resize() {
        float[] values = new float[20];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        return graph().input("x", shaped(values, 1, 1, 1, 20))
                .weight("sizes", longs(1, 1, 1, 6))
                .node("Resize", "x - - sizes", "y", "mode", "nearest", "nearest_mode", "round_prefer_ceil")
                .output("y");
    }
}
