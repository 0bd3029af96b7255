package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.export;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What graphs look like, and what ONNX Runtime's own fusions make of them; that they compute the same is checked on
 * every export.
 */
class StructureTest {
    @TempDir
    private Path folder;

    private static Conv2d convolution() {
        return Conv2d.builder()
                .setKernelShape(new Shape(3, 3))
                .optPadding(new Shape(1, 1))
                .setFilters(4)
                .optBias(false)
                .build();
    }

    private static List<String> weights(OnnxModel model) {
        return model.proto().getGraph().getInitializerList().stream()
                .map(TensorProto::getName)
                .toList();
    }

    /** The operators after ONNX Runtime's fusions. */
    private List<String> fused(OnnxModel model) throws OrtException, IOException {
        Path file = folder.resolve("fused.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.EXTENDED_OPT);
            options.setOptimizedModelFilePath(file.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(model.toBytes(), options)
                    .close();
        }
        return OnnxFiles.read(file).getGraph().getNodeList().stream()
                .map(NodeProto::getOpType)
                .toList();
    }

    @Test
    void aTransformerEncoderIsPlainProductsAndASoftmax() throws OrtException, IOException {
        Block net = initialised(
                new SequentialBlock().add(new TransformerEncoderBlock(16, 4, 32, 0.1f, Activation::gelu)), 2, 5, 16);
        OnnxModel model = export(net, input("x", "B", "T", 16));
        assertThat(operators(model)).filteredOn("MatMul"::equals).hasSize(8);
        assertThat(operators(model)).filteredOn("Softmax"::equals).hasSize(1);
        assertThat(operators(model))
                .containsOnly("MatMul", "Add", "Reshape", "Transpose", "Mul", "Softmax", "Div", "Erf");
        assertThat(operators(model))
                .as("q, k, v and their way back")
                .filteredOn("Transpose"::equals)
                .hasSize(4);
        assertThat(fused(model)).contains("FusedMatMul", "BiasGelu").doesNotContain("Erf");
    }

    @Test
    void aNormalisedResidualIsRecognised() throws OrtException, IOException {
        Block net = initialised(
                new SequentialBlock()
                        .add(new ParallelBlock(
                                outputs -> new NDList(outputs.get(0)
                                        .singletonOrThrow()
                                        .add(outputs.get(1).singletonOrThrow())),
                                List.of(Linear.builder().setUnits(16).build(), Blocks.identityBlock())))
                        .add(LayerNorm.builder().axis(2).build()),
                2,
                5,
                16);
        OnnxModel model = export(net, input("x", "B", "T", 16));
        assertThat(operators(model)).containsExactly("MatMul", "Add", "Add", "LayerNormalization");
        assertThat(fused(model)).containsExactly("MatMul", "SkipLayerNormalization");
    }

    @Test
    void aNormBehindAConvolutionOrAMatrixProductIsPartOfIt() {
        assertThat(operators(export(
                        initialised(
                                new SequentialBlock()
                                        .add(convolution())
                                        .add(BatchNorm.builder().build())
                                        .add(Activation::relu),
                                2,
                                3,
                                6,
                                6),
                        input("x", "B", 3, 6, 6))))
                .containsExactly("Conv", "Relu");
        assertThat(operators(export(
                        initialised(
                                new SequentialBlock()
                                        .add(Linear.builder().setUnits(4).build())
                                        .add(BatchNorm.builder().build()),
                                2,
                                3),
                        input("x", "B", 3))))
                .containsExactly("Gemm");
    }

    @Test
    void aNormStaysWhereSomethingElseReadsWhatItNormalises() {
        assertThat(operators(export(
                        initialised(
                                new SequentialBlock()
                                        .add(BatchNorm.builder().build())
                                        .add(convolution()),
                                2,
                                3,
                                6,
                                6),
                        input("x", "B", 3, 6, 6))))
                .containsExactly("BatchNormalization", "Conv");
        assertThat(operators(export(
                        initialised(
                                new SequentialBlock()
                                        .add(convolution())
                                        .add(new ParallelBlock(
                                                outputs -> new NDList(outputs.get(0)
                                                        .singletonOrThrow()
                                                        .add(outputs.get(1).singletonOrThrow())),
                                                List.of(BatchNorm.builder().build(), Blocks.identityBlock()))),
                                2,
                                3,
                                6,
                                6),
                        input("x", "B", 3, 6, 6))))
                .containsExactly("Conv", "BatchNormalization", "Add");
    }

    @Test
    void aSharedConvolutionHasItsOwnWeightsUnderEachNorm() {
        Conv2d shared =
                Conv2d.builder().setKernelShape(new Shape(1, 1)).setFilters(3).build();
        OnnxModel model = export(
                initialised(
                        new SequentialBlock()
                                .add(shared)
                                .add(BatchNorm.builder().build())
                                .add(shared)
                                .add(BatchNorm.builder().build()),
                        2,
                        3,
                        6,
                        6),
                input("x", "B", 3, 6, 6));
        assertThat(operators(model)).containsExactly("Conv", "Conv");
        assertThat(weights(model)).hasSize(4).doesNotHaveDuplicates();
    }

    @Test
    void aNormOfTheLastAxisIsAProductAndASum() {
        assertThat(operators(
                        export(initialised(BatchNorm.builder().optAxis(2).build(), 2, 5, 3), input("x", "B", "T", 3))))
                .containsExactly("Mul", "Add");
    }

    @Test
    void aLayerThatIsSharedBetweenVectorsAndSequencesIsWrittenOnce() {
        Linear shared = Linear.builder().setUnits(5).optBias(false).build();
        Block net = initialised(
                new SequentialBlock()
                        .add(shared)
                        .addSingleton(x -> x.sum(new int[] {1}))
                        .add(shared),
                2,
                4,
                5);
        OnnxModel model = export(net, input("x", "B", "T", 5));
        assertThat(weights(model)).containsOnlyOnce("01Linear/weight").noneMatch(name -> name.endsWith("/transposed"));
        assertThat(operators(model)).containsExactly("Transpose", "MatMul", "ReduceSum", "Gemm");
    }

    @Test
    void aTableThatIsLookedUpAndMultipliedWithIsWrittenOnce() {
        OnnxModel model = OnnxExporter.export(
                initialised(new TiedEmbedding(), 1),
                List.of(input("ids", DataType.INT64, "B", "T")),
                List.of("scores"),
                CHECKED.withInputRange("ids", 0, 700));
        assertThat(operators(model)).containsExactly("Gather", "Transpose", "MatMul");
        assertThat(weights(model)).containsExactly("table");
    }

    @Test
    void aBoundedRectifierIsOneClip() throws OrtException, IOException {
        OnnxModel model = export(
                initialised(new SequentialBlock().add(convolution()).add(Activation::relu6), 2, 3, 6, 6),
                input("x", "B", 3, 6, 6));
        assertThat(operators(model)).containsExactly("Conv", "Clip");
        assertThat(fused(model)).containsExactly("FusedConv");
    }

    @Test
    void constantsOfEqualValuesAreOne() {
        OnnxModel model = export(
                new SequentialBlock()
                        .addSingleton(x -> x.mul(x.getManager().arange(6f)))
                        .addSingleton(x -> x.add(x.getManager().arange(0f, 6f, 1f))),
                input("x", "B", 6));
        assertThat(weights(model)).hasSize(1);
    }

    /** Scores of all words for each of some words: the table's rows, multiplied with the table. */
    private static final class TiedEmbedding extends AbstractBlock {
        private final Parameter table = addParameter(Parameter.builder()
                .setName("table")
                .setType(Parameter.Type.WEIGHT)
                .optShape(new Shape(700, 8))
                .build());

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDArray ids = inputs.singletonOrThrow();
            NDArray rows = store.getValue(table, ids.getDevice(), training);
            return new NDList(ids.getNDArrayInternal()
                    .embedding(ids, rows, SparseFormat.DENSE)
                    .singletonOrThrow()
                    .matMul(rows.transpose()));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return new Shape[] {inputShapes[0].add(700)};
        }
    }
}
