package io.kanerva.runtime;

import io.kanerva.runtime.bundle.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A bundle's description, bundle.json.
 *
 * @param name the model's name
 * @param formatVersion {@link #FORMAT_VERSION}
 * @param opset ONNX operator set of the graphs
 * @param irVersion ONNX file format version of the graphs
 * @param reader how the reader reads: {@code gather} a slot at dereferenced keys; at continuous ones {@code gridsample}
 *     or {@code matmul}, whose values are the same
 * @param settings the model's settings
 * @param weights how the graphs store their weights: {@code float32}, {@code float16} or {@code int8}; all compute in
 *     float32
 * @param graphs the graphs by the names of {@link BundleGraph}
 * @param files the SHA-256 of every other file of the bundle, by its path
 * @param provenance where the model came from
 */
public record Bundle(
        String name,
        int formatVersion,
        int opset,
        int irVersion,
        String reader,
        ModelSettings settings,
        String weights,
        Map<String, GraphDescription> graphs,
        Map<String, String> files,
        Provenance provenance) {

    /** The bundle format that this runtime reads. */
    public static final int FORMAT_VERSION = 2;

    public Bundle {
        graphs = Collections.unmodifiableMap(new LinkedHashMap<>(graphs));
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    }

    /**
     * Which model a memory belongs to: the SHA-256, in lower-case hexadecimal digits, of the SHA-256s of encoder,
     * memory-writer and reader (as the ASCII text of their 3 x 64 digits). The decoder does not count: models that
     * differ only there share memories.
     */
    public String modelId() {
        String digests = graphs.get(BundleGraph.ENCODER.label()).sha256()
                + graphs.get(BundleGraph.MEMORY_WRITER.label()).sha256()
                + graphs.get(BundleGraph.READER.label()).sha256();
        return Sha256.hex(digests.getBytes(StandardCharsets.US_ASCII));
    }
}
