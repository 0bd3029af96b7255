package io.kanerva.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import io.kanerva.onnx.PreciseWeights;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The model card of a variant: what it is and costs, then the card of the bundle that it was made from. */
final class VariantCard {
    private VariantCard() {}

    /**
     * The card's text.
     *
     * @param original the source's card
     * @param description the variant's bundle.json
     */
    static String of(String original, JsonNode description, VariantCost cost) {
        String source = description.get("variantOf").asText();
        String name = description.get("name").asText();
        StringBuilder text = new StringBuilder();
        text.append(CardFront.metadata(
                name, description.at("/provenance/data").asText(), OptionalDouble.of(cost.nats()), cost.setting()));
        text.append(String.format(
                Locale.ROOT, """
                # %s

                **A variant of %s with %s weights**, made from its bundle; inputs, outputs and arithmetic are float32 \
                as before.

                """, name, source, description.get("weights").asText()));
        if (description.has("float32Weights")) {
            text.append(String.format(
                    Locale.ROOT,
                    "Kept in float32, so that every value x of an output stays within %s + "
                            + "%s |x| of the float32 model's: %s.\n\n",
                    PreciseWeights.ABSOLUTE,
                    PreciseWeights.RELATIVE,
                    StreamSupport.stream(description.get("float32Weights").spliterator(), false)
                            .map(JsonNode::asText)
                            .collect(Collectors.joining(", "))));
        }
        if (cost.isHigh()) {
            text.append(String.format(
                    Locale.ROOT,
                    "**This variant costs %.2f nats an image, more than %.1f: take the "
                            + "float32 bundle where quality counts.**\n\n",
                    cost.difference(),
                    VariantCost.MAX_NATS));
        }
        text.append(String.format(
                Locale.ROOT,
                """
                | | %s | this variant |
                |---|---:|---:|
                | negative bound, nats an image | %.4f | %.4f |
                | cost, nats an image | | %+.4f%s |
                | size of the four graphs, bytes | %,d | %,d |
                | recall of one query, median microseconds | %.0f | %.0f |

                Both measured in one run with the same noise: %s; %d episodes. Timed on %s.

                What follows is the card of %s; its numbers are the float32 model's.
                """,
                source,
                cost.sourceNats(),
                cost.nats(),
                cost.difference(),
                Double.isFinite(cost.standardError())
                        ? String.format(Locale.ROOT, " +- %.4f", cost.standardError())
                        : "",
                cost.sourceBytes(),
                cost.bytes(),
                cost.sourceMicroseconds(),
                cost.microseconds(),
                cost.setting(),
                cost.episodes(),
                cost.machine(),
                source));
        String body = CardFront.without(original);
        int[] image = StreamSupport.stream(
                        description.at("/settings/imageShape").spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
        return text.append(body.substring(body.indexOf('\n') + 1)
                        .replace(
                                CardFront.use(source, image[0], image[1], image[2]),
                                CardFront.use(name, image[0], image[1], image[2])))
                .toString();
    }
}
