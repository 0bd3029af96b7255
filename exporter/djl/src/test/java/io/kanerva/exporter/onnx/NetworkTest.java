package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.export;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.TensorProto;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whole networks of DJL's blocks against the engine, at batch sizes that were never traced. */
class NetworkTest {
    private static final double MAX_DIFFERENCE = 1e-5;

    /** Statistics other than 0 and 1, so that a mistake in batch normalisation shows. */
    private static void randomiseStatistics(Block block) {
        Random random = new Random(3);
        for (Parameter parameter : block.getParameters().values()) {
            boolean isVariance = parameter.getName().equals("runningVar");
            if (isVariance
                    || parameter.getName().equals("runningMean")
                    || parameter.getName().equals("gamma")
                    || parameter.getName().equals("beta")) {
                float[] values = new float[(int) parameter.getArray().size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = isVariance ? 0.5f + random.nextFloat() : (float) random.nextGaussian();
                }
                // Copied into the parameter's own memory: set(Buffer) would make it share Java's, by a call that
                // PyTorch warns of.
                try (NDArray source = parameter.getArray().getManager().create(values, parameter.getShape())) {
                    parameter.getArray().set(new NDIndex(":"), source);
                }
            }
        }
    }

    private static Block lenet() {
        return new SequentialBlock()
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(5, 5))
                        .optPadding(new Shape(2, 2))
                        .setFilters(6)
                        .build())
                .add(Activation::sigmoid)
                .add(Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(5, 5))
                        .setFilters(16)
                        .build())
                .add(Activation::sigmoid)
                .add(Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2)))
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(84).build())
                .add(Activation::sigmoid)
                .add(Linear.builder().setUnits(10).build());
    }

    private static Block residual(int filters, boolean isDown) {
        Shape stride = isDown ? new Shape(2, 2) : new Shape(1, 1);
        SequentialBlock body = new SequentialBlock()
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(3, 3))
                        .optPadding(new Shape(1, 1))
                        .optStride(stride)
                        .setFilters(filters)
                        .optBias(false)
                        .build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(3, 3))
                        .optPadding(new Shape(1, 1))
                        .setFilters(filters)
                        .optBias(false)
                        .build())
                .add(BatchNorm.builder().build());
        Block skip = isDown
                ? new SequentialBlock()
                        .add(Conv2d.builder()
                                .setKernelShape(new Shape(1, 1))
                                .optStride(stride)
                                .setFilters(filters)
                                .optBias(false)
                                .build())
                        .add(BatchNorm.builder().build())
                : Blocks.identityBlock();
        return new ParallelBlock(
                outputs -> new NDList(Activation.relu(
                        outputs.get(0).singletonOrThrow().add(outputs.get(1).singletonOrThrow()))),
                List.of(body, skip));
    }

    private static Block resnet18() {
        SequentialBlock net = new SequentialBlock()
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(3, 3))
                        .optPadding(new Shape(1, 1))
                        .setFilters(16)
                        .build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu);
        for (int filters : new int[] {16, 32, 64, 128}) {
            net.add(residual(filters, filters > 16)).add(residual(filters, false));
        }
        return net.add(Pool.globalAvgPool2dBlock())
                .add(Linear.builder().setUnits(10).build());
    }

    @Test
    void aMultilayerPerceptronBecomesGemmsAndRelus() {
        Block mlp = initialised(
                new SequentialBlock()
                        .add(Blocks.batchFlattenBlock(28 * 28))
                        .add(Linear.builder().setUnits(32).build())
                        .add(Activation::relu)
                        .add(Dropout.builder().optRate(0.5f).build())
                        .add(Linear.builder().setUnits(10).build()),
                1,
                28,
                28);
        OnnxModel model = export(mlp, input("images", "B", 28, 28));
        assertThat(operators(model)).containsExactly("Reshape", "Gemm", "Relu", "Gemm");
        assertThat(model.checks()).extracting(check -> check.sizes().get("B")).contains(1L);
        assertThat(largestDifference(model)).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void lenetAgreesWithTheEngine() {
        OnnxModel model = export(initialised(lenet(), 1, 1, 28, 28), input("images", "B", 1, 28, 28));
        assertThat(largestDifference(model)).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void resnet18AgreesWithTheEngineAndHasItsBatchNormsInTheConvolutions() {
        Block net = initialised(resnet18(), 1, 3, 32, 32);
        randomiseStatistics(net);
        OnnxModel model = OnnxExporter.export(
                net, List.of(input("images", "B", 3, 32, 32)), List.of("y"), CHECKED.withTolerance(1e-3));
        assertThat(operators(model)).doesNotContain("BatchNormalization").contains("Conv");
        assertThat(largestDifference(model)).isLessThan(2e-4);
    }

    @Test
    void heightAndWidthMayBeDynamic() {
        Block net = initialised(
                new SequentialBlock()
                        .add(Conv2d.builder()
                                .setKernelShape(new Shape(3, 3))
                                .optStride(new Shape(2, 2))
                                .setFilters(4)
                                .build())
                        .add(Activation::relu)
                        .add(Pool.globalAvgPool2dBlock())
                        .add(Linear.builder().setUnits(3).build()),
                1,
                2,
                16,
                16);
        OnnxModel model = OnnxExporter.export(
                net,
                List.of(input("images", "B", 2, "H", "W")),
                List.of("y"),
                CHECKED.withDimensionLimit("H", 7, 40).withDimensionLimit("W", 7, 40));
        assertThat(largestDifference(model)).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void convolutionsTakeGroupsDilationStrideAndPadding() {
        Block net = initialised(
                new SequentialBlock()
                        .add(Conv2d.builder()
                                .setKernelShape(new Shape(3, 2))
                                .optStride(new Shape(2, 1))
                                .optPadding(new Shape(2, 1))
                                .optDilation(new Shape(2, 1))
                                .optGroups(2)
                                .setFilters(4)
                                .build()),
                1,
                4,
                9,
                8);
        assertThat(largestDifference(export(net, input("x", "B", 4, 9, 8)))).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void aConvolutionOverSequencesAgreesWithTheEngine() {
        Block net = initialised(
                Conv1d.builder()
                        .setKernelShape(new Shape(3))
                        .optPadding(new Shape(1))
                        .setFilters(5)
                        .build(),
                1,
                4,
                9);
        OnnxModel model = export(net, input("x", "B", 4, "T"));
        assertThat(largestDifference(model)).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void linearLayersWorkOnAnyRankWithAndWithoutBias() {
        Block net = initialised(
                new SequentialBlock()
                        .add(Linear.builder().setUnits(5).build())
                        .add(Linear.builder().setUnits(3).optBias(false).build()),
                1,
                1,
                4);
        OnnxModel model = export(net, input("x", "B", "T", 4));
        assertThat(operators(model)).containsExactly("MatMul", "Add", "MatMul");
        assertThat(largestDifference(model)).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void normalisationsAgreeWithTheEngine() {
        Block net = initialised(
                new SequentialBlock()
                        .add(BatchNorm.builder().build())
                        .add(LayerNorm.builder().axis(2, 3).build()),
                2,
                3,
                4,
                5);
        randomiseStatistics(net);
        assertThat(largestDifference(export(net, input("x", "B", 3, 4, 5)))).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void batchNormOfTheLastAxisAndOfAMatrixAgreeWithTheEngine() {
        Block last = initialised(BatchNorm.builder().optAxis(3).build(), 2, 4, 5, 3);
        Block matrix = initialised(BatchNorm.builder().build(), 2, 6);
        randomiseStatistics(last);
        randomiseStatistics(matrix);
        assertThat(largestDifference(export(last, input("x", "B", 4, 5, 3)))).isLessThan(MAX_DIFFERENCE);
        assertThat(largestDifference(export(matrix, input("x", "B", 6)))).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void aTransformerEncoderAgreesWithTheEngineAtAnyLength() {
        Block net = initialised(
                new SequentialBlock().add(new TransformerEncoderBlock(8, 2, 16, 0.1f, Activation::relu)), 2, 5, 8);
        assertThat(largestDifference(export(net, input("x", "B", "T", 8)))).isLessThan(MAX_DIFFERENCE);
    }

    @Test
    void anEmbeddingIsAGather() {
        Block net = initialised(new TableLookUp(), 1);
        OnnxModel model = OnnxExporter.export(
                net,
                List.of(input("ids", DataType.INT64, "B", "T")),
                List.of("y"),
                CHECKED.withInputRange("ids", 0, 7));
        assertThat(operators(model)).containsExactly("Gather");
        assertThat(largestDifference(model)).isZero();
    }

    @Test
    void parametersAreNamedByTheirPlaceAndSharedOnesAreWrittenOnce() {
        Linear shared = Linear.builder().setUnits(4).build();
        Block net = initialised(
                new SequentialBlock().add(shared).add(Activation::relu).add(shared), 1, 4);
        OnnxModel model = export(net, input("x", "B", 4));
        assertThat(model.proto().getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("01Linear/weight", "01Linear/bias");
    }

    @Test
    void aConstantThatTheBlockHoldsBecomesAnInitializer() {
        NDArray table = NDManager.newBaseManager().arange(6f);
        OnnxModel model = export(LambdaBlock.singleton(x -> x.mul(table)), input("x", "B", 6));
        assertThat(model.proto().getGraph().getInitializer(0).getDimsList()).containsExactly(6L);
        assertThat(model.proto().getGraph().getInitializer(0).getDataType()).isEqualTo(ElementType.FLOAT32.number());
    }

    @Test
    void everySupportedOpsetGivesTheSameValues() {
        Block net = initialised(lenet(), 1, 1, 28, 28);
        for (int opset = 17; opset <= 20; opset++) {
            OnnxModel model = OnnxExporter.export(
                    new SequentialBlock()
                            .add(net)
                            .add(LambdaBlock.singleton(
                                    y -> y.max(new int[] {1}, true).add(y.mean(new int[] {1}, true)))),
                    List.of(input("images", DataType.FLOAT32, "B", 1, 28, 28)),
                    List.of("y"),
                    CHECKED.withOpset(opset));
            assertThat(model.proto().getOpsetImport(0).getVersion()).isEqualTo(opset);
            assertThat(largestDifference(model)).isLessThan(MAX_DIFFERENCE);
        }
    }

    private static final class TableLookUp extends AbstractBlock {
        private final Parameter table = addParameter(Parameter.builder()
                .setName("table")
                .setType(Parameter.Type.WEIGHT)
                .optShape(new Shape(7, 4))
                .build());

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDArray ids = inputs.singletonOrThrow();
            return Embedding.embedding(ids, store.getValue(table, ids.getDevice(), training), SparseFormat.DENSE);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return new Shape[] {inputShapes[0].add(4)};
        }
    }
}
