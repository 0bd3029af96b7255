package io.kanerva.runtime;

import ai.onnxruntime.OnnxTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tensors of fixed sizes that are used again at every run of one graph or of several in a row: what one graph writes, the
 * next reads, by name and without a copy. It owns the tensors. Used by one thread at a time.
 */
final class PinnedTensors implements AutoCloseable {

    private final Sessions sessions;
    private final Map<String, Integer> sizes;
    private final Map<String, OnnxTensor> tensors = new HashMap<>();
    private final Map<String, FloatBuffer> buffers = new HashMap<>();

    /** What each added graph takes and gives. */
    private final Map<Graph, Map<String, OnnxTensor>> inputs = new EnumMap<>(Graph.class);

    private final Map<Graph, Map<String, OnnxTensor>> outputs = new EnumMap<>(Graph.class);

    /** @param sizes of the named dimensions */
    PinnedTensors(Sessions sessions, Map<String, Integer> sizes) {
        this.sessions = sessions;
        this.sizes = sizes;
    }

    /** Another name for a tensor that is there already: what one graph calls its output and another its input. */
    void alias(String name, String existing) {
        tensors.put(name, tensors.get(existing));
        buffers.put(name, buffers.get(existing));
    }

    /** Adds a graph's run. Its inputs that are not there yet are made, and so are the wanted outputs. */
    void add(Graph graph, String... wanted) {
        Signature signature = sessions.signature(graph);
        inputs.put(graph, new LinkedHashMap<>());
        outputs.put(graph, new LinkedHashMap<>());
        for (TensorDescription input : signature.inputs()) {
            inputs.get(graph).put(input.name(), pin(graph, input));
        }
        for (TensorDescription output : signature.outputs()) {
            if (Arrays.asList(wanted).contains(output.name())) {
                outputs.get(graph).put(output.name(), pin(graph, output));
            }
        }
    }

    private OnnxTensor pin(Graph graph, TensorDescription description) {
        String name = description.name();
        if (!tensors.containsKey(name)) {
            int[] shape = Signature.resolve(description, sizes);
            long floats = 1;
            for (int size : shape) {
                floats = Math.min(BufferPool.MOST_FLOATS + 1L, floats * size);
            }
            if (floats > BufferPool.MOST_FLOATS) {
                throw new TensorException("graph %s, tensor '%s': expected at most %d values, found shape %s"
                        .formatted(graph.label(), name, BufferPool.MOST_FLOATS, Arrays.toString(shape)));
            }
            FloatBuffer buffer = ByteBuffer.allocateDirect((int) floats * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
            tensors.put(name, Call.wrap("graph %s, tensor '%s'".formatted(graph.label(), name), buffer, shape));
            buffers.put(name, buffer);
        }
        return tensors.get(name);
    }

    /** The buffer of a tensor, whole; its position stays 0. */
    FloatBuffer buffer(String name) {
        return buffers.get(name);
    }

    /** Runs the graph, which must have been added; between {@link Sessions#enter} and {@link Sessions#leave}. */
    void run(Graph graph) {
        sessions.run(graph, inputs.get(graph), outputs.get(graph));
    }

    boolean isClosed() {
        return inputs.isEmpty();
    }

    @Override
    public void close() {
        // One tensor may go by two names; OnnxTensor has no equality of its own.
        tensors.values().stream().distinct().forEach(OnnxTensor::close);
        tensors.clear();
        inputs.clear();
    }
}
