package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Detections of single-shot networks. */
final class Detection {
    private static final ElementType TYPE = ElementType.FLOAT32;
    /** The variances of the predicted offsets, for the centre and the size. */
    private static final double[] VARIANCES = {0.1, 0.2};

    private final GraphBuilder g;
    private final Operation op;

    private Detection(GraphBuilder g, Operation op) {
        this.g = g;
        this.op = op;
    }

    static void register(Operators table) {
        table.put(
                "multiBoxDetection",
                "Slice, ReduceMax, ArgMax, Reshape, GreaterOrEqual, Greater, And, Compress, Shape, TopK and Gather for "
                        + "classes and scores; Split, Sub, Add, Div, Mul, Exp, Concat and Clip for boxes; "
                        + "NonMaxSuppression, Squeeze, Range, Where, Equal, Expand and ScatterElements for overlaps; "
                        + "Unsqueeze (one image)",
                (g, op, in) -> new Detection(g, op)
                        .lower(g.cast(in.get(0), TYPE), g.cast(in.get(1), TYPE), g.cast(in.get(2), TYPE)));
    }

    /**
     * Inputs are probabilities [1, C, A] of the background and the classes, offsets [1, 4 A] and anchors [1, A, 4]. The
     * engine returns a row [class, score, box] for each anchor whose best class reaches the threshold, by falling
     * score; class -1 says that a box of the same class and a higher score overlaps it.
     */
    private Value lower(Value probabilities, Value offsets, Value anchors) {
        double overlap = op.real("nmsThreshold");
        if (!op.input().shape().get(1).isFixed()) {
            throw new UnsupportedOperationException("expected a fixed number of classes, found "
                    + op.input().shape().get(1));
        }
        if (!op.input().shape().get(0).is(1)) {
            throw new UnsupportedOperationException("each image has another number of detections, and the engine "
                    + "stacks them, so that it is exported for one image; give the batch the fixed size 1");
        }
        if (!(overlap > 0)) {
            throw new UnsupportedOperationException(
                    "expected an overlap threshold above 0, found " + overlap + ", which suppresses disjoint boxes");
        }
        Value classes = g.node("Slice", probabilities, g.integers(1), g.integers(Long.MAX_VALUE), g.integers(1));
        Value scores = vector(Reductions.reduce(g, "ReduceMax", classes, new long[] {1}, true));
        Value best = vector(g.node("ArgMax", List.of(classes), "axis", 1));
        Value isFound = g.node(
                "And",
                g.node("GreaterOrEqual", scores, g.scalar(TYPE, op.real("threshold"))),
                g.node("Greater", scores, g.scalar(TYPE, -1)));
        Value found = g.node("Compress", List.of(scores, isFound), "axis", 0);
        Value count = g.node("Shape", found);
        // ONNX orders equal scores by their position, as the engine's stable sort does.
        List<Value> sorted = g.nodes("TopK", 2, List.of(found, count), "axis", 0, "largest", 1, "sorted", 1);
        Value label = g.node("Gather", g.node("Compress", List.of(best, isFound), "axis", 0), sorted.get(1));
        Value boxes = g.node(
                "Gather", g.node("Compress", List.of(boxes(offsets, anchors), isFound), "axis", 0), sorted.get(1));
        Value kept = overlap > 1 ? g.cast(label, TYPE) : suppressed(label, boxes, count, (float) overlap);
        Value last = g.integers(-1);
        Value rows = g.node(
                "Concat",
                List.of(g.node("Unsqueeze", kept, last), g.node("Unsqueeze", sorted.get(0), last), boxes),
                "axis",
                -1);
        return g.node("Unsqueeze", rows, g.integers(0));
    }

    private Value vector(Value x) {
        return g.node("Reshape", x, g.integers(-1));
    }

    /** Boxes [A, 4] (left, top, right, bottom) from offsets of centres and logarithms of sizes. */
    private Value boxes(Value offsets, Value anchors) {
        List<Value> anchor = columns(anchors);
        List<Value> offset = columns(offsets);
        List<Value> low = new ArrayList<>();
        List<Value> high = new ArrayList<>();
        Value two = g.scalar(TYPE, 2);
        for (int i = 0; i < 2; i++) {
            Value size = g.node("Sub", anchor.get(i + 2), anchor.get(i));
            Value centre = g.node("Div", g.node("Add", anchor.get(i), anchor.get(i + 2)), two);
            Value shift = g.node("Mul", g.node("Mul", offset.get(i), g.scalar(TYPE, VARIANCES[0])), size);
            Value middle = g.node("Add", shift, centre);
            Value growth = g.node("Exp", g.node("Mul", offset.get(i + 2), g.scalar(TYPE, VARIANCES[1])));
            Value half = g.node("Div", g.node("Mul", growth, size), two);
            low.add(g.node("Sub", middle, half));
            high.add(g.node("Add", middle, half));
        }
        low.addAll(high);
        Value boxes = g.node("Concat", low, "axis", -1);
        return op.flag("clip") ? g.node("Clip", boxes, g.scalar(TYPE, 0), g.scalar(TYPE, 1)) : boxes;
    }

    private List<Value> columns(Value x) {
        Value rows = g.node("Reshape", x, g.integers(-1, 4));
        return g.nodes("Split", 4, List.of(rows, g.integers(1, 1, 1, 1)), "axis", 1);
    }

    /**
     * The classes, -1 for boxes that one of the same class before them overlaps. The engine suppresses at the threshold
     * too, ONNX above it. Descending integers take the scores' place, so that equal ones keep their order, with zeros
     * for boxes of other classes.
     */
    private Value suppressed(Value label, Value boxes, Value count, float overlap) {
        long kinds = op.input().shape().get(1).value() - 1;
        Value size = g.element(count);
        Value positions = g.node("Range", g.scalar(ElementType.INT64, 0), size, g.scalar(ElementType.INT64, 1));
        Value ranks = g.cast(g.node("Sub", size, positions), TYPE);
        Value kind = g.constant(Tensor.of(LongStream.range(0, kinds).toArray(), kinds, 1));
        Value scores = g.node("Where", g.node("Equal", label, kind), ranks, g.scalar(TYPE, 0));
        Value batch = g.integers(0);
        Value selected = g.node(
                "NonMaxSuppression",
                g.node("Unsqueeze", boxes, batch),
                g.node("Unsqueeze", scores, batch),
                count,
                g.constant(Tensor.of(new float[] {Math.nextDown(overlap)}, 1)),
                g.constant(Tensor.of(new float[] {0.5f}, 1)));
        Value rows = vector(g.node("Slice", selected, g.integers(2), g.integers(3), g.integers(1)));
        Value labels = g.cast(label, TYPE);
        Value none = g.node("Expand", g.scalar(TYPE, -1), count);
        return g.node("ScatterElements", List.of(none, rows, g.node("Gather", labels, rows)), "axis", 0);
    }
}
