package io.kanerva.exporter.fusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.FunctionProto;
import io.kanerva.onnx.proto.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How many patterns ONNX Runtime recognises in exported transformers: as many as in PyTorch's exports of the same. */
class FusionsTest {
    private static final List<String> PATTERNS = List.of("LayerNormalization", "BiasGelu", "FusedMatMul");

    @TempDir
    private Path folder;

    static List<String> names() {
        return FusionNetworks.names();
    }

    private List<String> optimised(Path model) throws OrtException, IOException {
        Path optimised = folder.resolve("optimised.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setOptimizedModelFilePath(optimised.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(model.toString(), options)
                    .close();
        }
        return OnnxFiles.read(optimised).getGraph().getNodeList().stream()
                .map(NodeProto::getOpType)
                .toList();
    }

    /**
     * The paths that ONNX Runtime's optimiser for transformers (Python, 1.23) looks for before it writes Attention,
     * SkipLayerNormalization and EmbedLayerNormalization: {@code fusion_attention.py}, {@code fusion_skiplayernorm.py},
     * {@code fusion_embedlayer.py}.
     */
    @Test
    void bertHasThePathsThatTheOptimiserForTransformersFuses() {
        Paths paths = new Paths(FusionNetworks.export("bert"));
        List<NodeProto> softmaxes = paths.all("Softmax");
        assertThat(softmaxes).hasSize(FusionNetworks.LAYERS);
        for (NodeProto softmax : softmaxes) {
            NodeProto added = paths.producer(softmax.getInput(0));
            NodeProto scores = paths.path(added, "Div MatMul", 0, 0);
            assertThat(added.getOpType()).isEqualTo("Add");
            paths.path(scores, "Transpose Reshape Add MatMul", 0, 0, 0, 0);
            paths.path(scores, "Transpose Reshape Add MatMul", 1, 0, 0, 0);
            NodeProto mask = paths.path(added, "Mul Sub Unsqueeze Unsqueeze", 1, 0, 1, 0);
            assertThat(mask.getInput(0)).isEqualTo("mask");
            NodeProto mixed = paths.reader(softmax);
            assertThat(mixed.getOpType()).isEqualTo("MatMul");
            paths.path(mixed, "Transpose Reshape Add MatMul", 1, 0, 0, 0);
        }
        List<NodeProto> norms = paths.all("LayerNormalization");
        assertThat(norms).hasSize(2 * FusionNetworks.LAYERS + 1);
        norms.forEach(norm -> paths.path(norm, "Add", 0));
        NodeProto words = paths.path(norms.get(0), "Add Gather", 0, 0);
        assertThat(words.getInput(1)).isEqualTo("tokens");
        paths.path(norms.get(0), "Add Gather Unsqueeze Range", 0, 1, 1, 0);
        // Symbolic shape inference takes the whole of a Shape.
        assertThat(paths.all("Shape")).isNotEmpty().allMatch(shape -> shape.getAttributeCount() == 0);
    }

    @ParameterizedTest
    @MethodSource("names")
    void theLayersOfATransformerAreOneFunctionOnRequest(String name) {
        OnnxModel model = FusionNetworks.export(
                name, ExportOptions.defaults().withFunctions().withCheck());
        assertThat(model.checks()).isNotEmpty();
        FunctionProto layer = model.proto().getFunctions(0);
        assertThat(layer.getNodeCount()).isGreaterThan(20);
        assertThat(model.proto().getGraph().getNodeList().stream().map(NodeProto::getOpType))
                .filteredOn(layer.getName()::equals)
                .hasSize(FusionNetworks.LAYERS);
    }

    /** A graph to walk from a node to what it reads. */
    private static final class Paths {
        private final List<NodeProto> nodes;

        private Paths(OnnxModel model) {
            nodes = model.proto().getGraph().getNodeList();
        }

        private List<NodeProto> all(String operator) {
            return nodes.stream()
                    .filter(node -> node.getOpType().equals(operator))
                    .toList();
        }

        private NodeProto producer(String value) {
            return nodes.stream()
                    .filter(node -> node.getOutputList().contains(value))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no node computes " + value));
        }

        private NodeProto reader(NodeProto node) {
            return nodes.stream()
                    .filter(each -> each.getInputList().contains(node.getOutput(0)))
                    .findFirst()
                    .orElseThrow();
        }

        /** The last node of a path of operators, each read as the input of that index. */
        private NodeProto path(NodeProto from, String operators, int... inputs) {
            NodeProto node = from;
            int step = 0;
            for (String operator : operators.split(" ")) {
                node = producer(node.getInput(inputs[step++]));
                assertThat(node.getOpType()).as("%s from %s", operators, from).isEqualTo(operator);
            }
            return node;
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void asManyPatternsAreFusedAsThePageSays(String name) throws OrtException, IOException {
        Path model = folder.resolve(name + ".onnx");
        FusionNetworks.export(name).write(model);
        List<String> operators = optimised(model);
        List<Integer> counts = PATTERNS.stream()
                // SkipLayerNormalization counts with the others.
                .map(pattern -> (int) operators.stream()
                        .filter(each -> each.endsWith(pattern))
                        .count())
                .toList();
        try (Stream<String> lines = Files.lines(Path.of("AGREEMENT.md"))) {
            String row = lines.filter(line -> line.startsWith("| " + name + " |"))
                    .findFirst()
                    .orElseThrow();
            String[] cells = row.split(" *\\| *", -1);
            for (int i = 0; i < PATTERNS.size(); i++) {
                assertThat(counts.get(i)).as(PATTERNS.get(i)).isEqualTo(Integer.parseInt(cells[3 + i]));
                if (!cells[7 + i].isEmpty()) {
                    assertThat(counts.get(i))
                            .as(PATTERNS.get(i))
                            .isGreaterThanOrEqualTo(Integer.parseInt(cells[7 + i]));
                }
            }
        }
    }
}
