package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.block.CallSite;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The part of a block that a node computes. A node that several operations were fused into has all their blocks and
 * lines, joined by " + ".
 *
 * @param block path of the block among its ancestors, for example {@code encoder/conv1}; empty for the exported block
 *     itself, or if the path is not certain
 * @param line the Java line without a directory, for example {@code Encoder.forward(Encoder.java:41)}; empty if unknown
 */
public record Origin(String block, String line) {
    /** The origin of a node that no single operation of the block asked for. */
    public static final Origin UNKNOWN = new Origin("", "");

    private static final String AND = " + ";

    static Origin of(CallSite site) {
        return new Origin(site.path(), site.line());
    }

    /** The origin of a node that computes what two nodes computed before. */
    public Origin and(Origin next) {
        return new Origin(join(block, next.block), join(line, next.line));
    }

    private static String join(String a, String b) {
        return a.isEmpty() || a.equals(b) ? b : b.isEmpty() ? a : a + AND + b;
    }

    /** A name for the node that computes a value: the path of its block and the value's name. */
    String nodeName(String output) {
        String first = block.contains(AND) ? block.substring(0, block.indexOf(AND)) : block;
        return first.isEmpty() ? output : first + "/" + output;
    }

    /** The entries of the node's {@code metadata_props}; without those that are unknown. */
    Map<String, String> metadata() {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put("block", block);
        entries.put("line", line);
        entries.values().removeIf(String::isEmpty);
        return entries;
    }
}
