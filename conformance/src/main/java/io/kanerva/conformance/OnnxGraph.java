package io.kanerva.conformance;

import ai.djl.ndarray.types.DataType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.kanerva.exporter.onnx.GraphRunner;
import io.kanerva.exporter.trace.Tensor;
import io.kanerva.runtime.NativeRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** A graph run by ONNX Runtime's own Java API, with nothing of ours between (but for the start of its environment). Owns its
 * session; close it. */
public final class OnnxGraph implements AutoCloseable {
    private final OrtEnvironment environment;
    private final OrtSession session;

    /**
     * @param model the bytes of an .onnx file
     * @throws IllegalArgumentException if ONNX Runtime does not load it
     */
    public OnnxGraph(byte[] model) {
        NativeRuntime.start();
        environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            session = environment.createSession(model, options);
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime does not load the graph: " + e.getMessage(), e);
        }
    }

    /** What an export's own check runs graphs with. */
    public static GraphRunner runner() {
        return (model, inputs) -> {
            try (OnnxGraph graph = new OnnxGraph(model)) {
                return graph.run(inputs);
            }
        };
    }

    /**
     * Runs the graph once.
     *
     * @param inputs float32, by name
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
                    outputs.put(output.getKey(), Tensor.of(tensor.getFloatBuffer().array(), tensor.getInfo().getShape()));
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
        if (tensor.type() != DataType.FLOAT32) {
            throw new IllegalArgumentException("expected a float32 tensor, found " + tensor);
        }
        // Native byte order: ONNX Runtime misreads a direct buffer of the other one.
        FloatBuffer values = ByteBuffer.allocateDirect(Math.toIntExact(tensor.size()) * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
        values.put(tensor.floats()).flip();
        return OnnxTensor.createTensor(environment, values, tensor.shape());
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
