package io.kanerva.conformance.bundle;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.Tensor;
import io.kanerva.runtime.NativeRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A graph run by ONNX Runtime's own Java API, with nothing of ours between (but for the start of its environment). Owns
 * its session; close it.
 */
public final class OnnxGraph implements AutoCloseable {
    private static final Map<ElementType, OnnxJavaType> TYPES = new EnumMap<>(Map.of(
            ElementType.FLOAT32,
            OnnxJavaType.FLOAT,
            ElementType.FLOAT64,
            OnnxJavaType.DOUBLE,
            ElementType.INT64,
            OnnxJavaType.INT64,
            ElementType.INT32,
            OnnxJavaType.INT32,
            ElementType.INT8,
            OnnxJavaType.INT8,
            ElementType.UINT8,
            OnnxJavaType.UINT8,
            ElementType.BOOL,
            OnnxJavaType.BOOL));

    private final OrtEnvironment environment;
    private final OrtSession session;

    /**
     * @param model the bytes of an .onnx file
     * @throws IllegalArgumentException if ONNX Runtime does not load it
     */
    public OnnxGraph(byte[] model) {
        this((environment, options) -> environment.createSession(model, options));
    }

    /**
     * @param model an .onnx file, whose weights may be in a file beside it
     * @throws IllegalArgumentException if ONNX Runtime does not load it
     */
    public OnnxGraph(Path model) {
        this((environment, options) -> environment.createSession(model.toString(), options));
    }

    private OnnxGraph(Opening opening) {
        NativeRuntime.start();
        environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            session = opening.open(environment, options);
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime does not load the graph: " + e.getMessage(), e);
        }
    }

    private interface Opening {
        OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options) throws OrtException;
    }

    /** What an export's own check runs graphs with. */
    public static GraphRunner runner() {
        return new GraphRunner() {
            @Override
            public Map<String, Tensor> run(byte[] model, Map<String, Tensor> inputs) {
                try (OnnxGraph graph = new OnnxGraph(model)) {
                    return graph.run(inputs);
                }
            }

            @Override
            public Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
                try (OnnxGraph graph = new OnnxGraph(model)) {
                    return graph.run(inputs);
                }
            }
        };
    }

    /**
     * Runs the graph once.
     *
     * @param inputs by name
     * @return all outputs by name, in the graph's order
     * @throws IllegalArgumentException if ONNX Runtime refuses an input or fails
     */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                feeds.put(input.getKey(), toOnnx(input.getValue()));
            }
            try (OrtSession.Result result = session.run(feeds)) {
                Map<String, Tensor> outputs = new LinkedHashMap<>();
                for (Map.Entry<String, OnnxValue> output : result) {
                    OnnxTensor tensor = (OnnxTensor) output.getValue();
                    outputs.put(output.getKey(), fromOnnx(tensor));
                }
                return outputs;
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime fails: " + e.getMessage(), e);
        } finally {
            feeds.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor toOnnx(Tensor tensor) throws OrtException {
        OnnxJavaType type = TYPES.get(tensor.type());
        if (type == null) {
            throw new IllegalArgumentException(
                    "expected a tensor of one of the types " + TYPES.keySet() + ", found " + tensor);
        }
        ByteBuffer bytes = tensor.buffer();
        // Native byte order: ONNX Runtime misreads a direct buffer of the other one.
        ByteBuffer values = ByteBuffer.allocateDirect(bytes.remaining())
                .order(ByteOrder.nativeOrder())
                .put(bytes)
                .flip();
        return OnnxTensor.createTensor(environment, values, tensor.shape(), type);
    }

    private static Tensor fromOnnx(OnnxTensor tensor) {
        ElementType type = TYPES.entrySet().stream()
                .filter(entry -> entry.getValue() == tensor.getInfo().type)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected an output of one of the types "
                        + TYPES.keySet() + ", found " + tensor.getInfo().type))
                .getKey();
        ByteBuffer buffer = tensor.getByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return Tensor.ofBytes(type, bytes, tensor.getInfo().getShape());
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime cannot close the graph: " + e.getMessage(), e);
        }
    }
}
