package io.kanerva.exporter.random;

import io.kanerva.exporter.random.RandomNetworks.Genome;
import java.io.IOException;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * As many other random networks as wanted, by hand:
 *
 * <pre>
 * mvn -pl exporter/djl -am test -Dtest=RandomNetworksRun \
 *     -Djqwik.tries.default=3000 -Dsurefire.failIfNoSpecifiedTests=false
 * </pre>
 *
 * <p>The report names the seed; jqwik shrinks what fails. Not a test by its name: builds leave it out.
 */
class RandomNetworksRun {
    @Property(edgeCases = EdgeCasesMode.NONE)
    void aRandomNetworkAgreesWithItsGraph(@ForAll("genomes") Genome genome) throws IOException {
        RandomNetworks.check(genome);
    }

    @AfterContainer
    static void checkWithOnnx() {
        RandomNetworks.checkWithOnnx();
    }

    @Provide
    Arbitrary<Genome> genomes() {
        return RandomNetworks.genomes();
    }
}
