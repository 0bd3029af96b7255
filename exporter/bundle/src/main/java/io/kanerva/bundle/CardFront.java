package io.kanerva.bundle;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a model card begins with: metadata in YAML, as model hubs read it (huggingface/hub-docs, modelcard.md), and the
 * lines with which each language uses the model.
 */
final class CardFront {
    private static final String FENCE = "---\n";

    /** The names of data sets at the Hugging Face hub; Omniglot has no canonical one. */
    private static final Map<String, String> HUB = Map.of(
            "mnist", "ylecun/mnist",
            "cifar10", "uoft-cs/cifar10",
            "fashion-mnist", "zalando-datasets/fashion_mnist");

    private CardFront() {}

    /**
     * The metadata, with the lines that enclose it.
     *
     * @param data name of the training data
     * @param nats the negative bound in nats an image; empty if it was not measured
     * @param setting how the bound was measured
     */
    static String metadata(String name, String data, OptionalDouble nats, String setting) {
        List<String> lines = new ArrayList<>(List.of(
                "license: apache-2.0",
                "library_name: kanerva",
                "pipeline_tag: unconditional-image-generation",
                "tags:",
                "- onnx",
                "- kanerva",
                "- generative-memory",
                "- associative-memory"));
        if (HUB.containsKey(data)) {
            lines.addAll(List.of("datasets:", "- " + HUB.get(data)));
        }
        lines.addAll(List.of("metrics:", "- negative-bound"));
        if (nats.isPresent()) {
            lines.addAll(List.of(
                    "model-index:",
                    "- name: " + quoted(name),
                    "  results:",
                    "  - task:",
                    "      type: unconditional-image-generation",
                    "    dataset:",
                    "      type: " + quoted(HUB.getOrDefault(data, data)),
                    "      name: " + quoted(setting),
                    "    metrics:",
                    "    - type: negative-bound",
                    "      name: negative bound, nats an image",
                    String.format(Locale.ROOT, "      value: %.4f", nats.getAsDouble())));
        }
        return FENCE + String.join("\n", lines) + "\n" + FENCE + "\n";
    }

    /** A card without its metadata, if it has any. */
    static String without(String card) {
        int end = card.startsWith(FENCE) ? card.indexOf("\n" + FENCE, FENCE.length()) : -1;
        return end < 0 ? card : card.substring(end + FENCE.length() + 1).stripLeading();
    }

    /** The section that shows how each language uses a model of this image shape. */
    static String use(String name, int channels, int height, int width) {
        return String.format(Locale.ROOT, """
                ## Use

                An episode is [1, T, %2$d, %3$d, %4$d], with values in [0, 1]. In Java (`kanerva-runtime`):

                ```java
                Kanerva kanerva = Kanerva.load(Path.of("%1$s"), Device.AUTO);
                Memory memory = kanerva.write(episode);
                Recall recall = kanerva.recall(memory, damaged, 3); // images, and the sample that each query found
                Generation dream = kanerva.generate(memory, 16, 42); // sixteen images from random keys, seed 42
                memory.save(Path.of("episode.memory")); // for the other languages, too
                ```

                In Python (`conformance/clients/python`):

                ```python
                kanerva = Kanerva.load("%1$s")
                memory = kanerva.write(episode)
                recall = kanerva.recall(memory, damaged, iterations=3)
                dream = kanerva.generate(memory, count=16, seed=42)
                memory.save("episode.memory")
                ```

                In JavaScript (`conformance/clients/javascript`), in Node.js and in browsers:

                ```js
                const kanerva = await Kanerva.load(folder('%1$s'), ort);
                const memory = await kanerva.write(episode);
                const recall = await kanerva.recall(memory, damaged, 3);
                const dream = await kanerva.generate(memory, 16, 42n);
                writeFileSync('episode.memory', await encodeMemory(memory));
                ```

                In Go, Rust and C++ (`conformance/clients`):

                ```go
                model, err := kanerva.Load("%1$s")
                memory, err := model.Write(episode)
                recall, err := model.Recall(memory, damaged, 3)
                dream, err := model.Generate(memory, 16, 42)
                ```

                ```rust
                let mut model = Kanerva::load("%1$s")?;
                let memory = model.write(&episode)?;
                let recall = model.recall(&memory, &damaged, 3)?;
                let dream = model.generate(&memory, 16, 42)?;
                ```

                ```cpp
                const kanerva::Kanerva model("%1$s");
                const auto memory = model.write(episode);
                const auto recall = model.recall(memory, damaged, 3);
                const auto dream = model.generate(memory, 16, 42);
                ```

                """, name, channels, height, width);
    }

    /** A text in double quotes, whose escapes YAML shares with JSON. */
    private static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }
}
