package io.kanerva.tools.bundle;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.GraphDescription;
import io.kanerva.runtime.TensorDescription;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Folders from which inference servers serve a bundle's graphs, each as a model of its name. The servers speak the Open
 * Inference Protocol, KServe's second. The graphs' files are the bundle's own, to the byte.
 */
public enum ServingLayout {
    /** A model repository of NVIDIA Triton: {@code NAME/config.pbtxt} and {@code NAME/1/model.onnx}. */
    TRITON("NVIDIA Triton") {
        @Override
        void describe(String name, GraphDescription graph, byte[] onnx, Map<String, byte[]> files) {
            files.put(name + "/1/model.onnx", onnx);
            // No dynamic_batching: bits would depend on the requests that happen to run together.
            String config = """
                    name: "%s"
                    platform: "onnxruntime_onnx"
                    max_batch_size: %d
                    %s%s""".formatted(
                            name, MAX_BATCH, tensors("input", graph.inputs()), tensors("output", graph.outputs()));
            files.put(name + "/config.pbtxt", config.getBytes(StandardCharsets.UTF_8));
        }
    },
    /** MLServer's: {@code NAME/model-settings.json}, {@code NAME/model.onnx} and a runtime in Python beside them. */
    MLSERVER("MLServer") {
        @Override
        void describe(String name, GraphDescription graph, byte[] onnx, Map<String, byte[]> files) {
            files.put(name + "/model.onnx", onnx);
            files.put(name + "/" + RUNTIME, resource(RUNTIME));
            ObjectNode settings = new ObjectMapper().createObjectNode();
            settings.put("name", name);
            settings.put("implementation", "kanerva_graph.KanervaGraph");
            settings.putObject("parameters").put("uri", "./model.onnx");
            metadata(settings.putArray("inputs"), graph.inputs());
            metadata(settings.putArray("outputs"), graph.outputs());
            files.put(
                    name + "/model-settings.json", (settings.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
        }
    };

    /** The most B of a request to Triton; another number in config.pbtxt does as well. */
    static final int MAX_BATCH = 64;

    private static final String RUNTIME = "kanerva_graph.py";

    private final String server;

    ServingLayout(String server) {
        this.server = server;
    }

    /** The server's name. */
    public String server() {
        return server;
    }

    /** What Triton and the protocol call the types of the graphs' tensors. */
    private static final Map<String, String> TYPES = Map.of("float32", "FP32", "int64", "INT64");

    /**
     * The files of a bundle's layout by their paths.
     *
     * @param graphs the bytes of the bundle's graphs by their names
     */
    public Map<String, byte[]> files(Bundle bundle, Map<String, byte[]> graphs) {
        Map<String, byte[]> files = new TreeMap<>();
        bundle.graphs().forEach((name, graph) -> describe(name, graph, graphs.get(name), files));
        return files;
    }

    abstract void describe(String name, GraphDescription graph, byte[] onnx, Map<String, byte[]> files);

    private static String type(TensorDescription tensor) {
        String type = TYPES.get(tensor.type());
        if (type == null) {
            throw new IllegalArgumentException("tensor '%s': expected a type of %s, found %s"
                    .formatted(tensor.name(), TYPES.keySet(), tensor.type()));
        }
        return type;
    }

    /** Sizes, -1 where each request chooses. */
    private static List<Long> sizes(TensorDescription tensor) {
        return tensor.shape().stream()
                .map(size -> size.matches("[0-9]+") ? Long.parseLong(size) : -1)
                .toList();
    }

    /** Fields of Triton's ModelConfig, whose dims leave the batch out. */
    private static String tensors(String field, List<TensorDescription> tensors) {
        StringBuilder text = new StringBuilder();
        for (TensorDescription tensor : tensors) {
            List<Long> sizes = sizes(tensor);
            text.append("%s { name: \"%s\" data_type: TYPE_%s dims: %s }\n"
                    .formatted(field, tensor.name(), type(tensor), sizes.subList(1, sizes.size())));
        }
        return text.toString();
    }

    private static void metadata(ArrayNode array, List<TensorDescription> tensors) {
        for (TensorDescription tensor : tensors) {
            ObjectNode node = array.addObject();
            node.put("name", tensor.name());
            node.put("datatype", type(tensor));
            sizes(tensor).forEach(node.withArray("shape")::add);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream stream = ServingLayout.class.getResourceAsStream(name)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException("the resource " + name + " cannot be read", e);
        }
    }
}
