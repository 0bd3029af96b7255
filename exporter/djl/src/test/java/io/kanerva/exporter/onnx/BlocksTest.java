package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv1dTranspose;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.core.ConstantEmbedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.core.LinearCollection;
import ai.djl.nn.core.Multiplication;
import ai.djl.nn.core.SparseMax;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.GhostBatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.nn.transformer.BertMaskedLanguageModelBlock;
import ai.djl.nn.transformer.BertNextSentenceBlock;
import ai.djl.nn.transformer.BertPretrainingBlock;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.nn.transformer.PointwiseFeedForwardBlock;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.ConstantInitializer;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.kanerva.exporter.trace.InputSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every block of {@code ai.djl.nn} that the engine can run, against the engine at sizes that were never traced. */
class BlocksTest {
    private static final ExportOptions OPTIONS = CHECKED.withTolerance(2e-5);

    /** A block with its inputs, initialised by shapes in which 2 stands for B and 5 for T. */
    private record Case(String name, Block block, ExportOptions options, List<InputSpec> inputs) {}

    private final List<Case> cases = new ArrayList<>();

    private static AgreementTable table;

    @BeforeAll
    static void readTheTable() {
        table = new AgreementTable(
                "Blocks", new BlocksTest().cases.stream().map(Case::name).toList());
    }

    @AfterAll
    static void writeTheTable() {
        table.write();
    }

    @Test
    void everyCaseHasItsRowInTheTableOfDifferences() {
        table.requireAllRows();
    }

    @Test
    void everyKindOfBlockOfDjlIsACaseHereOrHasATestOfItsOwn() {
        Set<String> kinds = new ClassFileImporter()
                .importPackages("ai.djl.nn", "ai.djl.modality.nlp.embedding").stream()
                        .filter(type -> type.isAssignableTo(Block.class)
                                && !type.isInterface()
                                && !type.getModifiers().contains(JavaModifier.ABSTRACT)
                                && !type.isAnonymousClass())
                        .map(JavaClass::getSimpleName)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(kinds).hasSizeGreaterThan(30);
        Set<String> reached = new TreeSet<>();
        cases.forEach(each -> reach(each.block(), reached));
        kinds.removeAll(reached);
        // RecurrentTest has the first three in all settings; the zoo's text encoder and decoder are made of the last.
        assertThat(kinds).containsExactlyInAnyOrder("LSTM", "GRU", "RNN", "TrainableTextEmbedding");
    }

    private static void reach(Block block, Set<String> kinds) {
        kinds.add(block.getClass().getSimpleName());
        block.getChildren().values().forEach(child -> reach(child, kinds));
    }

    BlocksTest() {
        InputSpec sequence = input("x", "B", 4, "T");
        InputSpec image = input("x", "B", 4, 8, 8);
        InputSpec volume = input("x", "B", 2, 6, 6, 6);
        InputSpec matrix = input("x", "B", 6);
        InputSpec words = input("x", "B", "T", 8);
        convolutions(sequence, image, volume);
        transposedConvolutions(sequence, image);
        containers(matrix);
        pools(sequence, image, volume);
        normalisations(image, matrix);
        cores(matrix);
        activations(matrix);
        transformers(words);
    }

    private void add(String name, Block block, InputSpec... inputs) {
        add(name, block, OPTIONS, inputs);
    }

    private void add(String name, Block block, ExportOptions options, InputSpec... inputs) {
        Engine.getInstance().setRandomSeed(7);
        Shape[] shapes = Stream.of(inputs)
                .map(spec -> new Shape(spec.shape().stream()
                        .mapToLong(d -> !d.isNamed() ? d.size() : d.name().equals("B") ? 2 : 5)
                        .toArray()))
                .toArray(Shape[]::new);
        if (block.getParameters().values().stream().anyMatch(parameter -> !parameter.isInitialized())) {
            block.initialize(NDManager.newBaseManager(), DataType.FLOAT32, shapes);
        }
        cases.add(new Case(name, block, options, List.of(inputs)));
    }

    private void convolutions(InputSpec sequence, InputSpec image, InputSpec volume) {
        add(
                "Conv2d",
                Conv2d.builder()
                        .setKernelShape(new Shape(3, 2))
                        .optStride(new Shape(2, 1))
                        .optPadding(new Shape(1, 1))
                        .optGroups(2)
                        .setFilters(6)
                        .build(),
                image);
        add(
                "Conv1d",
                Conv1d.builder()
                        .setKernelShape(new Shape(3))
                        .optPadding(new Shape(2))
                        .optDilation(new Shape(2))
                        .setFilters(5)
                        .build(),
                CHECKED.withDimensionLimit("T", 3, 24).withTolerance(2e-5),
                sequence);
        add(
                "Conv3d",
                Conv3d.builder()
                        .setKernelShape(new Shape(3, 2, 3))
                        .optStride(new Shape(1, 2, 1))
                        .optPadding(new Shape(1, 0, 1))
                        .setFilters(3)
                        .build(),
                volume);
    }

    /** DJL's engine runs none of these; what they compute is DJL's own description of them. */
    private void transposedConvolutions(InputSpec sequence, InputSpec image) {
        add(
                "Conv1dTranspose",
                Conv1dTranspose.builder()
                        .setKernelShape(new Shape(3))
                        .optStride(new Shape(2))
                        .optPadding(new Shape(1))
                        .setFilters(5)
                        .build(),
                OPTIONS.withDimensionLimit("T", 2, 24),
                sequence);
        add(
                "Conv2dTranspose",
                Conv2dTranspose.builder()
                        .setKernelShape(new Shape(3, 4))
                        .optStride(new Shape(2, 3))
                        .optPadding(new Shape(1, 2))
                        .optOutPadding(new Shape(1, 0))
                        .optDilation(new Shape(2, 1))
                        .optGroups(2)
                        .setFilters(6)
                        .build(),
                image);
    }

    private void pools(InputSpec sequence, InputSpec image, InputSpec volume) {
        ExportOptions longer = CHECKED.withDimensionLimit("T", 3, 24).withTolerance(2e-5);
        add("maxPool1d", Pool.maxPool1dBlock(new Shape(2), new Shape(1)), longer, sequence);
        add("avgPool1d", Pool.avgPool1dBlock(new Shape(3), new Shape(1)), longer, sequence);
        add("globalMaxPool1d", Pool.globalMaxPool1dBlock(), sequence);
        add("globalAvgPool1d", Pool.globalAvgPool1dBlock(), sequence);
        add("lpPool1d", Pool.lpPool1dBlock(2, new Shape(2), new Shape(1), new Shape(0), false), longer, sequence);
        add("globalLpPool1d", Pool.globalLpPool1dBlock(2), input("x", "B", 4, 7));
        add("maxPool2d", Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1), true), image);
        add("avgPool2d", Pool.avgPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1), false, true), image);
        add("lpPool2d", Pool.lpPool2dBlock(4, new Shape(2, 2), new Shape(2, 2), new Shape(0, 0), false), image);
        add("globalMaxPool2d", Pool.globalMaxPool2dBlock(), image);
        add("globalAvgPool2d", Pool.globalAvgPool2dBlock(), image);
        add("globalLpPool2d", Pool.globalLpPool2dBlock(2), image);
        add("maxPool3d", Pool.maxPool3dBlock(new Shape(2, 2, 2), new Shape(2, 2, 2)), volume);
        add("avgPool3d", Pool.avgPool3dBlock(new Shape(2, 3, 2), new Shape(2, 1, 2)), volume);
        add("globalMaxPool3d", Pool.globalMaxPool3dBlock(), volume);
        add("globalAvgPool3d", Pool.globalAvgPool3dBlock(), volume);
    }

    private void normalisations(InputSpec image, InputSpec matrix) {
        add("BatchNorm", BatchNorm.builder().build(), image);
        add(
                "GhostBatchNorm",
                GhostBatchNorm.builder().optVirtualBatchSize(128).build(),
                OPTIONS.withDimensionLimit("B", 1, 128), // It splits larger batches.
                matrix);
        add("LayerNorm", LayerNorm.builder().axis(1, 2, 3).build(), image);
        add("Dropout", Dropout.builder().optRate(0.5f).build(), matrix);
    }

    private void containers(InputSpec matrix) {
        add(
                "SequentialBlock",
                new SequentialBlock()
                        .add(Linear.builder().setUnits(5).build())
                        .add(Activation.reluBlock())
                        .add(Linear.builder().setUnits(3).optBias(false).build()),
                matrix);
        add(
                "ParallelBlock",
                new ParallelBlock(
                        list -> new NDList(list.get(0)
                                .singletonOrThrow()
                                .concat(list.get(1).singletonOrThrow(), 1)),
                        List.of(Linear.builder().setUnits(5).build(), Blocks.identityBlock())),
                matrix);
        add("LambdaBlock", LambdaBlock.singleton(x -> x.square().add(1).log()), matrix);
    }

    private void cores(InputSpec matrix) {
        add("Linear", Linear.builder().setUnits(3).build(), matrix);
        add("Linear beyond matrices", Linear.builder().setUnits(3).build(), input("x", "B", "T", 6));
        add("Multiplication", Multiplication.builder().setUnits(3).build(), matrix);
        add("LinearCollection", LinearCollection.builder().setUnits(3).build(), input("x", "B", 4, 6));
        add("SparseMax", new SparseMax(), matrix);
        add("SparseMax of another axis", new SparseMax(1, 2), input("x", "B", 6, 4));
        add(
                "TrainableWordEmbedding",
                TrainableWordEmbedding.builder()
                        .setEmbeddingSize(4)
                        .setVocabulary(new DefaultVocabulary(List.of("a", "b", "c")))
                        .build(),
                input("x", DataType.INT64, "B", "T"));
        add(
                "ConstantEmbedding",
                new ConstantEmbedding(NDManager.newBaseManager().create(new float[] {1, 2, 3})),
                input("x", DataType.INT64, "B", "T"));
    }

    private void activations(InputSpec matrix) {
        Map<String, Block> blocks = new TreeMap<>(Map.ofEntries(
                Map.entry("relu", Activation.reluBlock()),
                Map.entry("relu6", Activation.relu6Block()),
                Map.entry("sigmoid", Activation.sigmoidBlock()),
                Map.entry("tanh", Activation.tanhBlock()),
                Map.entry("softPlus", Activation.softPlusBlock()),
                Map.entry("softSign", Activation.softSignBlock()),
                Map.entry("leakyRelu", Activation.leakyReluBlock(0.1f)),
                Map.entry("elu", Activation.eluBlock(0.7f)),
                Map.entry("selu", Activation.seluBlock()),
                Map.entry("gelu", Activation.geluBlock()),
                Map.entry("swish", Activation.swishBlock(1.2f)),
                Map.entry("mish, as DJL computes it", Activation.mishBlock()),
                Map.entry("prelu", prelu())));
        blocks.forEach((name, block) -> add("activation " + name, block, matrix));
    }

    /** Its slope is a number, which DJL's default initialiser refuses. */
    private static Block prelu() {
        Block block = Activation.preluBlock();
        block.setInitializer(new ConstantInitializer(0.3f), Parameter.Type.WEIGHT);
        return block;
    }

    private void transformers(InputSpec words) {
        add(
                "ScaledDotProductAttention",
                ScaledDotProductAttentionBlock.builder()
                        .setEmbeddingSize(8)
                        .setHeadCount(2)
                        .build(),
                words);
        add("TransformerEncoder", new TransformerEncoderBlock(8, 2, 16, 0.1f, Activation::gelu), words);
        add(
                "PointwiseFeedForward",
                new PointwiseFeedForwardBlock(List.of(16), 8, list -> Activation.relu(list)),
                words);
        IdEmbedding ids = new IdEmbedding.Builder()
                .setDictionarySize(7)
                .setEmbeddingSize(4)
                .build();
        add("IdEmbedding", ids, CHECKED.withInputRange("x", 0, 7), input("x", DataType.INT64, "B", "T"));
        BertBlock bert = tinyBert().build();
        // The pooled output squeezes the batch away if it is 1.
        add(
                "BertBlock",
                bert,
                CHECKED.withInputRange("ids", 0, 11)
                        .withDimensionLimit("B", 2, 8)
                        .withTolerance(1e-4),
                input("ids", DataType.INT64, "B", 16),
                input("types", DataType.INT64, "B", 16),
                input("masks", DataType.INT64, "B", 16));
        BertPretrainingBlock pretraining = new BertPretrainingBlock(tinyBert());
        add(
                "BertPretrainingBlock",
                pretraining,
                CHECKED.withInputRange("ids", 0, 11)
                        .withInputRange("masked", 0, 16)
                        .withDimensionLimit("B", 2, 8)
                        .withTolerance(1e-4),
                input("ids", DataType.INT64, "B", 16),
                input("types", DataType.INT64, "B", 16),
                input("masks", DataType.INT64, "B", 16),
                input("masked", DataType.INT64, "B", 3));
        add("BertNextSentence", new BertNextSentenceBlock(), input("x", "B", 8));
    }

    private static BertBlock.Builder tinyBert() {
        return BertBlock.builder()
                .setTokenDictionarySize(11)
                .optTransformerBlockCount(2)
                .optAttentionHeadCount(2)
                .optEmbeddingSize(32)
                .optHiddenSize(64)
                .optMaxSequenceLength(16);
    }

    @TestFactory
    Stream<DynamicTest> aBlockAgreesWithTheEngine() {
        return cases.stream()
                .map(each -> DynamicTest.dynamicTest(each.name(), () -> {
                    table.export(each.name(), each.block(), each.inputs(), each.options());
                }));
    }

    @Test
    void aMaskedLanguageModelAgreesWithTheEngine() {
        BertBlock bert = BertBlock.builder().nano().setTokenDictionarySize(11).build();
        Block block = new BertMaskedLanguageModelBlock(bert, Activation::gelu);
        long width = 256;
        Shape[] shapes = {new Shape(2, 5, width), new Shape(2, 3), new Shape(11, width)};
        block.initialize(NDManager.newBaseManager(), DataType.FLOAT32, shapes);
        OnnxModel model = OnnxExporter.export(
                block,
                List.of(
                        input("sequence", "B", 5, (int) width),
                        input("masked", DataType.INT64, "B", 3),
                        input("table", 11, (int) width)),
                List.of(),
                CHECKED.withInputRange("masked", 0, 5).withTolerance(1e-4));
        assertThat(operators(model)).contains("Gather", "LogSoftmax").doesNotContain("GatherND");
    }

    @Test
    void whatTheEngineCannotRunAndOnnxCanIsItsOwnOperator() {
        Block up = initialised(
                Conv2dTranspose.builder()
                        .setKernelShape(new Shape(2, 2))
                        .setFilters(2)
                        .build(),
                1,
                3,
                4,
                4);
        assertThatThrownBy(() -> up.forward(
                        new ParameterStore(NDManager.newBaseManager(), false),
                        new NDList(NDManager.newBaseManager().ones(new Shape(1, 3, 4, 4))),
                        false))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(operators(Exports.export(up, input("x", "B", 3, 4, 4)))).containsExactly("ConvTranspose");
        assertThat(operators(Exports.export(initialised(prelu(), 1, 6), input("x", "B", 6))))
                .containsExactly("PRelu");
    }

    @Test
    void mishIsExportedAsWhatDjlComputes() {
        OnnxModel model = Exports.export(new SequentialBlock().add(Activation.mishBlock()), input("x", "B", 6));
        assertThat(operators(model)).doesNotContain("Mish").contains("Tanh", "Log");
    }

    @Test
    void aTransformerEncoderAddsItsRawInputTwiceAsDjlDoes() {
        TransformerEncoderBlock block = new TransformerEncoderBlock(8, 2, 16, 0.1f, Activation::relu);
        initialised(block, 2, 5, 8);
        OnnxModel model = OnnxExporter.export(block, List.of(input("x", "B", "T", 8)), List.of(), OPTIONS);
        long adds = model.proto().getGraph().getNodeList().stream()
                .filter(node ->
                        node.getOpType().equals("Add") && node.getInputList().contains("x"))
                .count();
        assertThat(adds).isEqualTo(2);
    }

    @Test
    void theParametersOfABlockAreNotChanged() {
        Block block = initialised(
                new SequentialBlock()
                        .add(BatchNorm.builder().build())
                        .add(GhostBatchNorm.builder().build()),
                2,
                6);
        List<float[]> before = block.getParameters().values().stream()
                .map(Parameter::getArray)
                .map(NDArray::toFloatArray)
                .toList();
        OnnxExporter.export(block, List.of(input("x", "B", 6)), List.of("y"), CHECKED.withDimensionLimit("B", 1, 128));
        assertThat(block.getParameters().values().stream()
                        .map(Parameter::getArray)
                        .map(NDArray::toFloatArray)
                        .toList())
                .usingRecursiveComparison()
                .isEqualTo(before);
    }
}
