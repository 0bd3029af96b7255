package io.kanerva.exporter.bundle;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import io.kanerva.exporter.onnx.Composite;
import io.kanerva.exporter.onnx.GraphBuilder;
import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Tensor;
import io.kanerva.trainer.model.TentWeights;
import io.kanerva.trainer.model.Windows;
import java.util.List;

/**
 * The spatial transformer's read as one operation: tent-weight products in the engine, which has no grid sampling, and ONNX's
 * GridSample in the graph.
 *
 * <p>Inputs: memory [B, C, H, W]; centre and half extent of N windows along x, then along y, [B, N] each. Output: traces
 * [B, N, C, h, w].
 *
 * @param blockHeight h
 * @param blockWidth w
 */
record GridSampleWindow(int blockHeight, int blockWidth) implements Composite {

    /** A {@link io.kanerva.trainer.model.WindowReader}. */
    static NDArray read(NDArray memory, Windows windows, int blockHeight, int blockWidth) {
        NDList inputs = new NDList(memory, windows.centreX(), windows.halfX(), windows.centreY(), windows.halfY());
        return Composite.apply(new GridSampleWindow(blockHeight, blockWidth), inputs).singletonOrThrow();
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
     * The N windows of a memory are stacked along the height, so that one 4-D GridSample with a grid [B, N h, w, 2] reads them
     * all.
     */
    @Override
    public List<Value> lower(GraphBuilder graph, List<Value> inputs) {
        Value last = graph.integers(-1);
        List<Value> columns = inputs.subList(1, 5).stream().map(input -> graph.node("Unsqueeze", List.of(input, last))).toList();
        Value windows = graph.node("Concat", columns, "axis", -1);
        Value grids = graph.node("MatMul", List.of(windows, graph.constant(gridWeights())));
        Value grid = graph.node("Reshape", List.of(grids, graph.integers(0, -1, blockWidth, 2)));
        Value sampled = graph.node("GridSample", List.of(inputs.get(0), grid),
                "mode", "bilinear", "padding_mode", "zeros", "align_corners", 0);
        long channels = inputs.get(0).shape().get(1).value();
        Value stack = graph.node("Reshape", List.of(sampled, graph.integers(0, channels, -1, blockHeight, blockWidth)));
        return List.of(graph.node("Transpose", List.of(stack), "perm", new long[] {0, 2, 1, 3, 4}));
    }

    /**
     * A window's grid is linear in its four numbers: sample (j, i) lies at (centreX + halfX o_i, centreY + halfY o_j) with the
     * offsets o_i = (2 i + 1 - w) / w and o_j = (2 j + 1 - h) / h. So [N, 4] times these [4, h w 2] is all grids at once.
     */
    private Tensor gridWeights() {
        int numbers = blockHeight * blockWidth * 2;
        float[] weights = new float[4 * numbers];
        for (int j = 0; j < blockHeight; j++) {
            for (int i = 0; i < blockWidth; i++) {
                int x = (j * blockWidth + i) * 2;
                int y = x + 1;
                weights[x] = 1;
                weights[numbers + x] = (2 * i + 1 - blockWidth) / (float) blockWidth;
                weights[2 * numbers + y] = 1;
                weights[3 * numbers + y] = (2 * j + 1 - blockHeight) / (float) blockHeight;
            }
        }
        return Tensor.of(weights, 4, numbers);
    }
}
