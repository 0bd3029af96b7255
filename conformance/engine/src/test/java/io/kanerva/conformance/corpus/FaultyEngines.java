package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.at;
import static io.kanerva.conformance.corpus.Values.floats;
import static io.kanerva.conformance.corpus.Values.longs;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.plus;
import static io.kanerva.conformance.corpus.Values.times;

import io.kanerva.conformance.runtime.Answer.None.Kind;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Engines and bindings with a fault of their own. */
final class FaultyEngines {
    private static final String SLOPPY = "wrong: engine [sloppy]";
    private static final String ORT = JavaRuntime.CPU.description().engine();

    private FaultyEngines() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        operators(all);
        outputs(all);
        bindings(all);
        unable(all);
        return all;
    }

    private static void operators(List<Entry> all) {
        all.add(sloppy("a weight is 1 % off", WrongVectors.dense(), Rewrites.weight("w", 1.01)));
        Graph pool = graph().input("x", normal(1, 1, 2, 6, 6))
                .node("AveragePool", "x", "y", "kernel_shape", new int[] {3, 3}, "pads", new int[] {1, 1, 1, 1})
                .output("y");
        all.add(sloppy("padding is counted", pool, Rewrites.attribute("AveragePool", "count_include_pad", 1)));
        Graph convolution = graph().input("x", normal(2, 1, 2, 7, 7))
                .weight("w", normal(3, 2, 2, 2, 2))
                .node("Conv", "x w", "y", "auto_pad", "SAME_UPPER")
                .output("y");
        all.add(sloppy("padding on the other side", convolution, Rewrites.attribute("Conv", "auto_pad", "SAME_LOWER")));
        Graph pad = graph().input("x", normal(4, 1, 5))
                .weight("pads", longs(0, 2, 0, 1))
                .node("Pad", "x pads", "y", "mode", "reflect")
                .output("y");
        all.add(sloppy("another mode of padding", pad, Rewrites.attribute("Pad", "mode", "edge")));
        Graph resize = graph().input("x", normal(5, 1, 1, 4, 4))
                .weight("scales", floats(1, 1, 2, 2))
                .node("Resize", "x - scales", "y", "mode", "linear")
                .output("y");
        all.add(sloppy(
                "corners are aligned",
                resize,
                Rewrites.attribute("Resize", "coordinate_transformation_mode", "align_corners")));
        Graph grid = graph().input("x", normal(6, 1, 1, 4, 4))
                .input("g", normal(7, 1, 3, 3, 2))
                .node("GridSample", "x g", "y")
                .output("y");
        all.add(sloppy("another grid", grid, Rewrites.attribute("GridSample", "align_corners", 1)));
        Graph softmax = graph().input("x", normal(8, 3, 4))
                .node("Softmax", "x", "y", "axis", 1)
                .output("y");
        all.add(sloppy("another axis", softmax, Rewrites.attribute("Softmax", "axis", 0)));
        Graph layer = graph().input("x", normal(9, 2, 5))
                .weight("scale", normal(10, 5))
                .node("LayerNormalization", "x scale", "y", "epsilon", 1e-5f)
                .output("y");
        all.add(sloppy("another epsilon", layer, Rewrites.attribute("LayerNormalization", "epsilon", 1e-2f)));
        Graph gelu =
                new Graph(20).input("x", normal(11, 40)).node("Gelu", "x", "y").output("y");
        all.add(sloppy("an approximation of Gelu", gelu, Rewrites.attribute("Gelu", "approximate", "tanh")));
        Graph round = graph().input("x", floats(0.5, 1.5, 2.5))
                .node("Round", "x", "y")
                .output("y");
        all.add(sloppy("halves are rounded away from 0", round, Rewrites::awayFromZero));
        Graph last = graph().input("x", Tensor.of(new float[] {3, 1, 3}, 1, 3))
                .node("ArgMax", "x", "y", "axis", 1)
                .output("y", ElementType.INT64);
        all.add(sloppy("the last of equal maxima", last, Rewrites.attribute("ArgMax", "select_last_index", 1)));
        Graph mod = graph().input("a", longs(-7, 7))
                .input("b", longs(3, -3))
                .node("Mod", "a b", "y")
                .output("y", ElementType.INT64);
        all.add(sloppy("another sign of a remainder", mod, Rewrites.attribute("Mod", "fmod", 1)));
        Graph sum = graph().input("x", normal(12, 5))
                .weight("axis", Values.scalar(ElementType.INT64, 0))
                .node("CumSum", "x axis", "y")
                .output("y");
        all.add(sloppy("an exclusive sum", sum, Rewrites.attribute("CumSum", "exclusive", 1)));
        Graph floor = graph().input("x", normal(13, 9)).node("Floor", "x", "y").output("y");
        all.add(sloppy("one operator for another", floor, Rewrites.operator("Floor", "Ceil")));
        Graph elu = graph().input("x", normal(14, 9)).node("Elu", "x", "y").output("y");
        all.add(sloppy("another constant", elu, Rewrites.attribute("Elu", "alpha", 1.01f)));
    }

    private static void outputs(List<Entry> all) {
        all.add(spoiling(
                "NaN becomes 1",
                graph().input("x", floats(Double.NaN, 0.3))
                        .node("HardSigmoid", "x", "y")
                        .output("y"),
                at(0, 1)));
        all.add(spoiling(
                "an infinity becomes the largest number",
                graph().input("x", floats(200, 1)).node("Exp", "x", "y").output("y"),
                at(0, Float.MAX_VALUE)));
        all.add(spoiling("a shape of its own", WrongVectors.dense(), t -> Tensor.of(t.floats(), 1, t.size())));
        all.add(spoiling(
                "32 bits for 64", WrongVectors.argMax(), t -> Tensor.of(ElementType.INT32, t.doubles(), t.shape())));
        all.add(spoiling(
                "one of 80 elements",
                graph().input("x", normal(15, 80)).node("Tanh", "x", "y").output("y"),
                plus(60, 1e-3)));
        all.add(new Entry("two engines differ from the reference, and from each other", WrongVectors.dense())
                .with(Engine.spoiling("a", times(1.1)), Engine.spoiling("b", times(0.9)), Engine.good("c"))
                .is("wrong: engine [a, b]"));
        all.add(new Entry("ONNX Runtime differs from two other engines and the vectors", WrongVectors.dense())
                .with(Engine.spoiling("a", times(1.1)), Engine.spoiling("b", times(1.1)))
                .spoilt(times(1.1))
                .is("wrong: engine [onnxruntime]"));
        all.add(new Entry("most engines agree, and only the vectors' own does not", WrongVectors.dense())
                .with(
                        Engine.spoiling("a", times(1.1)),
                        Engine.spoiling("b", times(1.1)),
                        Engine.spoiling("c", times(1.1)))
                .is(Entry.VECTORS));
        all.add(new Entry("four engines take an operator for that of a newer opset", WrongVectors.dense())
                .with(
                        Engine.good("right"),
                        Engine.spoiling("a", times(1.1)),
                        Engine.spoiling("b", times(1.1)),
                        Engine.spoiling("c", times(1.1)),
                        Engine.spoiling("d", times(1.1)))
                .is("wrong: undecided [a, b, c, d, onnxruntime, right]"));
        all.add(new Entry("two engines share a fault, or the vectors are those of a faulty one", WrongVectors.dense())
                .with(Engine.spoiling("a", times(1.1)), Engine.spoiling("b", times(1.1)))
                .is("wrong: undecided [a, b, onnxruntime]"));
        all.add(new Entry(
                        "two engines agree, two differ in ways of their own, and the vectors are wrong",
                        WrongVectors.dense())
                .with(Engine.good("a"), Engine.spoiling("b", times(1.2)), Engine.spoiling("c", times(1.3)))
                .spoilt(times(1.1))
                .is(Entry.VECTORS));
        all.add(new Entry("two engines against two, and the vectors are wrong", WrongVectors.dense())
                .with(Engine.good("a"), Engine.spoiling("b", times(1.2)), Engine.spoiling("c", times(1.2)))
                .spoilt(times(1.1))
                .is(Entry.ONE_ENGINE));
        all.add(new Entry("without vectors, most engines differ from the reference", WrongVectors.dense())
                .with(Engine.spoiling("a", times(1.1)), Engine.spoiling("b", times(1.1)))
                .madeUp()
                .is("wrong: engine [onnxruntime]"));
        all.add(new Entry("without vectors, two engines disagree", WrongVectors.dense())
                .with(Engine.spoiling("a", times(1.1)))
                .madeUp()
                .is("wrong: undecided [a, onnxruntime]"));
        all.add(new Entry(
                        "without vectors, one engine disagrees with a reference that is not compared",
                        WrongVectors.dense())
                .only(Engine.spoiling("a", times(1.1)))
                .madeUp()
                .is("wrong: undecided []"));
        all.add(new Entry(
                        "without vectors, two engines disagree with a reference that is not compared",
                        WrongVectors.dense())
                .only(Engine.spoiling("a", times(1.1)), Engine.spoiling("b", times(1.1)))
                .madeUp()
                .is("wrong: engine [onnxruntime-java]"));
        all.add(new Entry("without vectors, one of three differs", WrongVectors.dense())
                .with(Engine.good("a"), Engine.spoiling("b", times(1.1)))
                .madeUp()
                .is("wrong: engine [b]"));
    }

    private static void bindings(List<Entry> all) {
        all.add(new Entry("one language of an engine alone", WrongVectors.dense())
                .with(
                        Engine.spoiling("go", times(2)).of("third 1"),
                        Engine.good("rust").of("third 1"))
                .is("wrong: runtime [go]"));
        all.add(new Entry("all languages of an engine", WrongVectors.dense())
                .with(
                        Engine.spoiling("go", times(2)).of("third 1"),
                        Engine.spoiling("rust", times(2)).of("third 1"))
                .is("wrong: engine [third]"));
        all.add(new Entry("a binding of ONNX Runtime is a unit in the last place off", WrongVectors.dense())
                .with(Engine.spoiling("node", times(1 + 1e-6)).of(ORT))
                .is("wrong: bits [node]"));
        all.add(new Entry("a binding of ONNX Runtime is wrong", WrongVectors.dense())
                .with(Engine.spoiling("node", times(1.5)).of(ORT), Engine.good("other"))
                .is("wrong: runtime [node]"));
        all.add(new Entry("an older version of an engine", WrongVectors.dense())
                .with(
                        Engine.spoiling("python@1.16", times(2)).of("third 1.16"),
                        Engine.good("python").of("third 1.29"),
                        Engine.good("web").of("third 1.29"))
                .is("wrong: engine [third 1.16]"));
        all.add(new Entry("a binding, beside an older version that is right", WrongVectors.dense())
                .with(
                        Engine.good("python@1.16").of("third 1.16"),
                        Engine.good("python").of("third 1.29"),
                        Engine.spoiling("go", times(2)).of("third 1.29"))
                .is("wrong: runtime [go]"));
        all.add(new Entry("an optimiser is wrong", WrongVectors.dense())
                .with(Engine.spoiling("other", times(1.5)).whenOptimised())
                .is("wrong: optimiser [other]"));
        all.add(new Entry("an optimiser is wrong in two languages", WrongVectors.dense())
                .with(
                        Engine.spoiling("go", times(1.5)).of("third 1").whenOptimised(),
                        Engine.spoiling("rust", times(1.5)).of("third 1").whenOptimised())
                .is("wrong: optimiser [third]"));
        all.add(new Entry("an optimiser drops a cast", casts())
                .with(Engine.mistaking("old", Rewrites.attribute("Cast", "to", 1))
                        .whenOptimised())
                .is("wrong: optimiser [old]"));
    }

    private static Graph casts() {
        return graph().input("x", normal(16, 2, 5))
                .weight("w", normal(17, 5, 5))
                .node("MatMul", "x w", "m")
                .node("Cast", "m", "i", "to", 6)
                .node("Cast", "i", "b", "to", 9)
                .node("Cast", "b", "f", "to", 1)
                .node("MatMul", "f w", "y")
                .output("y");
    }

    private static void unable(List<Entry> all) {
        all.add(new Entry("an engine refuses the model", WrongVectors.dense())
                .with(Engine.failing("other", Kind.REFUSED))
                .is("cannot run: [other]"));
        all.add(new Entry("an engine crashes", WrongVectors.dense())
                .with(Engine.failing("other", Kind.CRASHED))
                .is("cannot run: [other]"));
        all.add(new Entry("an optimiser crashes", WrongVectors.dense())
                .with(Engine.failing("other", Kind.CRASHED).whenOptimised())
                .is("cannot run: [other]"));
        all.add(new Entry("our adapter cannot", WrongVectors.dense())
                .with(Engine.failing("go", Kind.ADAPTER))
                .is("our adapter: [go]"));
        all.add(new Entry("one refuses, one adapter cannot, one is wrong", WrongVectors.dense())
                .with(
                        Engine.failing("a", Kind.REFUSED),
                        Engine.failing("b", Kind.ADAPTER),
                        Engine.spoiling("sloppy", times(2)))
                .is(SLOPPY + "; cannot run: [a]; our adapter: [b]"));
        all.add(new Entry(
                        "an operator that nobody knows",
                        graph().input("x", normal(18, 2))
                                .node("NoSuchOperator", "x", "y")
                                .output("y"))
                .is("cannot run: [onnxruntime-java]; nothing runs it"));
        all.add(new Entry(
                        "only another engine runs it",
                        graph().input("x", normal(18, 2))
                                .node("NoSuchOperator", "x", "y")
                                .output("y"))
                .with(Engine.mistaking("other", Rewrites.operator("NoSuchOperator", "Relu")))
                .madeUp()
                .is("cannot run: [onnxruntime-java]"));
    }

    private static Entry sloppy(String name, Graph graph, Consumer<ModelProto.Builder> fault) {
        return new Entry(name, graph).with(Engine.mistaking("sloppy", fault)).is(SLOPPY);
    }

    private static Entry spoiling(String name, Graph graph, UnaryOperator<Tensor> fault) {
        return new Entry(name, graph).with(Engine.spoiling("sloppy", fault)).is(SLOPPY);
    }
}
