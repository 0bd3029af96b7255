package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.models.Models;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bundles that ship were trained on real images; Fashion-MNIST's vectors are made of real images too, the others'
 * of drawn ones.
 */
class ShippedBundlesTest {

    @TempDir
    Path temporary;

    @Test
    void everyShippedBundleAnswersItsVectorsAsPyTorchDid() throws IOException {
        assertThat(Models.names()).isNotEmpty();
        for (String name : Models.names()) {
            try (BundleVerification verification = new BundleVerification(ShippedBundles.copy(name, temporary))) {
                assertThat(verification.changedFiles()).isEmpty();
                Agreement found = verification.vectors();
                System.out.printf("%s%n%s%n", name, found.toText());
                assertThat(found.failures()).extracting(Agreement.Row::describe).isEmpty();
                assertThat(found.summary()).hasSize(22);
                assertThat(verification.fullMemory().rows())
                        .as(name)
                        .hasSize(2)
                        .allMatch(row -> row.difference().within());
            }
        }
    }
}
