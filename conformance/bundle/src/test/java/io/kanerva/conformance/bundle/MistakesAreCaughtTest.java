package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.ShippedBundles;
import io.kanerva.conformance.check.Case;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.runtime.BundleException;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A check that cannot fail proves nothing: each mistake here must be found, and be called by its graph and output. */
class MistakesAreCaughtTest {

    @TempDir
    Path temporary;

    @Test
    void aChangedWeightIsCaughtInItsGraphAndWhatFollowsIt() throws IOException {
        Path bundle = export(Subject.DEREFERENCED);
        ChangedBundle.of(bundle).scaleWeight("decoder", 1.001f);
        BundleExporter.renew(bundle);
        assertThat(failures(Subject.DEREFERENCED, bundle))
                .containsExactlyInAnyOrder("decoder/logits", "pipeline/logits");
    }

    @Test
    void oneNumberThatIsAHundredthOffIsCaughtInItsGraphAndWhatFollowsIt() throws IOException {
        Path bundle = export(Subject.DEREFERENCED);
        ChangedBundle.of(bundle).addToOneWeight("decoder", 1e-2f);
        BundleExporter.renew(bundle);
        assertThat(failures(Subject.DEREFERENCED, bundle))
                .containsExactlyInAnyOrder("decoder/logits", "pipeline/logits");
    }

    @ParameterizedTest
    @ValueSource(strings = {"encoder", "reader", "decoder"}) // a memory-writer has no weights
    void oneNumberThatIsAHundredthOffInAShippedGraphIsCaughtWithoutItsTrainingRun(String graph) throws IOException {
        Path bundle = ShippedBundles.copy("fashion-mnist", temporary.resolve("shipped"));
        ChangedBundle.of(bundle).addToOneWeight(graph, 1e-2f);
        BundleExporter.renew(bundle);
        try (BundleCases cases = new BundleCases(bundle, temporary.resolve("scratch"))) {
            assertThat(run(List.of(JavaRuntime.CPU), cases.vectors())
                            .and(run(List.of(JavaRuntime.CPU), cases.fullMemory()))
                            .failures())
                    .isNotEmpty()
                    .allMatch(row -> row.graph().equals(graph))
                    .first()
                    .satisfies(row ->
                            assertThat(row.describe()).contains("graph '" + graph + "', output '", "differs by"));
        }
    }

    @Test
    void aChangedFileIsRefusedByItsDigest() throws IOException {
        Path bundle = export(Subject.DEREFERENCED);
        byte[] bytes = Files.readAllBytes(bundle.resolve("decoder.onnx"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(bundle.resolve("decoder.onnx"), bytes);
        assertThatThrownBy(() -> new BundleCases(bundle, temporary))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining("'decoder.onnx' was changed");
    }

    @Test
    void changedMissingAndForeignFilesAreNamed() throws IOException {
        Path bundle = export(Subject.DEREFERENCED);
        Files.writeString(bundle.resolve("MODEL_CARD.md"), "something else");
        Files.delete(bundle.resolve("vectors/reader/test_data_set_1/output_0.pb"));
        Files.writeString(bundle.resolve("notes.txt"), "mine");
        Path vector = bundle.resolve("vectors/reader/test_data_set_1/output_1.pb");
        Files.createSymbolicLink(vector, Files.move(vector, temporary.resolve("outside.pb")));
        try (BundleCases cases = new BundleCases(bundle, temporary)) {
            assertThat(cases.changedFiles())
                    .satisfiesExactly(
                            first -> assertThat(first).contains("'MODEL_CARD.md' was changed: expected SHA-256"),
                            second -> assertThat(second)
                                    .contains("bundle.json lists 'vectors/reader/test_data_set_1/output_0.pb', "
                                            + "found no such file"),
                            linked -> assertThat(linked)
                                    .contains(
                                            "'vectors/reader/test_data_set_1/output_1.pb': expected a file inside the "
                                                    + "bundle, found a link that leads out of it"),
                            third -> assertThat(third).contains("found 'notes.txt', which bundle.json does not list"));
        }
    }

    @Test
    void swappedOutputsOfOneShapeAreCaughtByName() throws IOException {
        Path bundle = export(Subject.DEREFERENCED);
        ChangedBundle.of(bundle).swapOutputs("encoder", "latent_mean", "latent_log_variance");
        assertThat(failures(Subject.DEREFERENCED, bundle))
                .containsExactlyInAnyOrder(
                        "encoder/latent_mean", "encoder/latent_log_variance", "pipeline/latent", "pipeline/logits");
    }

    @Test
    void swappedAxesOfTheWindowsAreCaughtInTheTraces() throws IOException {
        Path bundle = export(Subject.CONTINUOUS_TWO_KEYS);
        ChangedBundle.of(bundle).swapInputs("reader", "Concat");
        assertThat(failures(Subject.CONTINUOUS_TWO_KEYS, bundle))
                .contains("reader/traces", "pipeline/traces")
                .doesNotContain("memory-writer/memory");
    }

    @Test
    void cornersThatAreAlignedAreCaughtInTheTraces() throws IOException {
        Path bundle = export(Subject.CONTINUOUS_TWO_KEYS);
        ChangedBundle.of(bundle).setSampling(attribute -> attribute.setI(1), "align_corners");
        assertThat(failures(Subject.CONTINUOUS_TWO_KEYS, bundle))
                .contains("reader/traces", "pipeline/traces")
                .noneMatch(name -> name.startsWith("encoder"));
    }

    @Test
    void otherPaddingThanZerosIsCaughtInTheTraces() throws IOException {
        Path bundle = export(Subject.CONTINUOUS_TWO_KEYS);
        ChangedBundle.of(bundle)
                .setSampling(attribute -> attribute.setS(ByteString.copyFromUtf8("border")), "padding_mode");
        assertThat(failures(Subject.CONTINUOUS_TWO_KEYS, bundle))
                .contains("reader/traces")
                .noneMatch(name -> name.startsWith("encoder"));
        try (BundleCases cases = new BundleCases(bundle, temporary.resolve("facts"))) {
            assertThat(cases.graphProblems())
                    .anySatisfy(problem -> assertThat(problem)
                            .contains("graph 'reader': expected padding_mode zeros of 'GridSample", "found border"));
        }
    }

    @Test
    void theVectorsAloneCatchAChangedWeightOnBothPaths() throws IOException {
        Path bundle = export(Subject.POOLED_TWO_KEYS);
        ChangedBundle.of(bundle).scaleWeight("memory-writer", 1.001f);
        BundleExporter.renew(bundle); // the graph that the runtime writes with
        try (BundleCases cases = new BundleCases(bundle, temporary.resolve("scratch"))) {
            List<Finding> failures = run(List.of(JavaRuntime.CPU), cases.vectors())
                    .and(run(List.of(new KanervaRuntime(List.of(cases))), cases.throughRuntime()))
                    .failures();
            assertThat(failures)
                    .extracting(row -> row.runtime() + " against " + row.reference() + " " + row.graph() + "/"
                            + row.comparison().output())
                    .contains(
                            "onnxruntime-java against vectors memory-writer/memory",
                            "kanerva against vectors bundle/memory");
            assertThat(failures.get(0).describe())
                    .contains(
                            "graph 'memory-writer', output 'memory' (vectors 0) differs by",
                            "(budget 1.0e-05 + 0.00010 |x|)");
        }
    }

    @Test
    void graphsThatSomeRuntimesCannotLoadAreCaught() {
        ModelProto model = ModelProto.newBuilder()
                .setIrVersion(9)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(18))
                .setGraph(GraphProto.newBuilder()
                        .addNode(NodeProto.newBuilder().setOpType("Einsum"))
                        .addNode(NodeProto.newBuilder().setOpType("FusedConv").setDomain("com.microsoft")))
                .build();
        assertThat(GraphRules.problems("reader", model.toByteArray()))
                .containsExactly(
                        "graph 'reader': expected standard operators only, found 'FusedConv' of 'com.microsoft'",
                        "graph 'reader': expected no Einsum, found one",
                        "graph 'reader': expected opset 17, found 18",
                        "graph 'reader': expected IR version 8, found 9",
                        "graph 'reader': expected a model version, found none");
        assertThatThrownBy(() -> GraphRules.problems("reader", new byte[] {1, 2, 3}))
                .hasMessageContaining("graph 'reader': expected an ONNX model");
    }

    private Path export(Subject subject) {
        Path bundle = temporary.resolve("bundle");
        subject.export(ReaderKind.GRIDSAMPLE, bundle);
        return bundle;
    }

    private Set<String> failures(Subject subject, Path bundle) throws IOException {
        try (KanervaModel model = subject.model();
                BundleCases cases = new BundleCases(bundle, temporary.resolve("scratch"))) {
            DjlRuntime djl = new DjlRuntime(cases.bundle(), model);
            Findings found = new ModelCases(cases, djl, subject.images(40))
                    .check(new Verification(temporary.resolve("between")), 7);
            assertThat(found.holds()).isFalse();
            return found.failures().stream()
                    .map(row -> row.graph() + "/" + row.comparison().output())
                    .collect(Collectors.toSet());
        }
    }

    private Findings run(List<ModelRuntime> runtimes, List<Case> cases) throws IOException {
        return new Verification(temporary.resolve("between")).run("test", runtimes, cases);
    }
}
