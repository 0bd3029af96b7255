package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.conformance.ChangedBundle;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.JavaRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FusedGraphsTest {

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource(Subject.class)
    void fusedGraphsComputeWhatTheFourCompute(Subject subject) throws IOException {
        for (ReaderKind reader : ReaderKind.values()) {
            try (BundleCases bundle = new BundleCases(subject.bundle(reader), temporary)) {
                Findings found = fused(bundle);
                System.out.printf("%s, %s%n%s%n", subject, reader.id(), TextReport.details(found));
                assertThat(found.failures()).extracting(Finding::describe).isEmpty();
                assertThat(found.largestPerGraph()).containsOnlyKeys("encoder-memory-writer", "reader-decoder");
                assertThat(found.worst()).hasSize(2 * (7 + 4)); // with optimisations off and on
            }
        }
    }

    @Test
    void aFusedGraphOfAnotherModelIsCaughtByName() throws IOException {
        Path folder = temporary.resolve("bundle");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, folder);
        Path other = temporary.resolve("other");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, other);
        ChangedBundle.of(other).scaleWeight("reader-decoder", 1.01f);
        try (BundleCases bundle = new BundleCases(folder, temporary.resolve("scratch"))) {
            Files.copy(
                    other.resolve("reader-decoder.onnx"),
                    folder.resolve("reader-decoder.onnx"),
                    StandardCopyOption.REPLACE_EXISTING);
            assertThat(fused(bundle).failures())
                    .isNotEmpty()
                    .allSatisfy(row -> assertThat(row.describe()).contains("graph 'reader-decoder'"));
        }
    }

    private Findings fused(BundleCases bundle) throws IOException {
        return new Verification(temporary).run("test", List.of(JavaRuntime.CPU), bundle.fusedGraphs());
    }
}
