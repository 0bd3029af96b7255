package io.kanerva.runtime;

import io.kanerva.runtime.TinyGraphs.Fault;
import io.kanerva.runtime.bundle.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Bundles of {@link TinyGraphs}, made in memory and written where a test needs them. */
final class TinyBundle {

    /** The three kinds of model. */
    enum Kind {
        HEAP("heap", "dereferenced"),
        HEAP_CONTINUOUS("heap", "continuous"),
        POOLED("pooled", "continuous");

        private final String settings;
        private final String reader;

        /** Height and width of the memory, as in a shape: a pooled memory has a margin around its slots. */
        final String plane;

        Kind(String writer, String addressing) {
            String trained = writer.equals("heap") ? "4,8" : "6,10";
            plane = addressing.equals("dereferenced") ? "\"H\",8" : trained;
            settings = """
                    {"writer":"%s","addressing":"%s","likelihood":"bernoulli","imageShape":[1,8,8],
                     "memoryShape":[2,%s],"blockShape":[2,2,2],"keys":1,"latent":3,"slotRows":2,"slotColumns":4,
                     "width":1,"capacity":%d}""".formatted(writer, addressing, trained, addressing.equals("dereferenced") ? 0 : 8);
            reader = addressing.equals("dereferenced") ? "gather" : "gridsample";
        }
    }

    /** File contents by name; a test may change them before it writes the bundle. */
    final Map<String, byte[]> files = new LinkedHashMap<>();

    /** bundle.json. */
    String json;

    TinyBundle(Kind kind) {
        this(kind, Fault.NONE);
    }

    TinyBundle(Kind kind, Fault fault) {
        files.put("encoder.onnx", TinyGraphs.encoder(fault));
        files.put("memory-writer.onnx", TinyGraphs.writer(kind));
        files.put("reader.onnx", TinyGraphs.reader(kind));
        files.put("decoder.onnx", TinyGraphs.decoder(fault));
        files.put("write.onnx", TinyGraphs.write(kind, fault));
        files.put("index.onnx", TinyGraphs.index(kind, fault));
        files.put("recall.onnx", TinyGraphs.recall());
        files.put("generate.onnx", TinyGraphs.generate(kind, fault));
        files.put("score.onnx", TinyGraphs.score(kind, fault));
        String content = tensor("content", "\"B\",\"T\",1,2,2,2");
        String traces = tensor("traces", "\"B\",\"Q\",1,2,2,2");
        String memory = tensor("memory", "\"B\",2," + kind.plane);
        String images = tensor("images", "\"B\",\"T\",1,8,8");
        String pointers = tensor("pointers", "\"B\",\"T\",1,3");
        String keys = tensor("keys", "\"B\",\"Q\",1,3");
        String contents = tensor("contents", "\"B\",\"T\",1,8,8");
        String features = tensor("features", "\"B\",\"T\",65");
        String logits = tensor("logits", "\"B\",\"Q\",1,8,8");
        List<String> encoded = List.of(
                content,
                tensor("key_mean", "\"B\",\"T\",1,3"),
                tensor("key_log_variance", "\"B\",\"T\",1,3"),
                tensor("latent_mean", "\"B\",\"T\",3"),
                tensor("latent_log_variance", "\"B\",\"T\",3"));
        List<String> read =
                List.of(traces, tensor("prior_mean", "\"B\",\"Q\",3"), tensor("prior_log_variance", "\"B\",\"Q\",3"));
        List<String> found = List.of(
                tensor("recalled", "\"B\",\"Q\",1,8,8"),
                tensor("sample", "\"B\",\"Q\"").replace("float32", "int64"),
                tensor("score", "\"B\",\"Q\""),
                tensor("scores", "\"B\",\"Q\",\"T\""),
                keys);
        List<String> terms = Stream.of("reconstruction", "kl_keys", "kl_latent")
                .map(term -> tensor(term, "\"B\",\"T\""))
                .toList();
        boolean isNamed = kind == Kind.HEAP;
        List<String> drawn = new ArrayList<>(isNamed ? List.of(memory, pointers) : List.of(memory));
        drawn.add(tensor("key_noise", "\"B\",\"N\",1,3"));
        drawn.add(tensor("noise", "\"B\",\"N\",3"));
        List<String> scored =
                new ArrayList<>(isNamed ? List.of(images) : List.of(images, tensor("key_noise", "\"B\",\"T\",1,3")));
        scored.add(tensor("noise", "\"B\",\"T\",3"));
        json = """
                {
                  "format": "kanerva-bundle", "formatVersion": 2, "name": "tiny", "opset": 17, "irVersion": 8,
                  "reader": "%s",
                  "settings": %s,
                  "settingsSha256": "%s",
                  "graphs": {
                %s
                  },
                  "files": {%s},
                  "provenance": {"data": "none", "binarisation": "threshold", "episodeLength": 8, "memoryFloats": %d,
                    "keys": 1, "seed": 1, "steps": 0, "minutes": 0.0, "parameters": 0, "commit": "", "command": "",
                    "bound": {"nats": 12.5, "standardError": 0.25, "reconstruction": 8.0, "klKeys": 4.0,
                      "klLatent": 0.5, "episodes": 3, "setting": "made up"}}
                }
                """.formatted(
                kind.reader,
                kind.settings,
                digest(kind.settings),
                String.join(
                        ",\n",
                        graph("encoder", List.of(images), encoded),
                        graph("memory-writer", List.of(content), List.of(memory, pointers)),
                        graph("reader", List.of(memory, keys), read),
                        graph("decoder", List.of(tensor("latent", "\"B\",\"Q\",3"), traces), List.of(logits)),
                        graph("write", List.of(images), List.of(memory, pointers)),
                        graph("index", List.of(memory, pointers), List.of(contents, features)),
                        graph(
                                "recall",
                                List.of(contents, features, pointers, tensor("queries", "\"B\",\"Q\",1,8,8")),
                                found),
                        graph(
                                "generate",
                                drawn,
                                List.of(tensor("generated", "\"B\",\"N\",1,8,8"), tensor("keys", "\"B\",\"N\",1,3"))),
                        graph("score", scored, terms)),
                files.keySet().stream()
                        .map(file -> "\"%s\": \"%s\"".formatted(file, Sha256.hex(files.get(file))))
                        .collect(Collectors.joining(", ")),
                kind == Kind.POOLED ? 120 : 64);
    }

    /** The digest of settings without nested objects: their members in the order of their names, without blanks. */
    private static String digest(String settings) {
        String members = settings.replaceAll("\\s", "").replaceAll("^\\{|}$", "");
        return Sha256.hex(Stream.of(members.split(",(?=\")"))
                .sorted(Comparator.comparing(member -> member.substring(0, member.indexOf(':'))))
                .collect(Collectors.joining(",", "{", "}"))
                .getBytes(StandardCharsets.UTF_8));
    }

    /** Has bundle.json state the digest of its settings, which were edited. */
    TinyBundle sign() {
        String settings = json.substring(json.indexOf("\"settings\":") + 11, json.indexOf("\"settingsSha256\""));
        String old = json.substring(json.indexOf("\"settingsSha256\": \"") + 19).substring(0, 64);
        return edit(old, digest(settings.substring(0, settings.lastIndexOf(',')).strip()));
    }

    /** Opens a fresh bundle of that kind on the CPU. */
    static Kanerva open(Kind kind, Path folder) {
        return Kanerva.load(new TinyBundle(kind).write(folder), Device.CPU);
    }

    /** Writes all files into {@code folder}, which it makes and returns. */
    Path write(Path folder) {
        try {
            Files.createDirectories(folder);
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
            Files.writeString(folder.resolve("bundle.json"), json);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts another graph in a graph's place and has bundle.json state its digest. */
    TinyBundle replace(String file, byte[] bytes) {
        json = json.replace(Sha256.hex(files.get(file)), Sha256.hex(bytes));
        files.put(file, bytes);
        return this;
    }

    /** Replaces the first occurrence of a piece of bundle.json, which must be there. */
    TinyBundle edit(String from, String to) {
        int at = json.indexOf(from);
        if (at < 0) {
            throw new IllegalArgumentException("bundle.json holds no " + from);
        }
        json = json.substring(0, at) + to + json.substring(at + from.length());
        return this;
    }

    private String graph(String name, List<String> inputs, List<String> outputs) {
        return ("    \"%s\": {\"file\": \"%s.onnx\", \"sha256\": \"%s\",\n      \"inputs\": [%s],\n      "
                        + "\"outputs\": [%s]}")
                .formatted(
                        name,
                        name,
                        Sha256.hex(files.get(name + ".onnx")),
                        String.join(",\n", inputs),
                        String.join(",\n", outputs));
    }

    private static String tensor(String name, String shape) {
        return "{\"name\":\"%s\",\"type\":\"float32\",\"shape\":[%s],\"meaning\":\"\",\"range\":\"\"}"
                .formatted(name, shape);
    }
}
