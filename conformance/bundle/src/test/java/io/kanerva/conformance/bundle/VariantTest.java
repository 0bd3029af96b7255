package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.BundleVariant;
import io.kanerva.bundle.ReaderKind;
import io.kanerva.bundle.VariantCost;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.onnx.WeightType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VariantTest {

    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({
        "DEREFERENCED, FLOAT16",
        "DEREFERENCED, INT8",
        "POOLED_TWO_KEYS, FLOAT16",
        "POOLED_TWO_KEYS, INT8",
        "QUICKSTART, FLOAT16",
        "QUICKSTART, INT8"
    })
    void aVariantKeepsItsOwnBudgetsAndMissesThoseOfFloat32(Subject subject, WeightType weights) throws IOException {
        Path folder = temporary.resolve("variant");
        BundleVariant.of(subject.bundle(ReaderKind.GRIDSAMPLE), weights, JavaRuntime.runner())
                .write(new VariantCost(1, 1, 0, 1, "nothing", 1, 1, 1, 1, "nothing"), folder, false);
        try (BundleCases bundle = new BundleCases(folder, temporary.resolve("scratch"))) {
            assertThat(bundle.changedFiles()).isEmpty();
            assertThat(bundle.graphProblems()).isEmpty();
            Verification verification = new Verification(temporary.resolve("between"));
            Findings found = verification
                    .run("test", List.of(JavaRuntime.CPU), bundle.vectors())
                    .and(verification.run(
                            "test", List.of(new KanervaRuntime(List.of(bundle))), bundle.throughRuntime()));
            System.out.printf("%s, %s%n%s%n", subject, weights, TextReport.details(found));
            assertThat(found.failures()).extracting(Finding::describe).isEmpty();
            assertThat(found.findings())
                    .filteredOn(row -> row.comparison().output().equals("logits"))
                    .isNotEmpty()
                    .allSatisfy(row -> assertThat(row.comparison().largest()).isGreaterThan(BundleBudget.LOGITS));
            assertThat(verification
                            .run("test", List.of(JavaRuntime.CPU), bundle.wholeGraphs())
                            .failures())
                    .isEmpty();
            assertThat(List.of("float16", "int8")).contains(bundle.bundle().weights());
        }
    }
}
