package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The proof: every model and both readers, down PyTorch, ONNX Runtime's own API and the runtime. Prints what it finds.
 */
class BundleCasesTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({
        "DEREFERENCED, GRIDSAMPLE",
        "DEREFERENCED, MATMUL",
        "CONTINUOUS_TWO_KEYS, GRIDSAMPLE",
        "CONTINUOUS_TWO_KEYS, MATMUL",
        "POOLED_TWO_KEYS, GRIDSAMPLE",
        "POOLED_TWO_KEYS, MATMUL",
        "COLOUR, GRIDSAMPLE",
        "COLOUR, MATMUL",
        "LINEAR_COLOUR, GRIDSAMPLE",
        "PAPER_FOUR_KEYS, GRIDSAMPLE",
        "HEAP_EIGHT_KEYS, GRIDSAMPLE",
        "QUICKSTART, GRIDSAMPLE"
    })
    @DisplayName("vectors, graphs against blocks, and the whole pipeline agree")
    void allPathsAgree(Subject subject, ReaderKind reader) throws IOException {
        try (KanervaModel model = subject.model();
                BundleCases bundle = new BundleCases(subject.bundle(reader), temporary)) {
            assertThat(bundle.changedFiles()).isEmpty();
            assertThat(bundle.graphProblems()).isEmpty();
            assertThat(bundle.bundle().graphs()).hasSize(9);
            assertThat(OnnxFiles.read(bundle.inputs().file("reader")).getGraph().getNodeList().stream()
                            .anyMatch(node -> node.getOpType().equals("GridSample")))
                    .isEqualTo(reader == ReaderKind.GRIDSAMPLE
                            && bundle.bundle().settings().addressing() == ModelSettings.Addressing.CONTINUOUS);
            List<ModelRuntime> java = List.of(JavaRuntime.CPU);
            List<ModelRuntime> kanerva = List.of(new KanervaRuntime(List.of(bundle)));
            ModelCases cases = new ModelCases(bundle, new DjlRuntime(bundle.bundle(), model), subject.images(40));
            Verification verification = new Verification(temporary);
            Findings found = verification
                    .run("test", java, bundle.vectors())
                    .and(verification.run("test", kanerva, bundle.throughRuntime()))
                    .and(verification.run("test", java, cases.blocks()))
                    .and(verification.run("test", kanerva, cases.pipeline(7)))
                    .and(verification.run("test", java, bundle.fullMemory()));
            System.out.printf("%s, %s%n%s%n", subject, reader.id(), TextReport.details(found));
            assertThat(found.failures()).extracting(Finding::describe).isEmpty();
            assertThat(found.largestPerGraph())
                    .containsOnlyKeys("encoder", "memory-writer", "reader", "decoder", "bundle", "pipeline");
            // With optimisations off and on: the vectors and the blocks through the four graphs; the vectors and the
            // pipeline through the runtime.
            assertThat(found.worst())
                    .hasSize(2 * (11 + 11) + 11 + 5)
                    .allSatisfy(row -> assertThat(row.comparison().count()).isPositive());
        }
    }

    @ParameterizedTest
    @EnumSource(Subject.class)
    void gridSampleAndMatrixProductsReadTheSame(Subject subject) throws IOException {
        try (BundleCases sampled = new BundleCases(subject.bundle(ReaderKind.GRIDSAMPLE), temporary);
                BundleCases multiplied = new BundleCases(subject.bundle(ReaderKind.MATMUL), temporary)) {
            Findings found =
                    new Verification(temporary).run("test", List.of(JavaRuntime.CPU), sampled.otherBundle(multiplied));
            System.out.printf("%s%n%s%n", subject, TextReport.details(found));
            assertThat(found.failures()).extracting(Finding::describe).isEmpty();
            assertThat(found.findings())
                    .filteredOn(row -> row.comparison().output().equals("traces"))
                    .isNotEmpty();
        }
    }

    /** Decoders of 28 x 28 black and white, of the presets cifar10 and at 96 x 96, and one beyond every bound. */
    @ParameterizedTest
    @CsvSource({
        "784, 25, 3, 25, 3",
        "326656, 25, 3, 25, 2",
        "2939904, 2, 29, 2, 2",
        "2939904, 25, 3, 5, 1",
        "4294967296, 2, 5, 1, 1"
    })
    void theLargerTheImagesTheFewerAreCompared(long decoded, int episodes, int reads, int fewer, int fewerReads) {
        assertThat(CaseInputs.few(episodes, reads, decoded)).containsExactly(fewer, fewerReads);
    }
}
