package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.CompositeOperation;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Blocks with two or three dynamic dimensions, in which products of them are sizes. */
class EpisodeBlocksTest {
    private static final int CAPACITY = 8;

    private static OnnxModel export(Function<NDList, NDList> forward, List<String> outputs, InputSpec... inputs) {
        boolean hasLength =
                List.of(inputs).stream().anyMatch(input -> input.shape().contains(Dimension.named("T")));
        return OnnxExporter.export(
                new LambdaBlock(forward),
                List.of(inputs),
                outputs,
                hasLength ? CHECKED.withDimensionLimit("T", 1, CAPACITY) : CHECKED);
    }

    /** Overlap of a window's samples with the cells of an axis, max(0, 1 - |u - i|): (N, w) to (N, w, W). */
    private static NDArray tent(NDArray positions, int cells) {
        NDArray cell = positions.getManager().arange(cells).toType(DataType.FLOAT32, false);
        return positions.expandDims(2).sub(cell).abs().neg().add(1).maximum(0);
    }

    @Test
    void slotsOfATableAreTakenByTheEpisodesLength() {
        NDArray table = NDManager.newBaseManager().arange(48f).reshape(16, 3);
        OnnxModel model = export(
                inputs -> {
                    NDArray content = inputs.singletonOrThrow();
                    long batch = content.getShape().get(0);
                    long length = content.getShape().get(1);
                    NDArray slots = content.getManager()
                            .from(table)
                            .get("0:{}", length * 2)
                            .reshape(1, length, 2, 3)
                            .broadcast(batch, length, 2, 3);
                    return new NDList(slots, content.sum(new int[] {1}));
                },
                List.of("pointers", "memory"),
                input("content", "B", "T", 2, 5));
        assertThat(largestDifference(model)).isLessThan(1e-5);
        assertThat(model.proto()
                        .getGraph()
                        .getOutput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDim(1)
                        .getDimParam())
                .isEqualTo("T");
    }

    @Test
    void anEpisodeOfAtMostTwoSamplesIsExportedToo() {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(
                        x -> x.reshape(x.getShape().get(0) * x.getShape().get(1), 3)
                                .mul(x.getShape().get(1))),
                List.of(input("x", "B", "T", 3)),
                List.of("y"),
                CHECKED.withDimensionLimit("T", 1, 2));
        assertThat(largestDifference(model)).isZero();
    }

    @Test
    void windowsAreWrittenByTwoProductsAndSummedOverTheEpisode() {
        OnnxModel model = export(
                inputs -> {
                    NDArray content = inputs.get(0);
                    NDArray keys = inputs.get(1);
                    long batch = content.getShape().get(0);
                    long length = content.getShape().get(1);
                    NDArray x = keys.get("..., 1")
                            .reshape(batch * length * 2, 1)
                            .add(content.getManager().arange(4f));
                    NDArray y = keys.get("..., 2")
                            .reshape(batch * length * 2, 1)
                            .add(content.getManager().arange(3f));
                    NDArray blocks =
                            content.reshape(batch * length * 2, 5 * 3, 4).batchMatMul(tent(x, 9));
                    NDArray rows = blocks.reshape(-1, 5, 3, 9)
                            .transpose(0, 1, 3, 2)
                            .reshape(-1, 45, 3)
                            .batchMatMul(tent(y, 7));
                    return new NDList(rows.reshape(batch, length * 2, 5, 9, 7)
                            .transpose(0, 1, 2, 4, 3)
                            .sum(new int[] {1}));
                },
                List.of("memory"),
                input("content", "B", "T", 2, 5, 3, 4),
                input("keys", "B", "T", 2, 3));
        assertThat(largestDifference(model)).isLessThan(1e-4);
    }

    @Test
    void keysAreSnappedToCellsByComparisons() {
        NDArray boundaries = NDManager.newBaseManager().create(new float[] {-0.7f, 0, 0.7f});
        OnnxModel model = export(
                inputs -> {
                    NDArray keys = inputs.get(1);
                    NDArray cell = keys.get("..., 1:2")
                            .gt(boundaries)
                            .toType(DataType.FLOAT32, false)
                            .sum(new int[] {-1});
                    NDArray memory = inputs.get(0)
                            .expandDims(1)
                            .expandDims(1)
                            .broadcast(
                                    keys.getShape().get(0),
                                    keys.getShape().get(1),
                                    keys.getShape().get(2),
                                    6);
                    return new NDList(cell.mul(2).div(3).sub(1), memory.mul(cell.expandDims(-1)));
                },
                List.of("centre", "traces"),
                input("memory", "B", 6),
                input("keys", "B", "Q", 2, 3));
        assertThat(largestDifference(model)).isLessThan(1e-5);
    }

    @Test
    void threeDynamicDimensionsMayMeetInOneReshape() {
        OnnxModel model = export(
                inputs -> {
                    NDArray queries = inputs.get(0);
                    NDArray samples = inputs.get(1);
                    Shape shape = new Shape(
                            queries.getShape().get(0)
                                    * queries.getShape().get(1)
                                    * samples.getShape().get(1),
                            4);
                    NDArray difference = queries.expandDims(2)
                            .sub(samples.expandDims(1))
                            .reshape(shape)
                            .square();
                    return new NDList(difference
                            .sum(new int[] {1})
                            .reshape(
                                    queries.getShape().get(0),
                                    queries.getShape().get(1),
                                    samples.getShape().get(1)));
                },
                List.of("scores"),
                input("queries", "B", "Q", 4),
                input("samples", "B", "T", 4));
        assertThat(largestDifference(model)).isLessThan(1e-5);
        assertThat(model.checks()).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void latentsAndTracesAreJoinedAndUnfolded() {
        OnnxModel model = export(
                inputs -> {
                    NDArray latent = inputs.get(0);
                    NDArray traces = inputs.get(1);
                    long batch = latent.getShape().get(0);
                    long queries = latent.getShape().get(1);
                    NDArray planes = latent.reshape(batch * queries, 3, 1, 1).broadcast(batch * queries, 3, 4, 4);
                    NDArray joined = NDArrays.concat(new NDList(traces.reshape(batch * queries, 5, 4, 4), planes), 1);
                    return new NDList(joined.reshape(batch * queries, 2, 2, 2, 4, 4)
                            .transpose(0, 1, 4, 2, 5, 3)
                            .reshape(batch, queries, 2, 8, 8));
                },
                List.of("logits"),
                input("latent", "B", "Q", 3),
                input("traces", "B", "Q", 5, 4, 4));
        assertThat(largestDifference(model)).isZero();
        assertThat(operators(model)).contains("Expand", "Concat", "Transpose");
    }

    /**
     * Reads a bilinear sample at the centre of each cell pair: GridSample in ONNX, a mean of neighbours in the engine.
     */
    private record HalfStep(int width) implements Composite {
        @Override
        public String name() {
            return "HalfStep";
        }

        @Override
        public NDList compute(NDList inputs) {
            NDArray row = inputs.singletonOrThrow();
            return new NDList(
                    row.get("..., 1:").add(row.get("..., :{}", width - 1)).div(2));
        }

        @Override
        public List<Value> lower(GraphBuilder graph, List<Value> inputs) {
            float[] grid = new float[2 * (width - 1)];
            for (int i = 0; i < width - 1; i++) {
                grid[2 * i] = 2f * (i + 1) / width - 1;
            }
            Value constant = graph.constant(Tensor.of(grid, 1, 1, width - 1, 2));
            Value one = graph.node(
                    "Expand",
                    constant,
                    graph.sizes(List.of(inputs.get(0).shape().get(0), size(1), size(1), size(1))));
            return List.of(graph.node(
                    "GridSample",
                    List.of(inputs.get(0), one),
                    "mode",
                    "bilinear",
                    "padding_mode",
                    "zeros",
                    "align_corners",
                    0));
        }

        private static Size size(long value) {
            return Size.fixed(value);
        }
    }

    @Test
    void aCompositeIsLoweredItsOwnWayAndAgreesWithItsComputation() {
        OnnxModel model = export(
                inputs -> CompositeOperation.apply(
                        new HalfStep(6), new NDList(inputs.singletonOrThrow().mul(2))),
                List.of("y"),
                input("x", "B", 3, 1, 6));
        assertThat(operators(model)).contains("GridSample").doesNotContain("Slice");
        assertThat(largestDifference(model)).isLessThan(1e-5);
    }

    @Test
    void aCompositeJustComputesOnOrdinaryArrays() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray row = manager.create(new float[] {1, 3, 7}, new Shape(1, 1, 1, 3));
            assertThat(CompositeOperation.apply(new HalfStep(3), new NDList(row))
                            .singletonOrThrow()
                            .toFloatArray())
                    .containsExactly(2, 5);
        }
    }
}
