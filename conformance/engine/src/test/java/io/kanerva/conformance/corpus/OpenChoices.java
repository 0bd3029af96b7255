package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.at;
import static io.kanerva.conformance.corpus.Values.floats;
import static io.kanerva.conformance.corpus.Values.longs;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Values that the specification leaves open. */
final class OpenChoices {
    private OpenChoices() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        open(all);
        unsorted(all);
        return all;
    }

    private static void open(List<Entry> all) {
        Graph cast = graph().input("x", floats(1.5, Double.NaN, 3e9, -7))
                .node("Cast", "x", "y", "to", ElementType.INT32.number())
                .output("y", ElementType.INT32);
        all.add(new Entry("what NaN and large numbers are cast to", cast)
                .with(Engine.spoiling(
                        "a", t -> at(1, 0).apply(at(2, Integer.MAX_VALUE).apply(t))))
                .is("undecided: 2"));
        all.add(new Entry("what a small number is cast to, beside", cast)
                .with(Engine.spoiling("sloppy", t -> at(1, 0).apply(at(0, 2).apply(t))))
                .is("wrong: engine [sloppy]"));
        Graph beside = graph().input("x", floats(Double.NaN, 2))
                .weight("zero", floats(0))
                .weight("k", longs(1))
                .node("Cast", "x", "n", "to", ElementType.INT32.number())
                .node("Greater", "x zero", "g")
                .node("Cast", "g", "b", "to", ElementType.INT64.number())
                .node("TopK", "x k", "t p")
                .node("Cast", "p", "c", "to", ElementType.INT32.number())
                .output("n", ElementType.INT32)
                .output("b", ElementType.INT64);
        all.add(new Entry("what NaN is cast to, beside casts of a comparison and of indices", beside)
                .with(Engine.spoiling("a", t -> t.type() == ElementType.INT32 ? at(0, 0).apply(t) : t))
                .is("undecided: 1"));
        Graph limited = graph().input("x", floats(3e9))
                .weight("least", Tensor.of(ElementType.INT32, new double[] {5}))
                .weight("most", Tensor.of(ElementType.INT32, new double[] {10}))
                .node("Cast", "x", "c", "to", ElementType.INT32.number())
                .node("Clip", "c least most", "y")
                .output("y", ElementType.INT32);
        all.add(new Entry("what a large number is cast to, before a node that is exact", limited)
                .only(Engine.giving("wraps", whole(5)), Engine.giving("saturates", whole(10)))
                .expects(whole(5))
                .is("undecided: 1"));
        Graph largest = graph().input("x", floats(1, Double.NaN, 3))
                .weight("least", Tensor.of(ElementType.FLOAT32, new double[] {0}))
                .weight("most", Tensor.of(ElementType.FLOAT32, new double[] {5}))
                .node("Clip", "x least most", "c")
                .node("ArgMax", "c", "y", "axis", 0)
                .output("y", ElementType.INT64);
        all.add(new Entry("where the largest number is beside NaN", largest)
                .only(Engine.giving("a", longs(2)), Engine.giving("b", longs(2)), Engine.giving("c", longs(1)))
                .expects(longs(1))
                .is("wrong: undecided [a, b, c]"));
        Graph old = new Graph(8)
                .input("x", floats(2.5, Double.NaN))
                .node("Cast", "x", "y", "to", ElementType.INT32.number())
                .output("y", ElementType.INT32);
        all.add(new Entry("what NaN is cast to, in opset 8", old)
                .with(Engine.spoiling("a", at(1, 7)))
                .is("undecided: 1"));
        Graph replaced = new Graph(9)
                .input("x", floats(0, 0, 0))
                .input("i", longs(1, 1, 2))
                .input("u", floats(5, 6, 7))
                .node("Scatter", "x i u", "y")
                .output("y");
        all.add(new Entry("which of two updates counts, in opset 9", replaced)
                .with(Engine.spoiling("a", at(1, 5)))
                .is("undecided: 1"));
        Graph least = graph().input("x", floats(Integer.MIN_VALUE, Double.NaN))
                .node("Cast", "x", "y", "to", ElementType.INT32.number())
                .output("y", ElementType.INT32);
        all.add(new Entry("the least integer is within its type's range", least)
                .with(Engine.spoiling("sloppy", at(0, Integer.MAX_VALUE)))
                .expects(Tensor.of(ElementType.INT32, new double[] {Integer.MIN_VALUE, Integer.MIN_VALUE}, 2))
                .is("wrong: engine [sloppy]"));
        Graph divided = graph().input("a", longs(6, 5))
                .input("b", longs(3, 0))
                .node("Div", "a b", "y")
                .output("y", ElementType.INT64);
        all.add(new Entry("what a division by 0 gives", divided)
                .only(dividing("a", longs(2, 0)), dividing("b", longs(2, Long.MIN_VALUE)))
                .expects(longs(2, 0))
                .is("undecided: 1"));
        Graph scatter = graph().input("x", floats(0, 0, 0))
                .input("i", longs(1, 1, 2))
                .input("u", floats(5, 6, 7))
                .node("ScatterElements", "x i u", "y")
                .output("y");
        all.add(new Entry("which of two updates counts", scatter)
                .with(Engine.spoiling("a", at(1, 5)))
                .is("undecided: 1"));
        Graph points = graph().input("x", floats(0))
                .input("i", Tensor.of(new long[] {0, 0}, 1, 2, 1))
                .input("u", Tensor.of(new float[] {5, 6}, 1, 2))
                .node("ScatterND", "x i u", "y")
                .output("y");
        all.add(new Entry("which of two updates along a later axis counts", points)
                .with(Engine.spoiling("a", at(0, 5)))
                .is("undecided: 1"));
        Graph top = graph().input("x", floats(3, 9, 5, 1))
                .weight("k", longs(2))
                .node("TopK", "x k", "y i", "sorted", 0)
                .output("y");
        all.add(new Entry("the order of what need not be sorted", top)
                .with(Engine.spoiling("a", t -> floats(t.doubles()[1], t.doubles()[0])))
                .is("undecided: 2"));
    }

    /** TopK that need not sort. */
    private static void unsorted(List<Entry> all) {
        Graph top = graph().input("x", floats(9, 9, 5))
                .weight("k", longs(3))
                .node("TopK", "x k", "y i", "sorted", 0)
                .output("y");
        all.add(new Entry("any order of what need not be sorted", top)
                .only(Engine.giving("a", floats(9, 5, 9)), Engine.giving("b", floats(5, 9, 9)))
                .expects(floats(9, 9, 5))
                .is("undecided: 2"));
        Graph both = graph().input("x", floats(3, 9, 5, 1))
                .weight("k", longs(2))
                .node("TopK", "x k", "y i", "sorted", 0)
                .output("y")
                .output("i", ElementType.INT64);
        all.add(new Entry("other values of what need not be sorted", both)
                .only(Engine.giving("sloppy", floats(7, 8), longs(1, 2)), Engine.giving("c", floats(9, 5), longs(1, 2)))
                .expects(floats(9, 5), longs(1, 2))
                .is("wrong: engine [sloppy]"));
        all.add(new Entry("values and indices in another order", both)
                .only(Engine.giving("a", floats(5, 9), longs(2, 1)))
                .expects(floats(9, 5), longs(1, 2))
                .is("undecided: 2"));
        all.add(new Entry("values in another order than their indices", both)
                .only(Engine.giving("sloppy", floats(9, 5), longs(2, 1)), Engine.giving("c", floats(9, 5), longs(1, 2)))
                .expects(floats(9, 5), longs(1, 2))
                .is("wrong: engine [sloppy]; undecided: 2"));
        Graph further = graph().input("x", floats(9, 9, 5))
                .weight("k", longs(3))
                .node("TopK", "x k", "t i", "sorted", 0)
                .node("Neg", "t", "y")
                .output("y");
        all.add(new Entry("the order of what need not be sorted, further on", further)
                .only(Engine.giving("a", floats(-5, -9, -9)))
                .expects(floats(-9, -9, -5))
                .is("undecided: 2"));
    }

    private static Tensor whole(int value) {
        return Tensor.of(ElementType.INT32, new double[] {value}, 1);
    }

    /** ONNX Runtime refuses to divide by 0. */
    private static Engine dividing(String name, Tensor output) {
        return Engine.mistaking(name, Rewrites.operator("Div", "Add")).and(tensor -> output);
    }
}
