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

class WholeGraphsTest {

    @TempDir
    Path temporary;

    @ParameterizedTest
    @EnumSource(Subject.class)
    void wholeCallsComputeWhatTheFourGraphsAndAHostCompute(Subject subject) throws IOException {
        for (ReaderKind reader : ReaderKind.values()) {
            try (BundleCases bundle = new BundleCases(subject.bundle(reader), temporary)) {
                Findings found = whole(bundle);
                System.out.printf("%s, %s%n%s%n", subject, reader.id(), TextReport.details(found));
                assertThat(found.failures()).extracting(Finding::describe).isEmpty();
                assertThat(found.largestPerGraph()).containsOnlyKeys("write", "index", "recall", "generate", "score");
                assertThat(found.worst()).hasSize(2 * (2 + 2 + 5 + 2 + 3)); // with optimisations off and on
            }
        }
    }

    @Test
    void aWholeCallOfAnotherModelIsCaughtByName() throws IOException {
        Path folder = temporary.resolve("bundle");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, folder);
        Path other = temporary.resolve("other");
        Subject.DEREFERENCED.export(ReaderKind.GRIDSAMPLE, other);
        ChangedBundle.of(other).scaleWeight("index", 1.01f);
        try (BundleCases bundle = new BundleCases(folder, temporary.resolve("scratch"))) {
            Files.copy(other.resolve("index.onnx"), folder.resolve("index.onnx"), StandardCopyOption.REPLACE_EXISTING);
            assertThat(whole(bundle).failures())
                    .isNotEmpty()
                    .allSatisfy(row -> assertThat(row.describe()).contains("graph 'index'"));
        }
    }

    private Findings whole(BundleCases bundle) throws IOException {
        return new Verification(temporary).run("test", List.of(JavaRuntime.CPU), bundle.wholeGraphs());
    }
}
