package io.kanerva.conformance.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.ShippedBundles;
import io.kanerva.conformance.check.Finding;
import io.kanerva.conformance.check.Findings;
import io.kanerva.conformance.check.Verification;
import io.kanerva.conformance.report.TextReport;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.models.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
            Path folder = ShippedBundles.copy(name, temporary);
            try (BundleCases bundle = new BundleCases(folder, temporary.resolve("scratch-" + name))) {
                assertThat(bundle.changedFiles()).isEmpty();
                Verification verification = new Verification(temporary.resolve("between"));
                Findings found = verification
                        .run(name, List.of(JavaRuntime.CPU), bundle.vectors())
                        .and(verification.run(
                                name, List.of(new KanervaRuntime(List.of(bundle))), bundle.throughRuntime()));
                System.out.printf("%s%n%s%n", name, TextReport.details(found));
                assertThat(found.failures()).extracting(Finding::describe).isEmpty();
                assertThat(found.worst()).hasSize(2 * 11 + 11); // optimisations off and on; the runtime
                Findings full = verification.run(name, List.of(JavaRuntime.CPU), bundle.fullMemory());
                assertThat(full.worst())
                        .as(name)
                        .hasSize(2 * 2)
                        .allMatch(row -> row.comparison().within());
            }
        }
    }
}
