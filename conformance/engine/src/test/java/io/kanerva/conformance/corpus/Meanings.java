package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.floats;
import static io.kanerva.conformance.corpus.Values.longs;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.scalar;
import static io.kanerva.conformance.corpus.Values.times;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Operators that engines, or whoever made the vectors, take for those of another opset, and results that have one right
 * value. Both readings are computed here.
 */
final class Meanings {
    private static final Tensor X = normal(1, 2, 3, 4);

    private Meanings() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        softmax(all);
        others(all);
        cancelling(all);
        exact(all);
        return all;
    }

    private static void softmax(List<Entry> all) {
        Graph old = new Graph(11).input("x", X).node("Softmax", "x", "y").output("y");
        Tensor rows = softmax(X, 12, false);
        Tensor last = softmax(X, 4, false);
        all.add(new Entry("most engines and the vectors take Softmax-11 for that of opset 13", old)
                .with(
                        Engine.giving("a", last),
                        Engine.giving("b", last),
                        Engine.giving("c", last),
                        Engine.good("right"))
                .expects(last)
                .is("wrong: vectors [a, b, c]"));
        all.add(new Entry("the vectors alone do, and one engine tells", old)
                .expects(last)
                .is("wrong: vectors []"));
        all.add(new Entry("most engines do, and the vectors are right", old)
                .with(Engine.giving("a", last), Engine.giving("b", last), Engine.giving("c", last))
                .expects(rows)
                .is("wrong: engine [a, b, c]"));
        all.add(new Entry("without vectors, most engines do", old)
                .with(lastAxis("a"), lastAxis("b"), lastAxis("c"))
                .madeUp()
                .is("wrong: engine [a, b, c]"));
        all.add(new Entry("one engine does, and another is wrong", old)
                .with(Engine.giving("a", last), Engine.spoiling("b", times(1.1)))
                .expects(rows)
                .is("wrong: engine [a, b]"));
        Graph small = new Graph(11)
                .input("x", Tensor.of(new float[] {-103, -102, -103, -102}, 1, 2, 2))
                .weight("two", floats(2))
                .node("Softmax", "x", "s")
                .node("Mul", "s two", "y")
                .output("y");
        // In units of the least number above 0, e^-103 is 1.3 and e^-102 is 3.6.
        Tensor powers = Tensor.of(new float[] {0.2f, 0.8f, 0.2f, 0.8f}, 1, 2, 2);
        double share = 1 / (1 + Math.E);
        all.add(new Entry("Softmax-11 with powers that lose digits, in most engines", small)
                .with(Engine.giving("a", powers), Engine.giving("b", powers), Engine.giving("c", powers))
                .expects(Tensor.of(ElementType.FLOAT32, new double[] {share, 1 - share, share, 1 - share}, 1, 2, 2))
                .is("wrong: engine [a, b, c]"));
        Graph logarithm =
                new Graph(11).input("x", X).node("LogSoftmax", "x", "y").output("y");
        all.add(new Entry("LogSoftmax-11", logarithm)
                .with(
                        Engine.giving("a", softmax(X, 4, true)),
                        Engine.giving("b", softmax(X, 4, true)),
                        Engine.good("right"))
                .expects(softmax(X, 4, true))
                .is("wrong: vectors [a, b]"));
        Graph recent = graph().input("x", X).node("Softmax", "x", "y").output("y");
        all.add(new Entry("Softmax-13 taken for that of opset 11", recent)
                .with(Engine.giving("a", rows), Engine.giving("b", rows), Engine.good("right"))
                .expects(rows)
                .is("wrong: vectors [a, b]"));
        Tensor most = Tensor.of(new float[] {1, 5, 2, 6, 3, 4}, 1, 2, 3);
        Graph hard = new Graph(11).input("x", most).node("Hardmax", "x", "y").output("y");
        Tensor each = Tensor.of(new float[] {0, 1, 0, 1, 0, 0}, 1, 2, 3);
        all.add(new Entry("Hardmax-11", hard)
                .with(Engine.giving("a", each), Engine.giving("b", each), Engine.good("right"))
                .expects(each)
                .is("wrong: vectors [a, b]"));
    }

    /** An engine that takes Softmax-11 for that of opset 13, where the last axis is the default. */
    private static Engine lastAxis(String name) {
        return Engine.mistaking(name, Rewrites.attribute("Softmax", "axis", 2));
    }

    /** Over so many elements at a time. */
    private static Tensor softmax(Tensor x, int size, boolean logarithm) {
        double[] values = x.doubles();
        for (int from = 0; from < values.length; from += size) {
            double sum = 0;
            for (int i = from; i < from + size; i++) {
                sum += Math.exp(values[i]);
            }
            for (int i = from; i < from + size; i++) {
                values[i] = logarithm ? values[i] - Math.log(sum) : Math.exp(values[i]) / sum;
            }
        }
        return Tensor.of(ElementType.FLOAT32, values, x.shape());
    }

    private static void others(List<Entry> all) {
        Graph normalisation = new Graph(9)
                .input("x", Tensor.of(new float[] {1, 2, 3, 6}, 4, 1))
                .weight("s", floats(2))
                .weight("b", floats(1))
                .weight("m", floats(1))
                .weight("v", floats(4))
                .node("BatchNormalization", "x s b m v", "y", "epsilon", 0f)
                .output("y");
        // The mean of the inputs is 3, their variance 3.5.
        Tensor trained = Tensor.of(ElementType.FLOAT32, new double[] {-2, -1, 0, 3}, 4, 1);
        trained = each(trained, x -> 1 + 2 * x / Math.sqrt(3.5));
        all.add(new Entry("BatchNormalization-9 taken for training", normalisation)
                .with(Engine.giving("a", trained), Engine.giving("b", trained), Engine.good("right"))
                .expects(trained)
                .is("wrong: vectors [a, b]"));
        // With the usual momentum, nine tenths of the given mean and variance, and a tenth of the input's own.
        Tensor left = Tensor.of(ElementType.FLOAT32, new double[] {1, 2, 3, 6}, 4, 1);
        left = each(left, x -> 1 + 2 * (x - 1.2) / Math.sqrt(3.95));
        all.add(new Entry("BatchNormalization-9 with the mean that training would leave", normalisation)
                .with(Engine.giving("a", left), Engine.giving("b", left), Engine.good("right"))
                .expects(left)
                .is("wrong: vectors [a, b]"));
        Graph squares = new Graph(18)
                .input("x", floats(1, 2, 3))
                .node("ReduceSumSquare", "x", "y", "noop_with_empty_axes", 1)
                .output("y");
        all.add(new Entry("squares over no axes", squares)
                .with(
                        Engine.giving("a", floats(1, 2, 3)),
                        Engine.giving("b", floats(1, 2, 3)),
                        Engine.giving("c", floats(1, 4, 9)))
                .expects(floats(1, 2, 3))
                .is("wrong: vectors [a, b]"));
        Graph sum = new Graph(13)
                .input("x", floats(1, 2, 3))
                .weight("axes", Tensor.of(new long[0], 0))
                .node("ReduceSum", "x axes", "y")
                .output("y");
        all.add(new Entry("a sum over an empty list of axes", sum)
                .with(Engine.giving("a", floats(1, 2, 3)), Engine.giving("b", floats(1, 2, 3)), Engine.good("right"))
                .expects(floats(6))
                .is("wrong: engine [a, b]"));
        Graph classes = graph().input("x", longs(1, -1))
                .weight("depth", longs(2))
                .weight("values", floats(0, 1))
                .node("OneHot", "x depth values", "y")
                .output("y");
        Tensor off = Tensor.of(new float[] {0, 1, 0, 0}, 2, 2);
        all.add(new Entry("negative indices of OneHot", classes)
                .with(Engine.giving("a", off), Engine.giving("b", off), Engine.good("right"))
                .expects(off)
                .is("wrong: vectors [a, b]"));
        Graph clip = graph().input("x", floats(1, 5))
                .weight("least", scalar(ElementType.FLOAT32, 4))
                .weight("most", scalar(ElementType.FLOAT32, 2))
                .node("Clip", "x least most", "y")
                .output("y");
        all.add(new Entry("limits in the other order", clip)
                .with(Engine.giving("a", floats(4, 4)), Engine.giving("b", floats(4, 4)), Engine.good("right"))
                .expects(floats(4, 4))
                .is("wrong: vectors [a, b]"));
        Graph resize = new Graph(10)
                .input("x", normal(3, 1, 1, 3, 3))
                .weight("scales", floats(1, 1, 1.7, 1.7))
                .node("Resize", "x scales", "y", "mode", "linear")
                .output("y");
        all.add(new Entry("three engines against two where the definition was revised", resize)
                .with(
                        Engine.spoiling("a", times(1.1)),
                        Engine.spoiling("b", times(1.1)),
                        Engine.good("c"),
                        Engine.good("d"))
                .is("wrong: undecided [a, b, c, d, onnxruntime]"));
        Graph pool = graph().input("x", normal(4, 1, 1, 6, 6))
                .node("MaxPool", "x", "y", "kernel_shape", new int[] {2, 2}, "ceil_mode", 0)
                .output("y");
        all.add(new Entry("three engines against two where the definition was revised for sizes rounded up", pool)
                .with(
                        Engine.spoiling("a", times(1.1)),
                        Engine.spoiling("b", times(1.1)),
                        Engine.good("c"),
                        Engine.good("d"))
                .is("wrong: engine [a, b]"));
        all.add(new Entry("an engine on both sides, where the definition was revised", resize)
                .with(
                        Engine.spoiling("a", times(1.1)),
                        Engine.spoiling("b-old", times(1.1)).of("b 0"),
                        Engine.good("b"),
                        Engine.good("c"))
                .is("wrong: engine [a, b 0]"));
    }

    /** Formulas that are as good as any, of which one loses what the other keeps: nobody mistakes the operator. */
    private static void cancelling(List<Entry> all) {
        Graph sum = new Graph(13)
                .input("x", floats(1e8, 1, -1e8))
                .node("ReduceSum", "x", "y")
                .output("y");
        all.add(new Entry("a sum that cancels, and vectors that keep what is left", sum)
                .expects(floats(1))
                .is(Entry.ONE_ENGINE));
        all.add(new Entry("a sum that cancels, and an engine that keeps what is left", sum)
                .with(Engine.giving("a", floats(1)), Engine.good("b"))
                .expects(floats(1))
                .is("wrong: undecided [a, b, onnxruntime]"));
        Tensor x = Tensor.of(new float[] {1000.01f, 999.99f, 1000.02f, 1000.005f}, 4, 1);
        Graph normalisation = graph().input("x", x)
                .weight("s", floats(1))
                .weight("b", floats(0))
                .weight("m", floats(1000))
                .weight("v", floats(1e-4))
                .node("BatchNormalization", "x s b m v", "y")
                .output("y");
        all.add(new Entry("BatchNormalization that cancels", normalisation)
                .expects(each(x, value -> (value - 1000) / Math.sqrt(1e-4 + 1e-5)))
                .is(Entry.ONE_ENGINE));
    }

    private static void exact(List<Entry> all) {
        Graph narrow = graph().input("x", floats(1.0078, 3.14159, -2.7182))
                .node("Cast", "x", "n", "to", ElementType.BFLOAT16.number())
                .node("Cast", "n", "y", "to", ElementType.FLOAT32.number())
                .output("y");
        all.add(new Entry("a cast that truncates", narrow)
                .with(Engine.spoiling("sloppy", t -> each(floats(1.0078, 3.14159, -2.7182), Meanings::truncated)))
                .expects(floats(1.0078125, 3.140625, -2.71875))
                .is("wrong: engine [sloppy]"));
        Graph halved = graph().input("x", Tensor.of(ElementType.FLOAT64, new double[] {1 + 0x1p-11 + 0x1p-30}, 1))
                .node("Cast", "x", "y", "to", ElementType.FLOAT16.number())
                .output("y", ElementType.FLOAT16);
        Tensor once = Tensor.of(ElementType.FLOAT16, new double[] {1 + 0x1p-10}, 1);
        all.add(new Entry("a cast that rounds twice", halved)
                .with(Engine.giving("once", once))
                .expects(once));
        Graph moved = graph().input("x", normal(5, 3, 4))
                .node("Transpose", "x", "t")
                .node("Relu", "t", "r")
                .node("Floor", "r", "f")
                .node("Max", "f t", "y")
                .output("y");
        all.add(new Entry("a value that is moved, a unit in the last place off", moved)
                .with(Engine.spoiling("sloppy", times(1 + 1e-7)))
                .is("wrong: engine [sloppy]"));
        Graph counted = graph().input("a", longs(3, 100_001))
                .input("b", longs(5, 3))
                .node("Mul", "a b", "m")
                .node("Cast", "m", "y", "to", ElementType.FLOAT32.number())
                .output("y");
        all.add(new Entry("a whole number one off, as a float", counted)
                .with(Engine.giving("sloppy", floats(15, 300_004)))
                .expects(floats(15, 300_003))
                .is("wrong: engine [sloppy]"));
        Graph divided = graph().input("x", normal(6, 9))
                .node("Div", "x x", "d")
                .node("Add", "d x", "y")
                .output("y");
        all.add(new Entry("arithmetic need not be exact", divided).with(Engine.spoiling("other", times(1 + 1e-7))));
    }

    private static double truncated(double value) {
        return Float.intBitsToFloat(Float.floatToRawIntBits((float) value) & 0xffff0000);
    }

    private static Tensor each(Tensor tensor, DoubleUnaryOperator change) {
        double[] values = tensor.doubles();
        for (int i = 0; i < values.length; i++) {
            values[i] = change.applyAsDouble(values[i]);
        }
        return Tensor.of(tensor.type(), values, tensor.shape());
    }
}
