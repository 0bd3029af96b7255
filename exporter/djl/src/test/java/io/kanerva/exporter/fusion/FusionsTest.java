package io.kanerva.exporter.fusion;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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

    @ParameterizedTest
    @MethodSource("names")
    void asManyPatternsAreFusedAsThePageSays(String name) throws OrtException, IOException {
        Path model = folder.resolve(name + ".onnx");
        FusionNetworks.export(name).write(model);
        List<String> operators = optimised(model);
        List<Integer> counts = PATTERNS.stream()
                .map(pattern -> (int) operators.stream().filter(pattern::equals).count())
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
