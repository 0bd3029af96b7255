package io.kanerva.bundle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Writes bundle.json: a bundle's files with their digests, the shapes of its tensors, the settings and the model's
 * origin.
 */
final class BundleDescription {
    static final String FILE = "bundle.json";
    static final String FORMAT = "kanerva-bundle";
    static final int FORMAT_VERSION = 2;
    static final int OPSET = 17;
    static final int IR_VERSION = 8;
    static final String SETTINGS_DIGEST = "settingsSha256";

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private BundleDescription() {}

    /**
     * Returns the file's bytes.
     *
     * @param digests SHA-256 of every other file of the bundle by its path, in lower-case hexadecimal digits
     */
    static byte[] write(
            KanervaModel model, TrainingDetails details, BundleOptions options, Map<String, String> digests) {
        ObjectNode root = JSON.objectNode();
        root.put("format", FORMAT).put("formatVersion", FORMAT_VERSION).put("name", options.name());
        root.put("opset", OPSET).put("irVersion", IR_VERSION).put("reader", options.readerOf(model.settings()));
        ObjectNode settings = settings(model.settings());
        root.set("settings", settings);
        root.put(SETTINGS_DIGEST, settingsDigest(settings));
        ObjectNode graphs = root.putObject("graphs");
        GraphSpec.describe(graphs, List.of(BundleGraph.values()), parsed(settings), digests);
        ObjectNode files = root.putObject("files");
        digests.forEach(files::put);
        root.set("provenance", provenance(model, details));
        return (text(root) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    static ObjectNode settings(KanervaSettings s) {
        ObjectNode node = JSON.objectNode();
        node.put("writer", s.writer().toString())
                .put("addressing", s.addressing().toString())
                .put("likelihood", s.likelihood().toString());
        node.set(
                "imageShape",
                numbers(s.image().channels(), s.image().height(), s.image().width()));
        node.set(
                "memoryShape",
                numbers(s.memory().channels(), s.memory().height(), s.memory().width()));
        node.set(
                "blockShape",
                numbers(s.memory().channels(), s.block().rows(), s.block().columns()));
        node.put("keys", s.keys()).put("latent", s.latent());
        node.put("slotRows", s.slots().rows()).put("slotColumns", s.slots().columns());
        node.put("width", s.encoder().width()).put("capacity", s.grows() ? 0 : s.capacity());
        // Written only if they are not the defaults.
        if (s.memoryLayers() > 0) {
            node.put("memoryLayers", s.memoryLayers());
        }
        if (s.decoder().neighbours() > 0) {
            node.put("neighbours", s.decoder().neighbours());
        }
        if (s.latentLayout() != LatentLayout.VECTOR) {
            node.put("latentLayout", s.latentLayout().toString());
        }
        if (s.gist()) {
            node.put("scaleCells", 2);
        }
        if (s.encoder().kind() != EncoderKind.RESIDUAL) {
            node.put("encoder", s.encoder().kind().toString());
        }
        return node;
    }

    /** @throws io.kanerva.runtime.BundleException if settings are missing or contradict each other */
    static ModelSettings parsed(JsonNode settings) {
        return ModelSettings.parse(FILE + ": settings", settings.toString());
    }

    /**
     * The SHA-256 of the settings as JSON of one form: no blanks, members in the order of their names. Settings are
     * integers, plain words and arrays of them, so that every language writes the same.
     */
    static String settingsDigest(ObjectNode settings) {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
        try {
            return BundleFolder.digest(mapper.writeValueAsBytes(mapper.treeToValue(settings, Map.class)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static ArrayNode tensors(List<GraphTensor> tensors) {
        ArrayNode list = JSON.arrayNode();
        for (GraphTensor tensor : tensors) {
            ObjectNode node = list.addObject();
            node.put("name", tensor.name()).put("type", tensor.type());
            ArrayNode shape = node.putArray("shape");
            for (Dimension dimension : tensor.shape()) {
                if (dimension.isNamed()) {
                    shape.add(dimension.name());
                } else {
                    shape.add(dimension.size());
                }
            }
            node.put("meaning", tensor.meaning()).put("range", tensor.range());
        }
        return list;
    }

    private static ObjectNode provenance(KanervaModel model, TrainingDetails details) {
        ObjectNode node = JSON.objectNode();
        node.put("data", details.data())
                .put("binarisation", details.binarisation().toString())
                .put("augmentation", details.augmentation());
        node.put("episodeLength", details.episodeLength())
                .put("memoryFloats", model.settings().memoryFloats());
        node.put("keys", model.settings().keys()).put("seed", details.seed()).put("steps", details.steps());
        node.put("minutes", details.minutes()).put("parameters", model.parameterCount());
        node.put("commit", details.commit()).put("command", details.command());
        if (details.bound().isEmpty()) {
            return node.set("bound", JSON.nullNode());
        }
        BoundReport report = details.bound().get();
        ObjectNode bound = node.putObject("bound");
        number(bound, "nats", report.nats());
        number(bound, "standardError", report.standardError());
        number(bound, "reconstruction", report.reconstruction());
        number(bound, "klKeys", report.klKeys());
        number(bound, "klLatent", report.klLatent());
        bound.put("episodes", report.episodes()).put("setting", details.boundSetting());
        return node;
    }

    /** Writes NaN, the standard error of a single episode, as null, since JSON has no NaN. */
    static void number(ObjectNode node, String name, double value) {
        if (Double.isFinite(value)) {
            node.put(name, value);
        } else {
            node.putNull(name);
        }
    }

    private static ArrayNode numbers(int... numbers) {
        ArrayNode list = JSON.arrayNode();
        for (int number : numbers) {
            list.add(number);
        }
        return list;
    }

    /** Returns the same text on every system: indented by two spaces, with line feeds. */
    static String text(ObjectNode node) {
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
        try {
            return new ObjectMapper().writer(printer).writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
