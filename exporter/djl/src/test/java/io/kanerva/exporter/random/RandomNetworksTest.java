package io.kanerva.exporter.random;

import io.kanerva.exporter.random.RandomNetworks.Genome;
import java.io.IOException;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;

/** The same hundred random networks in every build; {@link RandomNetworksRun} draws others, as many as wanted. */
@Tag("long")
class RandomNetworksTest {
    @Property(tries = 100, seed = "20261123", edgeCases = EdgeCasesMode.NONE)
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
