package io.kanerva.bench.inference;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.kanerva.runtime.FloatTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * ONNX Runtime's Java API alone: a session with the options of {@code io.kanerva.runtime}, and preallocated tensors.
 * Owns both and closes them.
 */
final class BareGraph implements AutoCloseable {
    private final OrtSession session;
    private final List<OnnxTensor> tensors = new ArrayList<>();
    private Map<String, OnnxTensor> inputs;
    private Map<String, OnnxTensor> outputs;

    private BareGraph(OrtSession session) {
        this.session = session;
    }

    /**
     * @param trace prefix of the profiler's file; empty to disable the profiler
     * @param given the inputs
     * @param wanted the outputs; only their shapes matter
     */
    static BareGraph open(
            byte[] model, Map<String, FloatTensor> given, Map<String, FloatTensor> wanted, Optional<Path> trace)
            throws OrtException {
        return open(model, given, wanted, OptLevel.ALL_OPT, trace);
    }

    /** @param level {@code ALL_OPT}, as in the runtime, or a lower level to keep the graph closer to the model */
    static BareGraph open(
            byte[] model,
            Map<String, FloatTensor> given,
            Map<String, FloatTensor> wanted,
            OptLevel level,
            Optional<Path> trace)
            throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(level);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            if (trace.isPresent()) {
                options.enableProfiling(trace.get().toString());
            }
            BareGraph graph = new BareGraph(environment.createSession(model, options));
            try {
                graph.inputs = graph.pinned(environment, given);
                graph.outputs = graph.pinned(environment, wanted);
                return graph;
            } catch (OrtException e) {
                graph.close();
                throw e;
            }
        }
    }

    void run() {
        try {
            session.run(inputs, Set.of(), outputs).close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stops the profiler and returns its file. */
    Path endProfiling() throws OrtException {
        return Path.of(session.endProfiling());
    }

    @Override
    public void close() throws OrtException {
        tensors.forEach(OnnxTensor::close);
        session.close();
    }

    private Map<String, OnnxTensor> pinned(OrtEnvironment environment, Map<String, FloatTensor> values)
            throws OrtException {
        Map<String, OnnxTensor> pinned = new LinkedHashMap<>();
        for (Map.Entry<String, FloatTensor> value : values.entrySet()) {
            long[] shape =
                    Arrays.stream(value.getValue().shape()).asLongStream().toArray();
            OnnxTensor tensor = OnnxTensor.createTensor(
                    environment,
                    direct(value.getValue().size()).put(0, value.getValue().data()),
                    shape);
            tensors.add(tensor);
            pinned.put(value.getKey(), tensor);
        }
        return pinned;
    }

    /** Allocates memory that ONNX Runtime can use in place. */
    static FloatBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(floats * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }
}
