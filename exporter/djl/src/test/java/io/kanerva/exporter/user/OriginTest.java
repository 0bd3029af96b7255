package io.kanerva.exporter.user;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each node says which block and which of the user's lines it comes from. */
class OriginTest {
    private static OnnxModel export(Block block, String input, long... shape) {
        block.initialize(NDManager.newBaseManager(), DataType.FLOAT32, new Shape(shape));
        return OnnxExporter.export(block, List.of(InputSpec.parse(input)), List.of("y"), ExportOptions.defaults());
    }

    private static String metadata(NodeProto node, String key) {
        return node.getMetadataPropsList().stream()
                .filter(entry -> entry.getKey().equals(key))
                .map(StringStringEntryProto::getValue)
                .collect(Collectors.joining());
    }

    /** Operator and block of each node. */
    private static List<String> blocks(OnnxModel model) {
        return model.proto().getGraph().getNodeList().stream()
                .map(node -> node.getOpType() + " " + metadata(node, "block"))
                .toList();
    }

    private static List<String> lines(OnnxModel model) {
        return model.proto().getGraph().getNodeList().stream()
                .map(node -> metadata(node, "line"))
                .toList();
    }

    private static Conv2d convolution() {
        return Conv2d.builder()
                .setKernelShape(new Shape(3, 3))
                .optPadding(new Shape(1, 1))
                .setFilters(4)
                .build();
    }

    @Test
    void blocksInSequenceAreFoundByParametersAndOrder() {
        SequentialBlock network = new SequentialBlock()
                .add(convolution())
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(2, 2)))
                .add(convolution())
                .add(Activation::tanh)
                .add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(3).build());
        OnnxModel model = export(network, "x:float32[N,1,8,8]", 1, 1, 8, 8);
        assertThat(blocks(model))
                .containsExactly(
                        "Conv 01Conv2d",
                        "Relu 02LambdaBlock",
                        "MaxPool 03LambdaBlock",
                        "Conv 04Conv2d",
                        "Tanh 05LambdaBlock",
                        "Reshape 06LambdaBlock",
                        "Gemm Linear");
    }

    @Test
    void equalBlocksInARowWithoutParametersAreNotGuessed() {
        SequentialBlock network = new SequentialBlock()
                .add(Linear.builder().setUnits(3).build())
                .add(new SequentialBlock().add(Activation::relu).add(Activation::relu))
                .add(new SequentialBlock().add(Activation::tanh));
        assertThat(blocks(export(network, "x:float32[N,3]", 1, 3)))
                .containsExactly("Gemm Linear", "Relu ", "Relu ", "Tanh ");
    }

    /** Adds what a linear layer makes of the rectified input, and rectifies again by the same child. */
    private static final class Residual extends AbstractBlock {
        private final Block relu = addChildBlock("relu", Activation.reluBlock());
        private final Block inner =
                addChildBlock("inner", Linear.builder().setUnits(3).build());
        private final Block outer =
                addChildBlock("outer", Linear.builder().setUnits(3).build());

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDList rectified = relu.forward(store, inputs, training);
            NDList twice = outer.forward(store, inner.forward(store, rectified, training), training);
            NDArray sum = twice.head().add(inputs.head());
            return relu.forward(store, new NDList(sum.mul(0.5f)), training);
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
            inner.initialize(manager, type, shapes);
            outer.initialize(manager, type, shapes);
            relu.initialize(manager, type, shapes);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return shapes;
        }
    }

    /** Runs its children by a loop of its own. */
    private static final class Stack extends AbstractBlock {
        private final List<Block> layers = new ArrayList<>();

        private Stack(int count) {
            for (int i = 0; i < count; i++) {
                layers.add(addChildBlock("layer", new Residual()));
            }
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDList current = inputs;
            for (Block layer : layers) {
                current = layer.forward(store, current, training);
            }
            return current;
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
            layers.forEach(layer -> layer.initialize(manager, type, shapes));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return shapes;
        }
    }

    private static List<String> residual(String path) {
        return List.of(
                "Relu " + path + "/relu",
                "Gemm " + path + "/inner",
                "Gemm " + path + "/outer",
                "Add " + path,
                "Mul " + path,
                "Relu " + path + "/relu");
    }

    @Test
    void blocksThatStartAndEndWithoutParametersAreToldApart() {
        SequentialBlock network = new SequentialBlock().add(new Residual()).add(new Residual());
        List<String> expected = new ArrayList<>(residual("01Residual"));
        expected.addAll(residual("02Residual"));
        assertThat(blocks(export(network, "x:float32[N,3]", 1, 3))).isEqualTo(expected);
    }

    @Test
    void blocksThatAnotherBlockRunsInALoopAreToldApart() {
        List<String> expected = new ArrayList<>(residual("01layer"));
        expected.addAll(residual("02layer"));
        expected.addAll(residual("03layer"));
        assertThat(blocks(export(new Stack(3), "x:float32[N,3]", 1, 3))).isEqualTo(expected);
    }

    @Test
    void parallelBlocksAreToldApart() {
        Block network = new ParallelBlock(
                list -> new NDList(list.get(0).head().add(list.get(1).head())),
                List.of(new Residual(), new Residual()));
        List<String> expected = new ArrayList<>(residual("01Residual"));
        expected.addAll(residual("02Residual").subList(1, 6)); // the first Relu of both is one node
        expected.add("Add ");
        assertThat(blocks(export(network, "x:float32[N,3]", 1, 3))).isEqualTo(expected);
    }

    @Test
    void projectionsOfAnAttentionAreNamed() {
        Block network = new TransformerEncoderBlock(8, 2, 16, 0.1f, Activation::relu);
        assertThat(blocks(export(network, "x:float32[N,5,8]", 1, 5, 8)))
                .contains(
                        "MatMul selfAttention/keyProjection",
                        "MatMul selfAttention/queryProjection",
                        "MatMul selfAttention/valueProjection",
                        "MatMul selfAttention/resultProjection",
                        "MatMul outputBlock/01Linear",
                        "MatMul outputBlock/03Linear");
    }

    @Test
    void aParameterThatAnotherBlockReadsDoesNotMisleadIt() {
        Linear shared = Linear.builder().setUnits(3).build();
        SequentialBlock network = new SequentialBlock().add(shared).add(Activation::relu);
        network.add(new LambdaBlock(list -> new NDList(
                list.head().matMul(shared.getDirectParameters().get("weight").getArray()))));
        assertThat(blocks(export(network, "x:float32[N,3]", 1, 3)))
                .containsExactly("Gemm Linear", "Relu 02LambdaBlock", "MatMul 03LambdaBlock");
    }

    @Test
    void aFusedNodeHasBothBlocks() {
        SequentialBlock network =
                new SequentialBlock().add(convolution()).add(BatchNorm.builder().build());
        OnnxModel model = export(network, "x:float32[N,1,4,4]", 1, 1, 4, 4);
        assertThat(blocks(model)).containsExactly("Conv Conv2d + BatchNorm");
        assertThat(model.proto().getGraph().getNode(0).getName()).isEqualTo("Conv2d/y");
    }

    @Test
    void namesAreUniqueAndEqualBetweenExports() {
        Block network = new Stack(3);
        OnnxModel model = export(network, "x:float32[N,3]", 1, 3);
        List<String> names = model.proto().getGraph().getNodeList().stream()
                .map(NodeProto::getName)
                .toList();
        assertThat(names).doesNotHaveDuplicates().contains("02layer/relu/Relu_6");
        OnnxModel again = OnnxExporter.export(
                network, List.of(InputSpec.parse("x:float32[N,3]")), List.of("y"), ExportOptions.defaults());
        assertThat(again.toBytes()).isEqualTo(model.toBytes());
    }

    @Test
    void theLineIsTheUsersNotThatOfALibrary() {
        List<String> lines = lines(export(new Stack(2), "x:float32[N,3]", 1, 3));
        assertThat(lines)
                .allMatch(line -> line.matches("OriginTest\\$Residual.forwardInternal\\(OriginTest.java:\\d+\\)"));
        Block lambda = LambdaBlock.singleton(x -> List.of(1, 2, 3).stream()
                .map(i -> x.mul(i))
                .reduce(NDArray::add)
                .orElseThrow());
        assertThat(lines(export(lambda, "x:float32[N,3]", 1, 3)))
                .allMatch(line -> line.matches("OriginTest.lambda\\$\\w+\\$\\d+\\(OriginTest.java:\\d+\\)"));
    }

    @Test
    void aModelHoldsNoDirectoryOfTheMachine() {
        OnnxModel model = export(new Stack(2), "x:float32[N,3]", 1, 3);
        assertThat(new String(model.toBytes(), StandardCharsets.ISO_8859_1))
                .doesNotContain(System.getProperty("user.dir"))
                .doesNotContain(System.getProperty("java.io.tmpdir"))
                .doesNotContain("src/test");
    }

    @Test
    void aListingShowsThemOnRequest() {
        OnnxModel model = export(new Residual(), "x:float32[N,3]", 1, 3);
        assertThat(OnnxFiles.toTextWithOrigins(model.proto()))
                .containsPattern("Relu_0 = Relu\\(x\\)  # block relu, line OriginTest\\$Residual\\.forwardInternal\\(");
        assertThat(model.toText()).doesNotContain("#");
    }
}
