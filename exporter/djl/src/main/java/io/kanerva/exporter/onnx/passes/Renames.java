package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Node;
import java.util.HashMap;
import java.util.Map;

/** New names for the values of removed nodes. */
final class Renames {
    private final Map<String, String> names = new HashMap<>();

    void put(String from, String to) {
        names.put(from, get(to));
    }

    String get(String name) {
        return names.getOrDefault(name, name);
    }

    Node inputsOf(Node node) {
        return node.reading(this::get);
    }
}
