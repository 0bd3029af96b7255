package io.kanerva.bundle;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kanerva.exporter.onnx.Composite;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.CompositeOperation;
import io.kanerva.onnx.Tensor;
import io.kanerva.trainer.model.TentWeights;
import io.kanerva.trainer.model.Windows;
import java.util.List;

/**
 * The spatial transformer's read as one operation: tent-weight products in the engine, which has no grid sampling, and
 * ONNX's GridSample in the graph.
 *
 * <p>Inputs: memory [B, C, H, W]; centre and half extent of N windows along x, then along y, [B, N] each. Output:
 * traces [B, N, C, h, w].
 *
 * @param blockHeight h
 * @param blockWidth w
 */
record GridSampleWindow(int blockHeight, int blockWidth) implements Composite {
    /** The opset that renamed the mode. */
    private static final int MODE_IS_LINEAR_SINCE = 20;

    /** A {@link io.kanerva.trainer.model.WindowReader}. */
    static NDArray read(NDArray memory, Windows windows, int blockHeight, int blockWidth) {
        NDList inputs = new NDList(memory, windows.centreX(), windows.halfX(), windows.centreY(), windows.halfY());
        return CompositeOperation.apply(new GridSampleWindow(blockHeight, blockWidth), inputs)
                .singletonOrThrow();
    }

    @Override
    public String name() {
        return "ReadWindow";
    }

    @Override
    public NDList compute(NDList inputs) {
        Windows windows = new Windows(inputs.get(1), inputs.get(2), inputs.get(3), inputs.get(4));
        return new NDList(TentWeights.read(inputs.get(0), windows, blockHeight, blockWidth));
    }

    /**
     * The N windows of a memory are stacked along the height, so that one 4-D GridSample with a grid [B, N h, w, 2]
     * reads them all. The grid is centre + half o, in the same operations as in {@link TentWeights}, so that both round
     * alike: an ulp of a coordinate moves a sample by millionths of a pixel.
     */
    @Override
    public List<Value> lower(GraphBuilder graph, List<Value> inputs) {
        Value centres = pairs(graph, inputs.get(1), inputs.get(3));
        Value halves = pairs(graph, inputs.get(2), inputs.get(4));
        Value grids = graph.node("Add", centres, graph.node("Mul", halves, graph.constant(offsets())));
        Value grid = graph.node("Reshape", grids, graph.integers(0, -1, blockWidth, 2));
        Value sampled = graph.node(
                "GridSample",
                List.of(inputs.get(0), grid),
                "mode",
                graph.opset() < MODE_IS_LINEAR_SINCE ? "bilinear" : "linear",
                "padding_mode",
                "zeros",
                "align_corners",
                0);
        long channels = inputs.get(0).shape().get(1).value();
        Value stack = graph.node("Reshape", sampled, graph.integers(0, channels, -1, blockHeight, blockWidth));
        return List.of(graph.node("Transpose", List.of(stack), "perm", new long[] {0, 2, 1, 3, 4}));
    }

    /** Two arrays [B, N] as [B, N, 1, 1, 2], to be broadcast over a window's samples. */
    private static Value pairs(GraphBuilder graph, Value x, Value y) {
        Value axes = graph.integers(2, 3, 4);
        return graph.node(
                "Concat", List.of(graph.node("Unsqueeze", x, axes), graph.node("Unsqueeze", y, axes)), "axis", 4);
    }

    /**
     * The samples' positions in a window, in units of its half extents: [h, w, 2], x and y, o_i = (2 i + 1 - w) / w and
     * (2 j + 1 - h) / h.
     */
    private Tensor offsets() {
        float[] offsets = new float[blockHeight * blockWidth * 2];
        for (int j = 0; j < blockHeight; j++) {
            for (int i = 0; i < blockWidth; i++) {
                offsets[(j * blockWidth + i) * 2] = (2 * i + 1 - blockWidth) / (float) blockWidth;
                offsets[(j * blockWidth + i) * 2 + 1] = (2 * j + 1 - blockHeight) / (float) blockHeight;
            }
        }
        return Tensor.of(offsets, blockHeight, blockWidth, 2);
    }
}
