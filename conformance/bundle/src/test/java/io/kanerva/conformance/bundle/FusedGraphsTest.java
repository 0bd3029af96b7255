package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FusedGraphsTest {

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource(Subject.class)
    void fusedGraphsComputeWhatTheFourCompute(Subject subject) {
        for (ReaderKind reader : ReaderKind.values()) {
            try (BundleVerification verification = new BundleVerification(subject.bundle(reader))) {
                Agreement found = verification.fusedGraphs();
                System.out.printf("%s, %s%n%s%n", subject, reader.id(), found.toText());
                assertThat(found.failures()).extracting(Agreement.Row::describe).isEmpty();
                assertThat(found.largestPerGraph()).containsOnlyKeys("encoder-memory-writer", "reader-decoder");
                assertThat(found.summary()).hasSize(7 + 4);
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
        try (BundleVerification verification = new BundleVerification(folder)) {
            Files.copy(
                    other.resolve("reader-decoder.onnx"),
                    folder.resolve("reader-decoder.onnx"),
                    StandardCopyOption.REPLACE_EXISTING);
            assertThat(verification.fusedGraphs().failures())
                    .isNotEmpty()
                    .allSatisfy(row -> assertThat(row.describe()).contains("graph 'reader-decoder'"));
        }
    }
}
