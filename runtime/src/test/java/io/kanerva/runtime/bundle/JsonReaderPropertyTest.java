package io.kanerva.runtime.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.BundleException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

class JsonReaderPropertyTest {

    @Property(tries = 2_000, seed = "1")
    void anyBytesEitherReadOrAreRefused(@ForAll @Size(max = 40) byte[] bytes) {
        try {
            assertThat(JsonReader.read("x.json", bytes)).isNotNull();
        } catch (BundleException e) {
            assertThat(e).hasMessageStartingWith("x.json: ");
        }
    }
}
