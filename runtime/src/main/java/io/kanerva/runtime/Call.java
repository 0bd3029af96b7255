package io.kanerva.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Lock;

/**
 * One public call: it owns every tensor and buffer that its graph runs need and frees them all on {@link
 * #close}; until then the sessions cannot be closed. One graph's output goes into the next without a copy.
 * Used by one thread.
 */
final class Call implements AutoCloseable {

    private final Map<Graph, OrtSession> sessions;
    private final Map<Graph, Signature> signatures;
    private final BufferPool buffers;
    private final Lock running;
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    /** Takes over {@code running}, which the caller has locked, and unlocks it on close. */
    Call(Map<Graph, OrtSession> sessions, Map<Graph, Signature> signatures, BufferPool buffers, Lock running) {
        this.sessions = sessions;
        this.signatures = signatures;
        this.buffers = buffers;
        this.running = running;
    }

    /** A tensor inside ONNX Runtime, alive until its call closes. */
    record Value(OnnxTensor tensor, int[] shape) {

        /** A copy on the Java heap. */
        FloatTensor toTensor() {
            return new FloatTensor(tensor.getFloatBuffer().array(), shape);
        }
    }

    /** Copies memories into a native tensor; {@link Memory} has checked them. */
    Value memories(FloatTensor memories) {
        return copy(signatures.get(Graph.READER).place(Graph.MEMORY), memories);
    }

    /** Copies {@code values}, which must be finite, into a native tensor for that input of {@code graph}. */
    Value input(Graph graph, String name, FloatTensor values) {
        String place = signatures.get(graph).place(name);
        values.requireFinite(place);
        return copy(place, values);
    }

    /** Copies images into a native tensor. They must have the encoder's shape and lie in [0, 1]. */
    Value images(FloatTensor images) {
        Signature encoder = signatures.get(Graph.ENCODER);
        encoder.bind(List.of(images.shape()));
        String place = encoder.place(Graph.IMAGES);
        images.requireRange(place, 0, 1, "values from 0 to 1");
        return copy(place, images);
    }

    private Value copy(String place, FloatTensor values) {
        float[] data = values.data();
        if (data.length == 0 || data.length > BufferPool.MOST_FLOATS) {
            throw new TensorException(
                    "%s: expected 1 to %d values, found %d in shape %s"
                            .formatted(place, BufferPool.MOST_FLOATS, data.length, Arrays.toString(values.shape())));
        }
        FloatBuffer buffer = buffers.borrow(data.length);
        owned.push(() -> buffers.release(buffer));
        buffer.put(data).flip();
        OnnxTensor tensor = wrap(place, buffer, values.shape());
        owned.push(tensor);
        return new Value(tensor, values.shape());
    }

    /** A tensor over a direct buffer in native byte order, which must outlive it; {@code place} names it in messages. */
    static OnnxTensor wrap(String place, FloatBuffer buffer, int[] shape) {
        try {
            return OnnxTensor.createTensor(NativeRuntime.environment(), buffer, longs(shape));
        } catch (OrtException e) {
            throw new InferenceException("%s: ONNX Runtime refuses it: %s".formatted(place, e.getMessage()), e);
        }
    }

    private static long[] longs(int[] shape) {
        long[] longs = new long[shape.length];
        for (int i = 0; i < shape.length; i++) {
            longs[i] = shape[i];
        }
        return longs;
    }

    /**
     * Runs a graph.
     *
     * @param inputs one value an input, in the graph's order
     * @param wanted the outputs to compute
     * @return the wanted outputs by name
     * @throws TensorException if an input has the wrong shape or two disagree
     */
    Map<String, Value> run(Graph graph, List<Value> inputs, String... wanted) {
        Signature signature = signatures.get(graph);
        Map<String, Integer> sizes = signature.bind(inputs.stream().map(Value::shape).toList());
        Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            feeds.put(signature.inputs().get(i).name(), inputs.get(i).tensor());
        }
        Set<String> names = new LinkedHashSet<>(List.of(wanted));
        try {
            OrtSession.Result result = sessions.get(graph).run(feeds, names);
            owned.push(result);
            Map<String, Value> outputs = new LinkedHashMap<>();
            for (TensorDescription output : signature.outputs()) {
                if (names.contains(output.name())) {
                    outputs.put(output.name(), output(signature, output, sizes, result));
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw Sessions.failure(graph, e);
        }
    }

    private static Value output(
            Signature signature, TensorDescription output, Map<String, Integer> sizes, OrtSession.Result result) {
        int[] expected = Signature.resolve(output, sizes);
        OnnxValue value = result.get(output.name()).orElseThrow();
        long[] found = value instanceof OnnxTensor tensor ? tensor.getInfo().getShape() : new long[0];
        if (!Arrays.equals(found, longs(expected))) {
            throw new InferenceException(
                    "%s output '%s': expected shape %s, found %s"
                            .formatted(
                                    signature.graph().label(),
                                    output.name(),
                                    Arrays.toString(expected),
                                    Arrays.toString(found)));
        }
        return new Value((OnnxTensor) value, expected);
    }

    /** Frees everything, the latest first, and lets the sessions go. */
    @Override
    public void close() {
        List<Exception> failures = new ArrayList<>();
        try {
            while (!owned.isEmpty()) {
                try {
                    owned.pop().close();
                } catch (Exception e) {
                    failures.add(e);
                }
            }
        } finally {
            running.unlock();
        }
        if (!failures.isEmpty()) {
            throw new InferenceException("ONNX Runtime failed to free a tensor: " + failures.get(0), failures.get(0));
        }
    }
}
