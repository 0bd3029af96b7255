package io.kanerva.conformance.corpus;

import static io.kanerva.conformance.corpus.Graph.graph;
import static io.kanerva.conformance.corpus.Values.longs;
import static io.kanerva.conformance.corpus.Values.normal;
import static io.kanerva.conformance.corpus.Values.times;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Operators that look at windows of their input, and how engines mistake them; what is right is computed here. */
final class Windows {
    private Windows() {}

    static List<Entry> all() {
        List<Entry> all = new ArrayList<>();
        pools(all);
        normalisation(all);
        sampling(all);
        return all;
    }

    private static Tensor row(double... values) {
        return Tensor.of(ElementType.FLOAT32, values, 1, 1, values.length);
    }

    private static void pools(List<Entry> all) {
        // Of the last window of the second pool, two elements lie within, and one beyond the padding.
        for (int opset : new int[] {11, 19}) {
            Graph up = new Graph(opset)
                    .input("x", row(1, 2, 3, 4, 5, 6))
                    .node(
                            "AveragePool",
                            "x",
                            "y",
                            "kernel_shape",
                            new int[] {3},
                            "strides",
                            new int[] {2},
                            "ceil_mode",
                            1)
                    .output("y");
            all.add(new Entry("a pool rounded up of opset %d, by whole windows".formatted(opset), up)
                    .with(Engine.giving("a", row(2, 4, 11 / 3.0)), Engine.giving("b", row(2, 4, 11 / 3.0)))
                    .expects(row(2, 4, 5.5))
                    .is("wrong: engine [a, b]"));
            Graph padded = new Graph(opset)
                    .input("x", row(1, 2, 3, 4, 5, 6))
                    .node(
                            "AveragePool",
                            "x",
                            "y",
                            "kernel_shape",
                            new int[] {3},
                            "strides",
                            new int[] {2},
                            "pads",
                            new int[] {1, 1},
                            "count_include_pad",
                            1,
                            "ceil_mode",
                            1)
                    .output("y");
            Tensor whole = row(1, 3, 5, 2);
            all.add(new Entry("a padded pool rounded up of opset %d, by whole windows".formatted(opset), padded)
                    .only(Engine.giving("a", whole), Engine.giving("b", whole), Engine.giving("c", row(1, 3, 5, 3)))
                    .expects(row(1, 3, 5, 3))
                    .is("wrong: engine [a, b]"));
        }
        Graph beyond = new Graph(17)
                .input("x", row(1, 2, 3))
                .node(
                        "AveragePool",
                        "x",
                        "y",
                        "kernel_shape",
                        new int[] {2},
                        "strides",
                        new int[] {3},
                        "pads",
                        new int[] {0, 1},
                        "ceil_mode",
                        1)
                .output("y");
        all.add(new Entry(
                        "a pool without the window that begins in the padding, in the vectors and most engines", beyond)
                .only(Engine.giving("a", row(1.5)), Engine.giving("b", row(1.5)), Engine.giving("sloppy", row(2)))
                .expects(row(1.5))
                .is("wrong: engine [sloppy]"));
        // The second window begins in the padding at the end; opset 22 drops it.
        for (int opset : new int[] {17, 22}) {
            Graph end = new Graph(opset)
                    .input("x", row(1, 2, 3, 4))
                    .node(
                            "AveragePool",
                            "x",
                            "y",
                            "kernel_shape",
                            new int[] {2},
                            "strides",
                            new int[] {5},
                            "pads",
                            new int[] {1, 1},
                            "count_include_pad",
                            1,
                            "ceil_mode",
                            1)
                    .output("y");
            Entry entry = new Entry("a pool of opset %d with a window that begins in the padding".formatted(opset), end)
                    .only(
                            Engine.giving("a", row(0.5)),
                            Engine.giving("b", row(0.5)),
                            Engine.giving("c", row(0.5, Double.NaN)))
                    .expects(row(0.5, 0));
            all.add(
                    opset < 22
                            ? entry.with(Engine.giving("d", row(0.5, 0))).is("wrong: undecided [a, b, d]")
                            : entry.is(Entry.VECTORS));
        }
        Graph even = graph().input("x", row(2, 4, 6))
                .node("AveragePool", "x", "y", "kernel_shape", new int[] {2}, "pads", new int[] {1, 1})
                .output("y");
        all.add(new Entry("a pool that counts its padding, in most engines", even)
                .with(Engine.giving("a", row(1, 3, 5, 3)), Engine.giving("b", row(1, 3, 5, 3)))
                .expects(row(2, 3, 5, 6))
                .is("wrong: engine [a, b]"));
    }

    /** Of an even size, one more channel counts after the one in the middle than before it. */
    private static void normalisation(List<Entry> all) {
        Graph graph = graph().input("x", Tensor.of(new float[] {1, 2, 3}, 1, 3, 1, 1))
                .node("LRN", "x", "y", "size", 2, "alpha", 2f, "beta", 1f, "bias", 1f)
                .output("y");
        Tensor right = channels(1 / 6.0, 2 / 14.0, 3 / 10.0);
        Tensor before = channels(1 / 2.0, 2 / 6.0, 3 / 14.0);
        all.add(new Entry("LRN of an even size, the other way around in most engines", graph)
                .only(normalising("a", before), normalising("b", before), normalising("c", right))
                .expects(right)
                .is("wrong: engine [a, b]"));
        all.add(new Entry("LRN of an even size that nobody has right, nor the vectors", graph)
                .only(normalising("a", before), normalising("b", channels(0.1, 0.2, 0.3)))
                .expects(channels(0.3, 0.2, 0.1))
                .is("wrong: vectors [a, b]"));
    }

    /** ONNX Runtime refuses even sizes. */
    private static Engine normalising(String name, Tensor output) {
        return Engine.mistaking(
                        name,
                        model -> model.getGraphBuilder()
                                .getNodeBuilder(0)
                                .setOpType("Identity")
                                .clearAttribute())
                .and(tensor -> output);
    }

    private static Tensor channels(double... values) {
        return Tensor.of(ElementType.FLOAT32, values, 1, values.length, 1, 1);
    }

    private static void sampling(List<Entry> all) {
        Graph resize = graph().input("x", normal(3, 1, 1, 3, 3))
                .weight("scales", Values.floats(1, 1, 1.7, 1.7))
                .node("Resize", "x - scales", "y", "mode", "linear")
                .output("y");
        var other = Rewrites.attribute("Resize", "coordinate_transformation_mode", "asymmetric");
        all.add(new Entry("most engines take the coordinates of Resize for others", resize)
                .with(Engine.mistaking("a", other), Engine.mistaking("b", other), Engine.mistaking("c", other))
                .is("wrong: engine [a, b, c]"));
        for (int opset : new int[] {10, 16}) {
            Graph regions = new Graph(opset)
                    .input("x", normal(4, 1, 1, 8, 8))
                    .input("r", Tensor.of(new float[] {1, 1, 6, 6}, 1, 4))
                    .input("i", longs(0))
                    .node("RoiAlign", "x r i", "y", "output_height", 3, "output_width", 3, "sampling_ratio", 2)
                    .output("y");
            float by = opset == 10 ? -0.5f : 0.5f;
            var half = Rewrites.shifted("RoiAlign", 1, by);
            all.add(new Entry("RoiAlign of opset %d half a pixel off, in most engines".formatted(opset), regions)
                    .with(Engine.mistaking("a", half), Engine.mistaking("b", half), Engine.spoiling("c", times(1.5)))
                    .is("wrong: engine [a, b, c]"));
        }
    }
}
