package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Model;
import ai.djl.basicmodelzoo.basic.Mlp;
import ai.djl.basicmodelzoo.basic.MlpBlockFactory;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models as DJL users hold them: in memory, and in a folder with a block factory. */
class SavedModelTest {
    private static final BlockFactory FACTORY = new MlpBlockFactory();

    @TempDir
    private Path folder;

    private Block block;

    @BeforeEach
    void save() throws IOException {
        block = initialised(new Mlp(28 * 28, 10, new int[] {128, 64}), 1, 1, 28, 28);
        try (Model model = Model.newInstance("digits")) {
            model.setBlock(block);
            model.setDataType(DataType.FLOAT32);
            model.save(folder, "digits");
        }
        block = initialised(new Mlp(28 * 28, 10, new int[] {128, 64}), 1, 1, 28, 28);
    }

    private static OnnxModel export(Model model) {
        return OnnxExporter.export(
                model, List.of(input("images", "N", 1, 28, 28)), List.of("y"), CHECKED.withGraphName("digits"));
    }

    @Test
    void aSavedModelGivesTheSameGraphAsItsBlock() throws IOException {
        try (Model model = SavedModel.load(folder, "", FACTORY, Map.of())) {
            OnnxModel exported = export(model);
            assertThat(largestDifference(exported)).isLessThan(1e-5);
            assertThat(exported.proto().getGraph().getInitializerList())
                    .extracting(TensorProto::getName)
                    .contains("02Linear/weight", "04Linear/bias", "06Linear/weight");
            assertThat(exported.toBytes())
                    .isEqualTo(OnnxExporter.export(
                                    block,
                                    List.of(input("images", "N", 1, 28, 28)),
                                    List.of("y"),
                                    CHECKED.withGraphName("digits"))
                            .toBytes());
        }
    }

    @Test
    void aModelWithoutABlockIsAnError() {
        try (Model model = Model.newInstance("empty")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> export(model))
                    .withMessageContaining("empty has no block");
        }
    }

    @Test
    void aFolderWithoutTheModelIsAnError() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        load(empty, "", FACTORY, Map.of(), empty + ": expected a saved model (NAME-0000.params), found none");
        load(
                folder,
                "letters",
                FACTORY,
                Map.of(),
                folder + ": expected a saved model (letters-0000.params), found [digits]");
        load(
                folder.resolve("nowhere"),
                "",
                FACTORY,
                Map.of(),
                folder.resolve("nowhere") + ": expected a folder with a saved model");
    }

    @Test
    void severalModelsInAFolderNeedAName() throws IOException {
        Files.copy(folder.resolve("digits-0000.params"), folder.resolve("more-0000.params"));
        load(folder, "", FACTORY, Map.of(), "expected one saved model or the name of one, found [digits, more]");
        SavedModel.load(folder, "more", FACTORY, Map.of()).close();
    }

    @Test
    void parametersOfAnotherNetworkAreAnError() {
        load(
                folder,
                "",
                FACTORY,
                Map.of("hidden", "5"),
                "expected the parameters of digits to fit the block that " + MlpBlockFactory.class.getName()
                        + " creates, found a mismatch");
    }

    @Test
    void aFileThatIsCutOffIsAnError() throws IOException {
        Path file = folder.resolve("digits-0000.params");
        byte[] content = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(content, content.length / 2));
        load(folder, "", FACTORY, Map.of(), "found a mismatch");
    }

    @Test
    void aFactoryThatFailsIsAnError() {
        load(
                folder,
                "",
                FACTORY,
                Map.of("hidden", "many"),
                "the block factory " + MlpBlockFactory.class.getName() + " fails with the arguments {hidden=many}");
    }

    private static void load(
            Path folder, String name, BlockFactory factory, Map<String, ?> arguments, String sentence) {
        assertThatIOException()
                .isThrownBy(
                        () -> SavedModel.load(folder, name, factory, arguments).close())
                .withMessageContaining(sentence);
    }
}
