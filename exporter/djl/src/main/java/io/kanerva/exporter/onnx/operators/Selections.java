package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/** Selects or replaces elements by arrays of positions and by masks. */
final class Selections {
    private static final Set<ElementType> NONZERO_TYPES =
            Set.of(ElementType.FLOAT32, ElementType.INT32, ElementType.INT64, ElementType.UINT8, ElementType.BOOL);

    private Selections() {}

    static void register(Operators table) {
        table.put(
                "embedding",
                "Gather",
                (g, op, in) -> g.node("Gather", List.of(in.get(1), positions(g, in.get(0))), "axis", 0));
        table.put(
                "gather",
                "GatherElements",
                (g, op, in) -> g.node(
                        "GatherElements", List.of(in.get(0), positions(g, in.get(1))), "axis", op.number("axis")));
        table.put(
                "gatherNd",
                "Transpose (the first axis of the positions to the end), GatherND; Squeeze, Gather for one coordinate",
                Selections::gatherNd);
        table.put(
                "take",
                "Reshape, Gather",
                (g, op, in) -> g.node("Gather", List.of(flat(g, in.get(0)), positions(g, in.get(1))), "axis", 0));
        table.put("put", "Reshape, ScatterElements", Selections::put);
        table.put("scatter", "ScatterElements, after Slice of larger values", Selections::scatter);
        table.put("booleanMask", "Reshape, Compress", Selections::booleanMask);
        table.put("nonzero", "NonZero, Transpose", (g, op, in) -> {
            Value any = op.input().rank() == 0 ? flat(g, in.get(0)) : in.get(0);
            // ONNX Runtime looks for what is not 0 in these types.
            Value x = NONZERO_TYPES.contains(op.input().type())
                    ? any
                    : g.node("Cast", List.of(any), "to", ElementType.BOOL.number());
            return g.node("Transpose", List.of(g.node("NonZero", x)), "perm", new long[] {1, 0});
        });
        table.put("oneHot", "OneHot", Selections::oneHot);
    }

    static Value positions(GraphBuilder g, Value index) {
        return index.type() == ElementType.INT32 ? index : g.cast(index, ElementType.INT64);
    }

    static Value flat(GraphBuilder g, Value x) {
        return g.node("Reshape", x, g.integers(-1));
    }

    /**
     * DJL follows MXNet: the coordinates of a position are along the first axis of the index; ONNX has them along the
     * last.
     */
    private static Value gatherNd(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.inputs().get(1).rank();
        if (op.inputs().get(1).shape().get(0).is(1)) {
            Value places = g.node("Squeeze", positions(g, in.get(1)), g.integers(0));
            return g.node("Gather", List.of(in.get(0), places), "axis", 0);
        }
        Value index = g.cast(in.get(1), ElementType.INT64);
        long[] order = LongStream.range(0, rank).map(i -> (i + 1) % rank).toArray();
        Value last = rank == 1 ? index : g.node("Transpose", List.of(index), "perm", order);
        return g.node("GatherND", in.get(0), last);
    }

    /**
     * The rows of a table in the shape of their positions, if x has them for the flattened positions, as in DJL's
     * IdEmbedding: one Gather, which runtimes recognise as an embedding.
     *
     * @param shape of the rows in the shape of their positions
     */
    static Optional<Value> rows(GraphBuilder g, Value x, List<Size> shape) {
        Optional<Node> gather = g.producer(x.name())
                .filter(node -> node.is("Gather")
                        && Long.valueOf(0).equals(node.attributes().get("axis")));
        Optional<Value> positions =
                gather.map(node -> unmoved(g, node.input(1))).flatMap(g::known);
        if (positions.isEmpty() || x.shape() == null || !shape.stream().allMatch(Size::isKnown)) {
            return Optional.empty();
        }
        List<Size> expected = new ArrayList<>(positions.get().shape());
        expected.addAll(x.shape().subList(1, x.rank()));
        Value table = new Value(gather.get().input(0), null, null);
        return expected.equals(shape)
                ? Optional.of(g.node("Gather", List.of(table, positions(g, positions.get())), "axis", 0))
                : Optional.empty();
    }

    /** What nodes that keep the elements' order have made of a value, or integers of whole numbers. */
    private static String unmoved(GraphBuilder g, String name) {
        Optional<Node> node = g.producer(name)
                .filter(n -> n.is("Reshape")
                        || n.is("Squeeze")
                        || n.is("Cast") && n.attributes().get("to").equals((long) ElementType.INT64.number()));
        return node.map(n -> unmoved(g, n.input(0))).orElse(name);
    }

    /** Positions index the flattened array. */
    private static Value put(GraphBuilder g, Operation op, List<Value> in) {
        Value values = flat(g, g.cast(in.get(2), op.output().type()));
        Value changed = g.node(
                "ScatterElements", List.of(flat(g, in.get(0)), flat(g, positions(g, in.get(1))), values), "axis", 0);
        return g.node("Reshape", changed, g.node("Shape", in.get(0)));
    }

    /** PyTorch uses as many values as positions along each axis. */
    private static Value scatter(GraphBuilder g, Operation op, List<Value> in) {
        Operand index = op.inputs().get(1);
        Operand value = op.inputs().get(2);
        Value values = g.cast(in.get(2), op.output().type());
        if (!index.shape().equals(value.shape())) {
            long[] axes = LongStream.range(0, index.rank()).toArray();
            values = g.node(
                    "Slice", values, g.integers(new long[axes.length]), g.node("Shape", in.get(1)), g.integers(axes));
        }
        return g.node(
                "ScatterElements", List.of(in.get(0), positions(g, in.get(1)), values), "axis", op.number("axis"));
    }

    /** A mask of the array's shape, or of its last axes, which are then flattened. */
    private static Value booleanMask(GraphBuilder g, Operation op, List<Value> in) {
        int rank = op.input().rank();
        Operand mask = op.inputs().get(1);
        Value condition = flat(g, g.cast(in.get(1), ElementType.BOOL));
        if (mask.rank() == rank) {
            return g.node("Compress", in.get(0), condition);
        }
        int kept = rank - mask.rank();
        List<Long> shape =
                new ArrayList<>(LongStream.range(0, kept).map(i -> 0).boxed().toList());
        shape.add(-1L);
        Value flat = g.node(
                "Reshape",
                in.get(0),
                g.integers(shape.stream().mapToLong(s -> s).toArray()));
        return g.node("Compress", List.of(flat, condition), "axis", kept);
    }

    /** ONNX Runtime's OneHot supports float32 and int64. */
    private static Value oneHot(GraphBuilder g, Operation op, List<Value> in) {
        ElementType type = op.output().type();
        ElementType written = type == ElementType.INT64 ? type : ElementType.FLOAT32;
        Value values = g.constant(Tensor.of(written, new double[] {0, 1}, 2));
        Size depth = op.size("depth");
        Value hot = g.node("OneHot", List.of(g.cast(in.get(0), ElementType.INT64), g.size(depth), values), "axis", -1);
        return written == type ? hot : g.cast(hot, type);
    }
}
