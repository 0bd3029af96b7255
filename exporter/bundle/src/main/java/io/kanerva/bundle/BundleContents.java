package io.kanerva.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.BundleGraph;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A bundle to make another one of: its bundle.json and all other files by their paths. This needs neither the trained
 * model nor DJL nor data.
 *
 * @param folder names it in messages
 */
record BundleContents(Path folder, ObjectNode json, Map<String, byte[]> files) {
    /** The names of the graphs that hold what was learned. */
    static final List<String> FOUR = BundleGraph.labels(BundleGraph.FOUR);

    /** @throws BundleExportException if the folder is unreadable or no bundle */
    static BundleContents of(Path folder) {
        Map<String, byte[]> files = new TreeMap<>();
        ObjectNode json;
        try {
            json = (ObjectNode) new ObjectMapper().readTree(Files.readAllBytes(folder.resolve(BundleDescription.FILE)));
            for (Map.Entry<String, JsonNode> file : json.get("files").properties()) {
                Path path = folder.resolve(file.getKey()).normalize();
                boolean isInside = path.startsWith(folder.normalize())
                        && path.toRealPath().startsWith(folder.toRealPath()); // where links lead, too
                if (!isInside) {
                    throw new BundleExportException(
                            "%s: expected files inside the bundle, found '%s'".formatted(folder, file.getKey()));
                }
                files.put(file.getKey(), Files.readAllBytes(path));
            }
        } catch (IOException | ClassCastException | NullPointerException e) {
            throw new BundleExportException(
                    "%s: expected a readable bundle, found an error (%s)".formatted(folder, e), e);
        }
        if (!json.path("format").asText().equals(BundleDescription.FORMAT)
                || json.path("formatVersion").asInt() != BundleDescription.FORMAT_VERSION) {
            throw new BundleExportException("%s: expected format %s, version %d, found %s, version %s"
                    .formatted(
                            folder.resolve(BundleDescription.FILE),
                            BundleDescription.FORMAT,
                            BundleDescription.FORMAT_VERSION,
                            json.path("format"),
                            json.path("formatVersion")));
        }
        if (!(json.get("settings") instanceof ObjectNode settings)
                || !BundleDescription.settingsDigest(settings)
                        .equals(json.path(BundleDescription.SETTINGS_DIGEST).asText())) {
            throw new BundleExportException("%s: expected settings that fit their %s, found others"
                    .formatted(folder, BundleDescription.SETTINGS_DIGEST));
        }
        try {
            BundleDescription.parsed(settings);
            FOUR.forEach(graph -> json.required("graphs").required(graph));
        } catch (BundleException e) {
            throw new BundleExportException(folder + "/" + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new BundleExportException(
                    "%s: expected all four graphs, found one missing (%s)"
                            .formatted(folder.resolve(BundleDescription.FILE), e.getMessage()),
                    e);
        }
        return new BundleContents(folder, json, files);
    }

    /** The four graphs by name. */
    Map<String, ModelProto> graphs() {
        Map<String, ModelProto> graphs = new LinkedHashMap<>();
        for (String graph : FOUR) {
            try {
                graphs.put(graph, ModelProto.parseFrom(files.get(graph + ".onnx")));
            } catch (InvalidProtocolBufferException | NullPointerException e) {
                throw new BundleExportException(
                        "%s: expected graph '%s' in '%s.onnx', found none or a malformed one"
                                .formatted(folder, graph, graph),
                        e);
            }
        }
        return graphs;
    }

    /** Puts the graphs that are whole calls, made of the four, among a bundle's files; no others stay. */
    static void put(Map<String, byte[]> files, ObjectNode json, Map<String, ModelProto> four) {
        files.keySet().removeIf(file -> file.endsWith(".onnx") && !four.containsKey(file.replace(".onnx", "")));
        WholeGraphs.of(four, BundleDescription.parsed(json.get("settings")))
                .forEach((graph, model) -> files.put(graph + ".onnx", OnnxFiles.toBytes(model)));
    }

    /** Describes graphs and files in bundle.json, and puts it among the files. */
    static void describe(Map<String, byte[]> files, ObjectNode json) {
        files.remove(BundleDescription.FILE);
        Map<String, String> digests = new TreeMap<>();
        files.forEach((path, bytes) -> digests.put(path, BundleFolder.digest(bytes)));
        ObjectNode graphs = (ObjectNode) json.get("graphs");
        FOUR.forEach(graph -> ((ObjectNode) graphs.get(graph)).put("sha256", digests.get(graph + ".onnx")));
        graphs.retain(FOUR);
        GraphSpec.describe(graphs, BundleGraph.WHOLE, BundleDescription.parsed(json.get("settings")), digests);
        ObjectNode listed = json.putObject("files");
        digests.forEach(listed::put);
        files.put(BundleDescription.FILE, (BundleDescription.text(json) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
