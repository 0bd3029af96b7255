package io.kanerva.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.InferenceException;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.runtime.TensorException;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.math.Values;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tensors of a {@link Plan}'s graph for one size of call, in buffers that stay for other sizes. The buffers are
 * direct and in native byte order: ONNX Runtime would silently misread another order.
 */
abstract class CallTensors {

    /** A direct buffer's size in bytes is an int. */
    private static final int MAX_FLOATS = 1 << 28;

    private static final int MIN_FLOATS = 1 << 8;
    private static final WeakReference<StoredMemory> NONE = new WeakReference<>(null);

    final Sessions sessions;
    final Plan plan;
    private final Map<String, FloatBuffer> buffers = new HashMap<>();
    private final Map<String, TensorDescription> descriptions = new HashMap<>();
    final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private int batch;
    private int count;
    private int height;
    private long floats;

    /** The contents of the memories' tensor, if known. */
    private WeakReference<StoredMemory> held = NONE;

    CallTensors(Sessions sessions, Plan plan) {
        this.sessions = sessions;
        this.plan = plan;
    }

    /**
     * Makes the tensors for another size, in the same buffers if these are large enough.
     *
     * @throws TensorException if a tensor exceeds a direct buffer; there are no tensors then
     */
    void resize(int batch, int count, int height) {
        if (fits(plan, batch, count, height)) {
            return;
        }
        closeTensors();
        this.batch = batch;
        this.count = count;
        this.height = height;
        try {
            if (plan.graph() != null) {
                Signature signature = sessions.signature(plan.graph());
                signature.inputs().forEach(input -> inputs.put(input.name(), tensor(input)));
                signature.outputs().stream()
                        .filter(output -> plan.outputs().contains(output.name()))
                        .forEach(output -> outputs.put(output.name(), tensor(output)));
            }
        } catch (RuntimeException | Error e) {
            closeTensors();
            throw e;
        }
    }

    private OnnxTensor tensor(TensorDescription description) {
        String graph = plan.graph().label();
        String name = description.name();
        int[] shape = Signature.shape(description, batch, count, height);
        double size = Arrays.stream(shape).asDoubleStream().reduce(1, (a, b) -> a * b);
        if (size > MAX_FLOATS) {
            throw new TensorException(
                    "graph %s, tensor '%s': expected at most %d values, found shape %s",
                    graph, name, MAX_FLOATS, shape);
        }
        descriptions.put(name, description);
        try {
            return OnnxTensor.createTensor(
                    OrtEnvironment.getEnvironment(),
                    bufferFor(name, (int) size),
                    Arrays.stream(shape).asLongStream().toArray());
        } catch (OrtException | IllegalStateException e) {
            throw sessions.failure(plan.graph(), e);
        } catch (OutOfMemoryError e) {
            throw new TensorException(
                    "graph %s, tensor '%s': expected a size that fits the JVM's direct memory, found shape %s (%s)",
                    graph, name, shape, e.getMessage());
        }
    }

    private FloatBuffer bufferFor(String name, int size) {
        FloatBuffer buffer = buffers.get(name);
        if (buffer == null || buffer.capacity() < size) {
            int capacity = Math.max(MIN_FLOATS, Integer.highestOneBit(2 * size - 1)); // the next power of two
            buffer = ByteBuffer.allocateDirect(Float.BYTES * capacity)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
            FloatBuffer smaller = buffers.put(name, buffer);
            floats += capacity - (smaller == null ? 0 : smaller.capacity());
        }
        return buffer.limit(size);
    }

    boolean fits(Plan plan, int batch, int count, int height) {
        return this.plan == plan && this.batch == batch && this.count == count && this.height == height;
    }

    Plan plan() {
        return plan;
    }

    /** B. */
    public int batch() {
        return batch;
    }

    /** T or Q. */
    public int count() {
        return count;
    }

    /** Native floats of all buffers. */
    long floats() {
        return floats;
    }

    /** Whether the memories' tensor holds these. */
    boolean holds(StoredMemory memory) {
        return held.get() == memory;
    }

    /** Copies memories into their tensor unless it holds them already. */
    void hold(StoredMemory memory) {
        if (!holds(memory)) {
            held = NONE; // until the copy is complete
            put(BundleGraph.MEMORY, memory.memory());
            held = new WeakReference<>(memory);
        }
    }

    /** Copies checked values into an input. */
    void put(String name, FloatTensor values) {
        buffer(name).put(0, values.data());
    }

    /**
     * A copy of an output.
     *
     * @throws InferenceException if a value is not finite
     */
    FloatTensor get(String name) {
        FloatTensor values = FloatTensor.zeros(Signature.shape(descriptions.get(name), batch, count, height));
        buffer(name).get(0, values.data());
        requireFinite(name, values.data(), values.size());
        return values;
    }

    /** Checks an output's first values, copied to {@code values}. */
    void requireFinite(String name, float[] values, int length) {
        int first = Values.firstNotFinite(values, length);
        if (first >= 0) {
            throw wrong("finite values", name, values[first], first);
        }
    }

    /**
     * A copy of an output that is images.
     *
     * @throws InferenceException if a value is not in [0, 1]
     */
    FloatTensor images(String name) {
        FloatTensor images = get(name);
        int first = Values.firstOutsideImages(images.data());
        if (first >= 0) {
            throw wrong("values in [0, 1]", name, images.data()[first], first);
        }
        return images;
    }

    private InferenceException wrong(String expected, String name, float value, int at) {
        return new InferenceException(
                null,
                "%s: output '%s': expected %s, found %s at %s",
                plan.label(),
                name,
                expected,
                value,
                Signature.index(at, Signature.shape(descriptions.get(name), batch, count, height)));
    }

    /**
     * Copies an output to where {@code target} stands, piece by piece.
     *
     * @param piece scratch
     * @throws InferenceException if a value is not finite
     */
    public void get(String name, FloatBuffer target, float[] piece) {
        FloatBuffer values = buffer(name);
        for (int done = 0; done < values.limit(); done += piece.length) {
            int length = Math.min(piece.length, values.limit() - done);
            values.get(done, piece, 0, length);
            int first = Values.firstNotFinite(piece, length);
            if (first >= 0) {
                throw wrong("finite values", name, piece[first], done + first);
            }
            target.put(target.position() + done, piece, 0, length);
        }
    }

    /** A tensor's values; its position stays 0. */
    public FloatBuffer buffer(String name) {
        return buffers.get(name);
    }

    /** Frees the tensors and the buffers; doing so again does nothing. */
    void freeTensors() {
        closeTensors();
        buffers.clear();
    }

    private void closeTensors() {
        held = NONE;
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
        inputs.clear();
        outputs.clear();
    }
}
