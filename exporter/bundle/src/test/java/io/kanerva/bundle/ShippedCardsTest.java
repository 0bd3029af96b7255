package io.kanerva.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The cards of the bundles that ship begin as the exporter begins a card today. */
class ShippedCardsTest {
    private static final Path BUNDLES = Path.of("../../models/bundles");

    static List<String> names() throws IOException {
        return Files.readAllLines(BUNDLES.resolve("names.txt"));
    }

    @ParameterizedTest
    @MethodSource("names")
    void theCardHasItsMetadataAndItsLinesOfEachLanguage(String name) throws IOException {
        Path bundle = BUNDLES.resolve(name);
        JsonNode json =
                new ObjectMapper().readTree(bundle.resolve("bundle.json").toFile());
        boolean isVariant = json.has("cost");
        String card = Files.readString(bundle.resolve("MODEL_CARD.md"));
        JsonNode shape = json.at("/settings/imageShape");
        assertThat(card)
                .startsWith(CardFront.metadata(
                                name,
                                json.at("/provenance/data").asText(),
                                OptionalDouble.of(json.at(isVariant ? "/cost/nats" : "/provenance/bound/nats")
                                        .asDouble()),
                                json.at(isVariant ? "/cost/setting" : "/provenance/bound/setting")
                                        .asText())
                        + "# " + name + "\n")
                .containsOnlyOnce(CardFront.use(
                        name,
                        shape.get(0).asInt(),
                        shape.get(1).asInt(),
                        shape.get(2).asInt()));
    }
}
