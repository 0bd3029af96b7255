package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.ShippedBundles;
import io.kanerva.conformance.check.Suite.Outcome;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.report.SuiteReport;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SuiteTest {
    @TempDir
    Path temporary;

    @TempDir
    Path shipped;

    @TempDir
    Path scratch;

    @Test
    void whatPassesDiffersAndIsRefusedIsCountedAndWhatCannotBeRunIsNamed() throws IOException {
        Path bundle = ShippedBundles.copy("fashion-mnist", shipped);
        test("test_good", bundle, "decoder");
        Path differs = test("test_differs", bundle, "decoder");
        Tensor logits = Tensor.read(differs.resolve("test_data_set_0/output_0.pb"));
        float[] values = logits.floats();
        values[3] += 1;
        Tensor.of("logits", values, logits.shape()).write(differs.resolve("test_data_set_0/output_0.pb"));
        Path refused = test("test_refused", bundle, "decoder");
        ModelProto.Builder unknown =
                ModelProto.parseFrom(Files.readAllBytes(refused.resolve("model.onnx"))).toBuilder();
        unknown.getGraphBuilder().getNodeBuilder(0).setOpType("NoSuchOperator");
        Files.write(refused.resolve("model.onnx"), unknown.build().toByteArray());
        Path incomplete = test("test_incomplete", bundle, "decoder");
        Files.delete(incomplete.resolve("test_data_set_0/input_1.pb"));
        Files.write(
                Files.createDirectories(temporary.resolve("test_broken")).resolve("model.onnx"), new byte[] {1, 2, 3});

        Suite suite = new Suite(temporary, Optional.of(Tolerance.elements(1e-4, 1e-3)), JavaRuntime.CPU, scratch);
        assertThat(suite.skipped())
                .containsExactly(
                        "test_broken: its model is malformed",
                        "test_incomplete: %s: expected a file for the model's input 'traces', found none"
                                .formatted(incomplete.resolve("test_data_set_0/input_1.pb")));
        List<Suite.Row> rows = suite.run(List.of(JavaRuntime.CPU), false, text -> {});
        assertThat(rows.get(0).counts(0, 17))
                .containsEntry(Outcome.PASSED, 1L)
                .containsEntry(Outcome.DIFFERS, 1L)
                .containsEntry(Outcome.REFUSED, 1L);
        assertThat(SuiteReport.table(rows, 17)).contains("| 1 of 3, 33.3 % | 1 | 1 | 0 | 0 |");
        assertThat(SuiteReport.unknownFailures(rows, SuiteReport.failures(rows)))
                .isEmpty();
        assertThat(SuiteReport.unknownFailures(
                        rows,
                        "another-runtime\n  test_differs  differs: since ever\n"
                                + "onnxruntime-java\n  test_refused  refused: since ever\n"))
                .hasSize(1)
                .first()
                .asString()
                .startsWith("onnxruntime-java: test 'test_differs': expected a pass, found 'differs': "
                        + "output 'logits' differs by 1.00e+00");
        assertThat(SuiteReport.failures(rows))
                .contains(
                        "test_differs  differs: output 'logits' differs by 1.00e+00 at [0, 0, 0, 0, 3]",
                        "test_refused  refused: ");
    }

    private Path test(String name, Path bundle, String graph) throws IOException {
        Path folder = Files.createDirectories(temporary.resolve(name).resolve("test_data_set_0"));
        Files.copy(bundle.resolve(graph + ".onnx"), folder.resolveSibling("model.onnx"));
        for (String file : List.of("input_0.pb", "input_1.pb", "output_0.pb")) {
            Files.copy(
                    bundle.resolve("vectors")
                            .resolve(graph)
                            .resolve("test_data_set_0")
                            .resolve(file),
                    folder.resolve(file));
        }
        return folder.getParent();
    }
}
