package io.kanerva.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Runs models with ONNX Runtime on the CPU. */
public final class OrtRunner implements GraphRunner {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();

    @Override
    public Map<String, Tensor> run(byte[] model, Map<String, Tensor> inputs) {
        return run(options -> environment.createSession(model, options), inputs);
    }

    @Override
    public Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
        return run(options -> environment.createSession(model.toString(), options), inputs);
    }

    private interface Opening {
        OrtSession open(OrtSession.SessionOptions options) throws OrtException;
    }

    private Map<String, Tensor> run(Opening opening, Map<String, Tensor> inputs) {
        Map<String, OnnxTensor> given = new HashMap<>();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = opening.open(options)) {
            for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                given.put(input.getKey(), tensor(input.getValue()));
            }
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            try (OrtSession.Result result = session.run(given)) {
                for (Map.Entry<String, OnnxValue> output : result) {
                    outputs.put(output.getKey(), tensor((OnnxTensor) output.getValue()));
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            given.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor tensor(Tensor tensor) throws OrtException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(tensor.buffer().limit())
                .order(ByteOrder.nativeOrder())
                .put(tensor.buffer())
                .rewind();
        return OnnxTensor.createTensor(
                environment,
                bytes,
                tensor.shape(),
                switch (tensor.type()) {
                    case FLOAT32 -> OnnxJavaType.FLOAT;
                    case INT32 -> OnnxJavaType.INT32;
                    case INT64 -> OnnxJavaType.INT64;
                    case FLOAT64 -> OnnxJavaType.DOUBLE;
                    case FLOAT16 -> OnnxJavaType.FLOAT16;
                    case INT8 -> OnnxJavaType.INT8;
                    case UINT8 -> OnnxJavaType.UINT8;
                    default -> OnnxJavaType.BOOL;
                });
    }

    private static Tensor tensor(OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        ByteBuffer buffer = tensor.getByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return Tensor.ofBytes(
                switch (info.type) {
                    case FLOAT -> ElementType.FLOAT32;
                    case INT32 -> ElementType.INT32;
                    case INT64 -> ElementType.INT64;
                    case BOOL -> ElementType.BOOL;
                    case DOUBLE -> ElementType.FLOAT64;
                    case FLOAT16 -> ElementType.FLOAT16;
                    case INT8 -> ElementType.INT8;
                    case UINT8 -> ElementType.UINT8;
                    default -> throw new IllegalStateException("unexpected output type " + info.type);
                },
                bytes,
                info.getShape());
    }
}
