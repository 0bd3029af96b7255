package io.kanerva.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tensors of fixed sizes that are used again at every run of one graph or of several in a row: what one graph writes, the
 * next reads, by name and without a copy. It owns the tensors. Used by one thread at a time.
 */
final class PinnedTensors implements AutoCloseable {

    /** A tensor and the buffer that it lies in. */
    private record Pinned(OnnxTensor tensor, FloatBuffer buffer) {}

    /** One graph's run: its tensors by their names in the graph. */
    private record Step(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {}

    private final Sessions sessions;
    private final Map<String, Integer> sizes;
    private final Map<String, Pinned> tensors = new LinkedHashMap<>();
    private final Map<Graph, Step> steps = new EnumMap<>(Graph.class);

    /** @param sizes of the named dimensions */
    PinnedTensors(Sessions sessions, Map<String, Integer> sizes) {
        this.sessions = sessions;
        this.sizes = sizes;
    }

    /** Another name for a tensor that is there already: what one graph calls its output and another its input. */
    void alias(String name, String existing) {
        tensors.put(name, tensors.get(existing));
    }

    /** Adds a graph's run. Its inputs that are not there yet are made, and so are the wanted outputs. */
    void add(Graph graph, String... wanted) {
        Signature signature = sessions.signature(graph);
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
        for (TensorDescription input : signature.inputs()) {
            inputs.put(input.name(), pin(signature, input).tensor());
        }
        for (TensorDescription output : signature.outputs()) {
            if (Arrays.asList(wanted).contains(output.name())) {
                outputs.put(output.name(), pin(signature, output).tensor());
            }
        }
        steps.put(graph, new Step(inputs, outputs));
    }

    private Pinned pin(Signature signature, TensorDescription description) {
        return tensors.computeIfAbsent(description.name(), name -> {
            int[] shape = Signature.resolve(description, sizes);
            long floats = 1;
            for (int size : shape) {
                floats = Math.min(BufferPool.MOST_FLOATS + 1L, floats * size);
            }
            if (floats > BufferPool.MOST_FLOATS) {
                throw new TensorException("graph %s, tensor '%s': expected at most %d values, found shape %s"
                        .formatted(signature.graph().label(), name, BufferPool.MOST_FLOATS, Arrays.toString(shape)));
            }
            FloatBuffer buffer = ByteBuffer.allocateDirect((int) floats * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
            try {
                long[] sizes = Arrays.stream(shape).asLongStream().toArray();
                return new Pinned(OnnxTensor.createTensor(NativeRuntime.environment(), buffer, sizes), buffer);
            } catch (OrtException e) {
                throw new InferenceException("tensor '%s': ONNX Runtime refuses it: %s".formatted(name, e.getMessage()), e);
            }
        });
    }

    /** The buffer of a tensor, whole; its position stays 0. */
    FloatBuffer buffer(String name) {
        return tensors.get(name).buffer();
    }

    /** Runs the graph, which must have been added; between {@link Sessions#enter} and {@link Sessions#leave}. */
    void run(Graph graph) {
        Step step = steps.get(graph);
        sessions.run(graph, step.inputs(), step.outputs());
    }

    boolean isClosed() {
        return steps.isEmpty();
    }

    @Override
    public void close() {
        tensors.values().stream().map(Pinned::tensor).distinct().forEach(OnnxTensor::close);
        tensors.clear();
        steps.clear();
    }
}
