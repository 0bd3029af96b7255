package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operation;
import java.util.List;

/** Windows over the axes behind batch and channel, and the global ones, which in DJL return (N, C). */
final class Pooling {
    private Pooling() {
    }

    static void register(Operators table) {
        table.putSingle("maxPool", Pooling::maxPool);
        table.putSingle("avgPool", Pooling::averagePool);
        table.putSingle("globalMaxPool", (g, op, in) -> global(g, in, "GlobalMaxPool"));
        table.putSingle("globalAvgPool", (g, op, in) -> global(g, in, "GlobalAveragePool"));
    }

    private static Value maxPool(GraphBuilder g, Operation op, List<Value> in) {
        return g.node("MaxPool", in, "kernel_shape", op.numbers("kernel"), "strides", op.numbers("stride"),
                "pads", Layers.twice(op.numbers("padding")), "ceil_mode", op.flag("ceil") ? 1 : 0);
    }

    /** DJL's PyTorch engine (0.35.1) counts the padding whatever it is told, so the model does. */
    private static Value averagePool(GraphBuilder g, Operation op, List<Value> in) {
        return g.node("AveragePool", in, "kernel_shape", op.numbers("kernel"), "strides", op.numbers("stride"),
                "pads", Layers.twice(op.numbers("padding")), "ceil_mode", op.flag("ceil") ? 1 : 0,
                "count_include_pad", 1);
    }

    private static Value global(GraphBuilder g, List<Value> in, String onnx) {
        return g.node("Flatten", List.of(g.node(onnx, in)), "axis", 1);
    }
}
