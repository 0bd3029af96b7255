package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.onnx.ElementType;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Extremes and signs of int64 by comparisons and TopK. ONNX Runtime's own Max, Min, Clip, Sign, ReduceMax and ReduceMin
 * are wrong from 2^31 on for processors with SSE2, as times in milliseconds are (microsoft/onnxruntime#25280).
 */
final class LongIntegers {
    private static final ElementType TYPE = ElementType.INT64;

    private LongIntegers() {}

    /** Of two values, element by element. */
    static Value extreme(GraphBuilder g, boolean isLargest, Value a, Value b) {
        return g.node("Where", g.node(isLargest ? "Greater" : "Less", a, b), a, b);
    }

    static Value sign(GraphBuilder g, Value x) {
        Value zero = g.scalar(TYPE, 0);
        return g.node("Sub", g.cast(g.node("Greater", x, zero), TYPE), g.cast(g.node("Less", x, zero), TYPE));
    }

    /**
     * Of all elements along axes.
     *
     * @param axes none for all of them
     */
    static Value extreme(GraphBuilder g, boolean isLargest, Value x, int rank, long[] axes, boolean keepsDims) {
        if (rank == 0) {
            return x;
        }
        boolean isWhole = axes.length == 0;
        Value result = isWhole ? g.node("Reshape", x, g.integers(-1)) : x;
        for (long axis : isWhole ? new long[] {0} : axes) {
            List<Value> inputs = List.of(result, g.integers(1));
            result = g.nodes("TopK", 2, inputs, "axis", axis, "largest", isLargest ? 1 : 0)
                    .get(0);
        }
        if (isWhole) {
            return g.node(
                    "Reshape",
                    result,
                    g.integers(
                            keepsDims ? LongStream.generate(() -> 1).limit(rank).toArray() : new long[0]));
        }
        return keepsDims ? result : g.node("Squeeze", result, g.integers(axes));
    }
}
