package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.bundle.ReaderKind;
import io.kanerva.trainer.model.KanervaModel;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The proof: every model and both readers, down PyTorch, ONNX Runtime's own API and the runtime. Prints what it finds.
 */
class BundleVerificationTest {

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
        "QUICKSTART, GRIDSAMPLE",
        "QUICKSTART, MATMUL"
    })
    @DisplayName("vectors, graphs against blocks, and the whole pipeline agree")
    void allPathsAgree(Subject subject, ReaderKind reader) {
        try (KanervaModel model = subject.model();
                BundleVerification verification = new BundleVerification(subject.bundle(reader))) {
            assertThat(verification.changedFiles()).isEmpty();
            assertThat(verification.graphFacts())
                    .hasSize(6)
                    .allSatisfy(facts -> assertThat(facts.problems()).isEmpty());
            assertThat(verification.graphFacts().get(2).operators().containsKey("GridSample"))
                    .isEqualTo(reader == ReaderKind.GRIDSAMPLE);
            Agreement found = verification
                    .vectors()
                    .and(verification.againstModel(model, subject.images(40)))
                    .and(verification.pipeline(model, subject.images(40), 7))
                    .and(verification.fullMemory());
            System.out.printf("%s, %s%n%s%n", subject, reader.id(), found.toText());
            assertThat(found.failures()).extracting(Agreement.Row::describe).isEmpty();
            assertThat(found.largestPerGraph())
                    .containsOnlyKeys("encoder", "memory-writer", "reader", "decoder", "pipeline");
            assertThat(found.summary())
                    .hasSize(2 * 11 + 5)
                    .allSatisfy(row -> assertThat(row.difference().count()).isPositive());
        }
    }

    @ParameterizedTest
    @EnumSource(Subject.class)
    void gridSampleAndMatrixProductsReadTheSame(Subject subject) {
        try (BundleVerification sampled = new BundleVerification(subject.bundle(ReaderKind.GRIDSAMPLE));
                BundleVerification multiplied = new BundleVerification(subject.bundle(ReaderKind.MATMUL))) {
            Agreement found = sampled.againstBundle(multiplied, "GridSample / products");
            System.out.printf("%s%n%s%n", subject, found.toText());
            assertThat(found.failures()).extracting(Agreement.Row::describe).isEmpty();
            assertThat(found.rows())
                    .filteredOn(row -> row.difference().output().equals("traces"))
                    .isNotEmpty();
        }
    }
}
