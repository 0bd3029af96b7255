package io.kanerva.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.lang.ref.WeakReference;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tensors of fixed sizes for one run or many of one graph or of several in a row: what one graph writes, the next
 * reads, by name and without a copy. They lie in direct buffers in native byte order; one in another order ONNX Runtime
 * would misread without a word. It owns the tensors. Used by one thread at a time; between calls {@link Sessions} keeps
 * it, as to make tensors anew takes longer than all that we do otherwise.
 */
class PinnedTensors implements AutoCloseable {

    private static final float[] ZEROS = new float[1024];
    private static final WeakReference<Memory> NONE = new WeakReference<>(null);

    /** What a {@link Call} borrowed before this one. */
    PinnedTensors next;

    private final Sessions sessions;
    private final String use;
    private final int[] sizes;
    private final Map<String, OnnxTensor> tensors = new HashMap<>();
    private final Map<String, FloatBuffer> buffers = new HashMap<>();
    private final Map<String, int[]> shapes = new HashMap<>();

    /** What each added graph takes and gives. */
    private final Map<BundleGraph, List<Map<String, OnnxTensor>>> ends = new EnumMap<>(BundleGraph.class);

    /** The memories that lie in the tensor of that name, if that is known. */
    private WeakReference<Memory> held = NONE;

    private long floats;
    private boolean closed;

    /**
     * @param use what for: tensors of one use run the same graphs for the same outputs
     * @param sizes of {@link Signature#NAMED}
     */
    PinnedTensors(Sessions sessions, String use, int... sizes) {
        this.sessions = sessions;
        this.use = use;
        this.sizes = sizes;
    }

    /** Whether it is for this use and of these sizes. */
    boolean fits(String use, int[] sizes) {
        return this.use.equals(use) && Arrays.equals(this.sizes, sizes);
    }

    /** Whether these are the memories that lie in its tensor; null for none. */
    boolean holds(Memory memory) {
        return held.get() == memory;
    }

    /** Puts memories into their tensor, which is there, if they do not lie in it. */
    void hold(Memory memory) {
        if (!holds(memory)) {
            held = NONE; // until all of it is there
            buffer(BundleGraph.MEMORY).put(0, memory.checked().data());
            held = new WeakReference<>(memory);
        }
    }

    /** Another name for a tensor that is there already: what one graph calls its output and another its input. */
    void alias(String name, String existing) {
        tensors.put(name, tensors.get(existing));
    }

    /**
     * Adds a graph's run, if it was not yet. Its inputs that are not there yet are made, of zeros, and so are the
     * wanted outputs. An output that is there already, since a later graph takes it, is given anyway.
     */
    void add(BundleGraph graph, String... wanted) {
        if (ends.containsKey(graph)) {
            return;
        }
        Signature signature = sessions.signature(graph);
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
        for (TensorDescription input : signature.inputs()) {
            boolean isNew = !tensors.containsKey(input.name());
            inputs.put(input.name(), pin(graph, input));
            FloatBuffer values = buffer(input.name());
            for (int i = 0; isNew && i < values.limit(); i += ZEROS.length) {
                values.put(i, ZEROS, 0, Math.min(ZEROS.length, values.limit() - i));
            }
        }
        for (TensorDescription output : signature.outputs()) {
            if (tensors.containsKey(output.name()) || Arrays.asList(wanted).contains(output.name())) {
                outputs.put(output.name(), pin(graph, output));
            }
        }
        ends.put(graph, List.of(inputs, outputs));
    }

    private OnnxTensor pin(BundleGraph graph, TensorDescription description) {
        String name = description.name();
        if (!tensors.containsKey(name)) {
            int[] shape = Signature.resolve(description, sizes);
            long size = FloatTensor.elements(shape);
            if (size > BufferPool.MOST_FLOATS) {
                throw new TensorException(
                        "graph %s, tensor '%s': expected at most %d values, found shape %s",
                        graph.label(), name, BufferPool.MOST_FLOATS, shape);
            }
            FloatBuffer buffer = sessions.buffers().borrow((int) size).limit((int) size);
            buffers.put(name, buffer);
            try {
                tensors.put(
                        name,
                        OnnxTensor.createTensor(
                                NativeRuntime.environment(),
                                buffer,
                                Arrays.stream(shape).asLongStream().toArray()));
            } catch (OrtException e) {
                throw Sessions.failure(graph, e);
            }
            shapes.put(name, shape);
            floats += buffer.capacity();
        }
        return tensors.get(name);
    }

    /**
     * Puts values into a graph's first inputs.
     *
     * @param values of the inputs' shapes, in order; null for one that is there already
     * @throws TensorException if they are not what the input may be
     */
    void put(BundleGraph graph, FloatTensor... values) {
        Signature signature = sessions.signature(graph);
        for (int i = 0; i < values.length; i++) {
            if (values[i] != null) {
                TensorDescription input = signature.inputs().get(i);
                signature.requireValues(input.name(), values[i]);
                pin(graph, input);
                buffer(input.name()).put(0, values[i].data());
            }
        }
    }

    /** The buffer of a tensor, whole; its position stays 0. */
    FloatBuffer buffer(String name) {
        return buffers.get(name);
    }

    /** A copy of a tensor. */
    FloatTensor get(String name) {
        FloatTensor copy = FloatTensor.zeros(shapes.get(name).clone());
        buffer(name).get(0, copy.data());
        return copy;
    }

    /** Native floats of all tensors. */
    long floats() {
        return floats;
    }

    /** Adds the graph's run, if it was not yet, and {@linkplain #run(BundleGraph) runs} it. */
    void run(BundleGraph graph, String... wanted) {
        add(graph, wanted);
        run(graph);
    }

    /** Runs a graph that was added; between {@link Sessions#enter} and {@link Sessions#leave}. */
    void run(BundleGraph graph) {
        List<Map<String, OnnxTensor>> both = ends.get(graph);
        sessions.run(graph, both.get(0), both.get(1));
    }

    /** Whether the graph's run was added. */
    boolean runs(BundleGraph graph) {
        return ends.containsKey(graph);
    }

    boolean isClosed() {
        return closed;
    }

    /** Frees the tensors; closing again does nothing. */
    @Override
    public void close() {
        closed = true;
        // A name without a buffer is another one's.
        for (Map.Entry<String, FloatBuffer> buffer : buffers.entrySet()) {
            OnnxTensor tensor = tensors.get(buffer.getKey());
            if (tensor != null) {
                tensor.close();
            }
            sessions.buffers().release(buffer.getValue());
        }
        tensors.clear();
        buffers.clear();
        ends.clear();
    }
}
