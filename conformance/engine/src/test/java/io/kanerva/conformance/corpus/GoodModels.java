package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.floats;
import static io.kanerva.conformance.corpus.Values.longs;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.scalar;
import static io.kanerva.conformance.corpus.Values.shaped;
import static io.kanerva.conformance.corpus.Values.strings;
import static io.kanerva.conformance.corpus.Values.whole;

import io.kanerva.conformance.runtime.Answer.None.Kind;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Models with nothing wrong: of every type, of no and of all sizes, with values that are hard to compare. */
final class GoodModels {
    /** ONNX Runtime's Java API passes no tensors of these types. */
    static final Set<ElementType> JAVA_LACKS = EnumSet.of(ElementType.UINT16, ElementType.UINT32, ElementType.UINT64);

    static final String NOT_JAVA = "our adapter: [onnxruntime-java]; nothing runs it";

    private GoodModels() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        types(all);
        sizes(all);
        sequences(all);
        values(all);
        numerics(all);
        return all;
    }

    private static void types(List<Entry> all) {
        for (ElementType type : ElementType.values()) {
            if (type.isNumeric() && type != ElementType.BFLOAT16) {
                Tensor value = whole(type, 3, 0, 5, 2, 3);
                all.add(new Entry("identity of " + type, WrongVectors.identity(value))
                        .expects(value)
                        .is(JAVA_LACKS.contains(type) ? NOT_JAVA : Entry.FINE));
            }
        }
        all.add(new Entry(
                "identity of string",
                graph().input("x", strings("", "ä", "two words"))
                        .node("Identity", "x", "y")
                        .output("y", ElementType.STRING)));
        all.add(new Entry(
                        "a type that the Java API has no inputs of",
                        new Graph(19)
                                .input("x", Tensor.ofBytes(ElementType.FLOAT8E5M2, new byte[] {1, 2}, 2))
                                .node("Identity", "x", "y")
                                .output("y", ElementType.FLOAT8E5M2))
                .expects(Tensor.ofBytes(ElementType.FLOAT8E5M2, new byte[] {1, 2}, 2))
                .is(NOT_JAVA));
        all.add(new Entry(
                        "strings joined",
                        new Graph(20)
                                .input("a", strings("a", "b"))
                                .input("b", strings("c", ""))
                                .node("StringConcat", "a b", "y")
                                .output("y", ElementType.STRING))
                .expects(strings("ac", "b")));
        all.add(new Entry(
                        "half precision",
                        graph().input("x", Tensor.of(ElementType.FLOAT16, new double[] {0.1, 2.7, -3.3}, 3))
                                .node("Mul", "x x", "y")
                                .output("y", ElementType.FLOAT16))
                .expects(Tensor.of(ElementType.FLOAT16, new double[] {0.01, 7.29, 10.89}, 3)));
        all.add(new Entry(
                "weights in half precision, widened",
                graph().input("x", normal(5, 2, 4))
                        .weight(
                                "h",
                                Tensor.of(ElementType.FLOAT16, normal(6, 4, 3).doubles(), 4, 3))
                        .node("Cast", "h", "w", "to", 1)
                        .node("MatMul", "x w", "y")
                        .output("y")));
        all.add(new Entry(
                        "an engine for which a type is unknown",
                        WrongVectors.identity(whole(ElementType.INT16, 1, 0, 9, 3)))
                .with(Engine.failing("other", Kind.REFUSED))
                .is("cannot run: [other]"));
    }

    private static void sizes(List<Entry> all) {
        all.add(new Entry(
                        "scalars",
                        graph().input("x", scalar(ElementType.FLOAT32, 2))
                                .weight("one", scalar(ElementType.FLOAT32, 1))
                                .node("Add", "x one", "y")
                                .output("y"))
                .expects(scalar(ElementType.FLOAT32, 3)));
        all.add(new Entry(
                        "an empty tensor",
                        graph().input("x", Tensor.of(new float[0], 0, 3))
                                .node("Relu", "x", "y")
                                .output("y"))
                .expects(Tensor.of(new float[0], 0, 3)));
        all.add(new Entry(
                        "an empty tensor beside another",
                        graph().input("x", normal(1, 2, 3))
                                .input("z", Tensor.of(new float[0], 0, 3))
                                .node("Concat", "x z", "y", "axis", 0)
                                .output("y"))
                .expects(normal(1, 2, 3)));
        all.add(new Entry(
                        "no inputs",
                        graph().node("Constant", "", "y", "value", floats(1, 2, 3))
                                .output("y"))
                .expects(floats(1, 2, 3)));
        all.add(new Entry(
                        "an initialiser that is listed as an input",
                        graph().open("w", ElementType.FLOAT32, 2)
                                .weight("w", floats(1, 2))
                                .input("x", floats(3, 4))
                                .node("Add", "x w", "y")
                                .output("y"))
                .expects(floats(4, 6)));
        all.add(new Entry(
                "five dimensions",
                graph().input("x", normal(2, 1, 2, 1, 2, 3))
                        .node("Transpose", "x", "y", "perm", new int[] {4, 3, 2, 1, 0})
                        .output("y")));
        all.add(new Entry(
                        "a size that depends on values",
                        graph().input("x", floats(0, 1, 0, 2))
                                .node("NonZero", "x", "y")
                                .output("y", ElementType.INT64))
                .expects(Tensor.of(new long[] {1, 3}, 1, 2)));
        all.add(new Entry(
                        "two outputs of two types",
                        graph().input("x", floats(3, 1, 2))
                                .weight("k", longs(2))
                                .node("TopK", "x k", "y i")
                                .output("y")
                                .output("i", ElementType.INT64))
                .expects(floats(3, 2), longs(0, 2)));
    }

    private static void sequences(List<Entry> all) {
        Tensor first = floats(1, 2);
        Tensor second = floats(3);
        Tensor size = Tensor.of(new long[] {2});
        Graph split = graph().input("x", floats(1, 2, 3))
                .weight("split", longs(2, 1))
                .node("SplitToSequence", "x split", "y")
                .sequence("y", ElementType.FLOAT32);
        all.add(new Entry("a sequence", split).computes(size, first, second));
        all.add(new Entry("an element of a sequence off", split)
                .with(Engine.spoiling(
                        "sloppy", t -> t.size() == 2 ? Values.times(2).apply(t) : t))
                .computes(size, first, second)
                .is("wrong: engine [sloppy]"));
        all.add(new Entry("a sequence that is too short", split)
                .with(Engine.mistaking("sloppy", Rewrites.replaced("split", longs(3))))
                .computes(size, first, second)
                .is("wrong: engine [sloppy]"));
        Graph scores = graph().input("x", Tensor.of(new float[] {1, 2, 3}, 1, 3));
        all.add(new Entry(
                        "scores by numbers of classes",
                        scores.node("ZipMap", "x", "y", "classlabels_int64s", new int[] {5, -1, 7})
                                .maps("y", ElementType.INT64))
                .with(Engine.good("other"))
                .computes(Tensor.of(new long[] {1}), longs(-1, 5, 7), floats(2, 1, 3)));
        Graph named = graph().input("x", Tensor.of(new float[] {1, 2}, 1, 2));
        all.add(new Entry(
                        "scores by names of classes, of which one is off",
                        named.node("ZipMap", "x", "y", "classlabels_strings", new String[] {"dog", "cat"})
                                .maps("y", ElementType.STRING))
                .with(Engine.spoiling(
                        "sloppy",
                        t -> t.type() == ElementType.FLOAT32 ? Values.plus(0, 1).apply(t) : t))
                .computes(Tensor.of(new long[] {1}), strings("cat", "dog"), floats(2, 1))
                .is("wrong: engine [sloppy]"));
        all.add(new Entry(
                        "a sequence that is made up",
                        graph().open("x", ElementType.FLOAT32, 3)
                                .weight("split", longs(2, 1))
                                .node("SplitToSequence", "x split", "y")
                                .sequence("y", ElementType.FLOAT32))
                .with(Engine.good("other"))
                .madeUp());
    }

    private static void values(List<Entry> all) {
        double nan = Double.NaN;
        double inf = Double.POSITIVE_INFINITY;
        all.add(new Entry(
                        "NaN and infinities",
                        graph().input("x", floats(-1, 0, inf))
                                .node("Log", "x", "y")
                                .output("y"))
                .expects(floats(nan, -inf, inf)));
        all.add(new Entry(
                        "the sign of zero",
                        graph().input("x", floats(0, -0.0))
                                .node("Neg", "x", "y")
                                .output("y"))
                .expects(floats(-0.0, 0)));
        all.add(new Entry(
                "small values",
                graph().input("x", floats(1e-20, 3e-25))
                        .node("Exp", "x", "e")
                        .node("Mul", "x e", "y")
                        .output("y")));
        all.add(new Entry(
                        "values below the smallest normal number",
                        graph().input("x", floats(1e-39, -2e-40))
                                .node("Identity", "x", "y")
                                .output("y"))
                .with(Engine.spoiling("flushing", Values.times(0)))
                .expects(floats(1e-39, -2e-40)));
        all.add(new Entry(
                "large values",
                graph().input("x", floats(1e30, -3e34))
                        .node("Sqrt", "x", "r")
                        .node("Mul", "x r", "y")
                        .output("y")));
        all.add(new Entry(
                        "whole numbers that no double holds",
                        graph().input("x", longs((1L << 53) + 1, Long.MIN_VALUE))
                                .node("Identity", "x", "y")
                                .output("y", ElementType.INT64))
                .expects(longs((1L << 53) + 1, Long.MIN_VALUE)));
        all.add(new Entry(
                        "whole numbers divided",
                        graph().input("a", longs(8, -8, 7, -7))
                                .input("b", longs(-3, 3, -2, 2))
                                .node("Div", "a b", "y")
                                .output("y", ElementType.INT64))
                .expects(longs(-2, -2, -3, -3)));
        all.add(new Entry(
                        "halves are rounded to even",
                        graph().input("x", floats(0.5, 1.5, 2.5, -0.5))
                                .node("Round", "x", "y")
                                .output("y"))
                .expects(floats(0, 2, 2, 0)));
    }

    /** Another engine adds in another order: here it is a model whose sums are split. */
    private static void numerics(List<Entry> all) {
        Graph sum = graph().input("x", normal(8, 1, 4000))
                .node("ReduceSum", "x", "y", "keepdims", 1)
                .output("y");
        all.add(new Entry("a long sum", sum).with(Engine.mistaking("splits", Rewrites::splitSum)));
        Graph difference = graph().input("x", normal(9, 1, 3000))
                .weight("big", scalar(ElementType.FLOAT32, 1000))
                .node("Add", "x big", "shifted")
                .node("ReduceMean", "shifted", "mean")
                .node("Sub", "mean big", "y")
                .output("y");
        all.add(new Entry("a small difference of large sums", difference)
                .with(Engine.mistaking("splits", Rewrites::splitMean)));
        Graph deep = graph().input("x", normal(10, 2, 16));
        String from = "x";
        for (int layer = 0; layer < 24; layer++) {
            deep.weight("w" + layer, normal(20 + layer, 16, 16));
            deep.node("MatMul", from + " w" + layer, "m" + layer).node("Tanh", "m" + layer, "t" + layer);
            from = "t" + layer;
        }
        deep.node("Identity", from, "y").output("y");
        all.add(new Entry("a deep network", deep).with(Engine.mistaking("reorders", Rewrites::reorder)));
        Graph convolution = graph().input("x", normal(11, 1, 8, 12, 12))
                .weight("w", normal(12, 8, 8, 3, 3))
                .node("Conv", "x w", "c", "pads", new int[] {1, 1, 1, 1})
                .node("Softmax", "c", "y", "axis", 1)
                .output("y");
        all.add(new Entry("a convolution and a softmax", convolution).with(Engine.good("other")));
        Graph normalised = graph().input("x", normal(13, 3, 64))
                .weight("scale", normal(14, 64))
                .node("LayerNormalization", "x scale", "y")
                .output("y");
        all.add(new Entry("a normalisation", normalised).with(Engine.good("other")));
        all.add(new Entry(
                        "a resize",
                        graph().input("x", shaped(new float[] {1, 2, 3, 4}, 1, 1, 2, 2))
                                .weight("scales", floats(1, 1, 2.5, 2.5))
                                .node("Resize", "x - scales", "y", "mode", "linear")
                                .output("y"))
                .with(Engine.good("other")));
    }
}
