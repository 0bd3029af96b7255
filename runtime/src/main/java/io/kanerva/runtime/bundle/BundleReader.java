package io.kanerva.runtime.bundle;

import io.kanerva.runtime.*;
import io.kanerva.runtime.ModelSettings.Addressing;
import io.kanerva.runtime.ModelSettings.Writer;
import io.kanerva.runtime.Provenance.MeasuredBound;
import io.kanerva.runtime.math.LogisticMixture;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads a bundle.json and checks it for contradictions. */
final class BundleReader {

    /** The opset of the format. */
    private static final int OPSET = 17;

    private static final int IR_VERSION = 8;

    private static final int MAX_NAME = 200;

    /** Maximum values of a tensor for one image. */
    private static final int MAX_VALUES = 1 << 28;

    /** Maximum image channels: a mixture has in the order of their square as parameters of a pixel. */
    private static final int MAX_IMAGE_CHANNELS = 1 << 10;

    /** Rows of slots of the largest memory: float32 holds all smaller whole numbers, which name them. */
    private static final int MAX_ROWS = 1 << 24;

    private BundleReader() {}

    /** The bundle that {@code bytes}, a bundle.json, describe; {@code source} names the file in messages. */
    static Bundle read(String source, byte[] bytes) {
        JsonNode json = JsonReader.read(source, bytes);
        if (!json.get("format").string().equals("kanerva-bundle")) {
            throw json.get("format")
                    .error("\"kanerva-bundle\"", '"' + json.get("format").string() + '"');
        }
        int version = json.get("formatVersion").integer(1, Integer.MAX_VALUE);
        if (version != Bundle.FORMAT_VERSION) {
            throw new BundleException(
                    "%s: expected bundle format version %d, found %d; %s",
                    source,
                    Bundle.FORMAT_VERSION,
                    version,
                    version > Bundle.FORMAT_VERSION ? "update the runtime" : "export the model again");
        }
        ModelSettings settings = settings(json.get("settings"));
        Map<String, GraphDescription> graphs = new LinkedHashMap<>();
        json.get("graphs").members().forEach((name, graph) -> graphs.put(name, graph(graph)));
        for (BundleGraph graph : BundleGraph.values()) {
            if (BundleGraph.WHOLE.contains(graph) && !graphs.containsKey(graph.label())) {
                throw json.get("graphs")
                        .error(
                                "a graph '" + graph.label() + "', which `kpp renew` adds to a bundle without it",
                                Text.shortened(graphs.keySet().toString()));
            }
            JsonNode described = json.get("graphs").get(graph.label());
            Signature expected = new Signature(graph, settings);
            check(described.get("inputs"), expected.inputs());
            check(described.get("outputs"), expected.outputs());
        }
        String digest = Sha256.hex(json.get("settings").canonical().getBytes(StandardCharsets.US_ASCII));
        if (!sha256(json.get("settingsSha256")).equals(digest)) {
            throw json.get("settingsSha256")
                    .error(
                            "the SHA-256 of the settings, %s (were they changed?)".formatted(digest),
                            json.get("settingsSha256").string());
        }
        Map<String, String> files = new LinkedHashMap<>();
        json.get("files").members().forEach((file, sum) -> {
            if (!BundleSource.isInside(file)) {
                throw json.get("files").error("paths inside the bundle", "'" + Text.shortened(file) + "'");
            }
            files.put(file, sha256(sum));
        });
        graphs.forEach((name, graph) -> {
            String listed = files.getOrDefault(graph.file(), graph.sha256());
            if (!listed.equals(graph.sha256())) {
                throw json.get("graphs").get(name).get("sha256").error(listed + ", as under files", graph.sha256());
            }
        });
        return new Bundle(
                name(json.get("name")),
                version,
                json.get("opset").integer(OPSET),
                json.get("irVersion").integer(IR_VERSION),
                json.get("reader").oneOf("gather", "gridsample", "matmul"),
                settings,
                json.has("weights") ? json.get("weights").oneOf("float32", "float16", "int8") : "float32",
                graphs,
                files,
                provenance(json.get("provenance"), settings));
    }

    private static String name(JsonNode json) {
        if (json.string().isBlank() || json.string().length() > MAX_NAME) {
            throw json.error(
                    "a name of 1 to %d characters".formatted(MAX_NAME), '"' + Text.shortened(json.string()) + '"');
        }
        return json.string();
    }

    static ModelSettings settings(JsonNode json) {
        Writer writer = json.get("writer").oneOf(Writer.class);
        Addressing addressing = json.get("addressing").oneOf(Addressing.class);
        int capacity = json.get("capacity").integer(0, 1 << 30);
        if (writer == Writer.HEAP && addressing == Addressing.DEREFERENCED) {
            json.get("capacity").integer(0);
            capacity = growth(json);
        }
        ModelSettings settings = new ModelSettings(
                writer,
                addressing,
                json.get("likelihood").oneOf(Likelihood.class),
                planes(json.get("imageShape")),
                planes(json.get("memoryShape")),
                planes(json.get("blockShape")),
                json.get("keys").integer(1, 1024),
                json.get("latent").integer(1, 1 << 20),
                json.get("slotRows")
                        .integer(0, json.get("memoryShape").elements().get(1).integer(1, 1 << 16)),
                json.get("slotColumns")
                        .integer(0, json.get("memoryShape").elements().get(2).integer(1, 1 << 16)),
                json.has("memoryLayers") ? json.get("memoryLayers").integer(0, 1 << 10) : 0,
                json.get("width").integer(0, ModelSettings.MAX_WIDTH),
                capacity,
                json.has("neighbours") ? json.get("neighbours").integer(0, 24) : 0,
                json.has("scaleCells") ? json.get("scaleCells").integer(1, 2) : 1);
        check(json, settings);
        checkSizes(json, settings);
        return settings;
    }

    /** Samples whose slots fit into the largest memory that grows. */
    private static int growth(JsonNode json) {
        Planes block = planes(json.get("blockShape"));
        long columns = json.get("slotColumns").integer(1, 1 << 16);
        long rows = Math.min(MAX_ROWS, MAX_VALUES / (block.floats() * columns));
        return (int) (rows * columns / json.get("keys").integer(1, 1024));
    }

    private static void checkSizes(JsonNode json, ModelSettings settings) {
        Planes image = settings.image();
        json.get("imageShape").elements().get(0).integer(1, MAX_IMAGE_CHANNELS);
        double parameters = (double) settings.likelihood().channels(settings) * image.height() * image.width();
        if (parameters > MAX_VALUES) {
            throw json.get("imageShape").error("at most 2^28 parameters of its pixels", image.toString());
        }
        if ((double) settings.keys() * settings.block().floats() > MAX_VALUES) {
            throw json.get("keys").error("at most 2^28 values in a sample's blocks", settings.keys() + " keys");
        }
    }

    private static void check(JsonNode json, ModelSettings settings) {
        Planes block = settings.block();
        Planes memory = settings.memory();
        if (block.channels() != memory.channels()
                || block.height() > memory.height()
                || block.width() > memory.width()) {
            throw json.get("blockShape").error("a block that fits memory " + memory, block.toString());
        }
        int neighbours = settings.neighbours();
        int reach = LogisticMixture.reach(neighbours);
        if (neighbours != 2 * reach * (reach + 1)) {
            throw json.get("neighbours").error("0, 4, 12 or 24", Integer.toString(neighbours));
        }
        if (neighbours > 0 && settings.likelihood() == Likelihood.BERNOULLI) {
            throw json.get("neighbours").error("0 for a Bernoulli likelihood", Integer.toString(neighbours));
        }
        if (settings.scaleCells() > 1 && settings.addressing() == Addressing.CONTINUOUS) {
            throw json.get("scaleCells").error("1 for continuous addressing", "2");
        }
        for (String name : List.of("encoder", "latentLayout")) {
            if (json.has(name)) {
                json.get(name).string();
            }
        }
        if (settings.writer() == Writer.POOLED) {
            if (settings.addressing() != Addressing.CONTINUOUS) {
                throw json.get("addressing")
                        .error(
                                "continuous for a pooled writer",
                                settings.addressing().name().toLowerCase(Locale.ROOT));
            }
            long height = memory.height() - (long) settings.slotRows() * block.height();
            long width = memory.width() - (long) settings.slotColumns() * block.width();
            if (Math.min(height, width) < 2 || height > block.height() || width > block.width()) {
                throw json.get("memoryShape")
                        .error(
                                "a margin of 2 pixels to a block on each axis of a pooled writer's %d x %d slots"
                                        .formatted(settings.slotRows(), settings.slotColumns()),
                                memory.toString());
            }
        } else if (settings.memoryLayers() > 0) {
            throw json.get("memoryLayers").error("0 for a heap", Integer.toString(settings.memoryLayers()));
        }
        int slots = settings.slotRows() * settings.slotColumns();
        int keys = settings.keys();
        if (slots < keys) {
            throw json.get("slotColumns").error("slots for at least one sample of " + keys + " keys", slots + " slots");
        }
        if (settings.grows()) {
            long height = (long) settings.slotRows() * block.height();
            long width = (long) settings.slotColumns() * block.width();
            if (memory.height() != height || memory.width() != width) {
                throw json.get("memoryShape")
                        .error("%d x %d, as its slots take".formatted(height, width), memory.toString());
            }
        } else if (settings.capacity() != slots / keys) {
            throw json.get("capacity")
                    .error("%d, slots over keys".formatted(slots / keys), Integer.toString(settings.capacity()));
        }
    }

    private static Planes planes(JsonNode json) {
        List<JsonNode> sizes = json.elements();
        if (sizes.size() != 3) {
            throw json.error("[channels, height, width]", sizes.size() + " numbers");
        }
        int channels = sizes.get(0).integer(1, 1 << 16);
        int height = sizes.get(1).integer(1, 1 << 16);
        int width = sizes.get(2).integer(1, 1 << 16);
        if ((double) channels * height * width > MAX_VALUES) {
            throw json.error("at most 2^28 values", "[%d, %d, %d]".formatted(channels, height, width));
        }
        return new Planes(channels, height, width);
    }

    private static GraphDescription graph(JsonNode json) {
        if (!BundleSource.isInside(json.get("file").string())) {
            throw json.get("file")
                    .error("a path inside the bundle", '"' + json.get("file").string() + '"');
        }
        return new GraphDescription(
                json.get("file").string(),
                sha256(json.get("sha256")),
                tensors(json.get("inputs")),
                tensors(json.get("outputs")));
    }

    private static List<TensorDescription> tensors(JsonNode json) {
        return json.elements().stream()
                .map(tensor -> new TensorDescription(
                        tensor.get("name").string(),
                        tensor.get("type").string(),
                        tensor.get("shape").elements().stream()
                                .map(BundleReader::dimension)
                                .toList(),
                        text(tensor, "meaning"),
                        text(tensor, "range")))
                .toList();
    }

    private static String dimension(JsonNode json) {
        return json.value() instanceof String ? json.string() : Integer.toString(json.integer(1, Integer.MAX_VALUE));
    }

    /** Checks that bundle.json describes a graph's inputs or outputs as its settings require. */
    private static void check(JsonNode json, List<TensorDescription> expected) {
        List<String> wanted = summaries(expected);
        List<String> found = summaries(tensors(json));
        if (!wanted.equals(found)) {
            throw json.error(wanted.toString(), found.toString());
        }
    }

    /** Name, type and shape of each tensor, such as {@code keys float32[B, Q, 1, 3]}. */
    private static List<String> summaries(List<TensorDescription> tensors) {
        return tensors.stream()
                .map(tensor -> tensor.name() + " " + tensor.type() + tensor.shape())
                .toList();
    }

    private static String sha256(JsonNode json) {
        String digits = json.string();
        boolean isDigest = digits.length() == 64;
        for (int i = 0; i < digits.length(); i++) {
            isDigest &= "0123456789abcdef".indexOf(digits.charAt(i)) >= 0;
        }
        if (!isDigest) {
            throw json.error("64 lower-case hexadecimal digits", '"' + json.string() + '"');
        }
        return json.string();
    }

    private static Provenance provenance(JsonNode json, ModelSettings settings) {
        if (json.has("memoryFloats")) {
            json.get("memoryFloats").integer(settings.memory().floats());
        }
        if (json.has("keys")) {
            json.get("keys").integer(settings.keys());
        }
        return new Provenance(
                text(json, "data"),
                text(json, "binarisation"),
                json.has("episodeLength") ? json.get("episodeLength").integer(0, Integer.MAX_VALUE) : 0,
                count(json, "memoryFloats"),
                (int) count(json, "keys"),
                json.has("seed") ? json.get("seed").integer() : 0,
                count(json, "steps"),
                amount(json, "minutes"),
                count(json, "parameters"),
                text(json, "commit"),
                text(json, "command"),
                json.has("bound") ? Optional.of(bound(json.get("bound"))) : Optional.empty());
    }

    private static MeasuredBound bound(JsonNode json) {
        return new MeasuredBound(
                json.get("nats").number(),
                amount(json, "standardError"),
                number(json, "reconstruction"),
                number(json, "klKeys"),
                number(json, "klLatent"),
                count(json, "episodes"),
                text(json, "setting"));
    }

    private static String text(JsonNode json, String name) {
        return json.has(name) ? json.get(name).string() : "";
    }

    private static long count(JsonNode json, String name) {
        return json.has(name) ? json.get(name).count() : 0;
    }

    private static double amount(JsonNode json, String name) {
        return json.has(name) ? json.get(name).amount() : 0;
    }

    private static double number(JsonNode json, String name) {
        return json.has(name) ? json.get(name).number() : 0;
    }
}
