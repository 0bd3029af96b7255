package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.BundleVariant;
import io.kanerva.bundle.ReaderKind;
import io.kanerva.bundle.VariantPrice;
import io.kanerva.onnx.WeightType;
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
    void aVariantKeepsItsOwnBudgetsAndMissesThoseOfFloat32(Subject subject, WeightType weights) {
        Path folder = temporary.resolve("variant");
        BundleVariant.of(subject.bundle(ReaderKind.GRIDSAMPLE), weights, OnnxGraph.runner())
                .write(new VariantPrice(1, 1, 0, 1, "nothing", 1, 1, 1, 1, "nothing"), folder, false);
        try (BundleVerification verification = new BundleVerification(folder)) {
            assertThat(verification.changedFiles()).isEmpty();
            assertThat(verification.graphFacts())
                    .allSatisfy(facts -> assertThat(facts.problems()).isEmpty());
            Agreement found = verification.vectors();
            System.out.printf("%s, %s%n%s%n", subject, weights, found.toText());
            assertThat(found.failures()).extracting(Agreement.Row::describe).isEmpty();
            assertThat(found.rows())
                    .filteredOn(row -> row.graph().equals("decoder"))
                    .allSatisfy(row -> assertThat(row.difference().largest()).isGreaterThan(Budget.LOGITS));
            assertThat(verification.fusedGraphs().failures()).isEmpty();
            assertThat(List.of("float16", "int8"))
                    .contains(verification.bundle().weights());
        }
    }
}
