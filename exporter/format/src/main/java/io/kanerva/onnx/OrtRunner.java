package io.kanerva.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.LongConsumer;

/**
 * Runs models with ONNX Runtime on the CPU, with graph optimisations. ONNX Runtime itself
 * ({@code com.microsoft.onnxruntime:onnxruntime}, or {@code onnxruntime_gpu}) has to be on the class path; this
 * artifact does not bring it.
 */
public final class OrtRunner implements GraphRunner {
    /** Address space only: unused pages take no memory. 64 MB are enough for 100,000 characters. */
    private static final long STACK_BYTES = 256L << 20;

    /** A smaller model runs once in less time than threads take to start and to end, a third of a session's. */
    private static final long MIN_BYTES_OF_THREADS = 16L << 20;

    private static OrtEnvironment environment;

    /**
     * Starts ONNX Runtime, once per process.
     *
     * @throws NoClassDefFoundError if it is not on the class path
     */
    public OrtRunner() {
        environment();
    }

    /**
     * ONNX Runtime's one environment in this process, created on a large stack: on Linux, ONNX Runtime 1.29's telemetry
     * recurses over the command line when it starts, and a long class path overflows a default one.
     */
    public static synchronized OrtEnvironment environment() {
        if (environment == null) {
            FutureTask<OrtEnvironment> task = new FutureTask<>(OrtEnvironment::getEnvironment);
            new Thread(null, task, "ONNX Runtime start", STACK_BYTES).start();
            try {
                environment = task.get();
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException("ONNX Runtime cannot be started: " + e.getMessage(), e);
            }
        }
        return environment;
    }

    @Override
    public Map<String, Tensor> run(byte[] model, Map<String, Tensor> inputs) {
        return run(options -> environment().createSession(model, options), model.length, inputs);
    }

    @Override
    public Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
        return run(
                options -> environment().createSession(model.toString(), options),
                model.toFile().length(),
                inputs);
    }

    private interface Opening {
        OrtSession open(SessionOptions options) throws OrtException;
    }

    private static Map<String, Tensor> run(Opening opening, long bytes, Map<String, Tensor> inputs) {
        try (SessionOptions options = new SessionOptions()) {
            if (bytes < MIN_BYTES_OF_THREADS) {
                options.setIntraOpNumThreads(1);
            }
            try (OrtSession session = opening.open(options)) {
                Map<String, Tensor> outputs = new LinkedHashMap<>();
                run(session, inputs).forEach(output -> outputs.put(output.name(), output));
                return outputs;
            }
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime cannot run the graph: " + e.getMessage(), e);
        }
    }

    /**
     * Runs an open session once.
     *
     * @return all outputs in the model's order, with their names; sequences and maps as {@link CompositeValue} says
     */
    public static List<Tensor> run(OrtSession session, Map<String, Tensor> inputs) throws OrtException {
        return run(session, inputs, nanoseconds -> {});
    }

    /** The same; {@code clock} receives the nanoseconds that the session took, without the copies around it. */
    public static List<Tensor> run(OrtSession session, Map<String, Tensor> inputs, LongConsumer clock)
            throws OrtException {
        Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                feeds.put(input.getKey(), toOnnx(input.getValue()));
            }
            List<Tensor> outputs = new ArrayList<>();
            long start = System.nanoTime();
            try (OrtSession.Result result = session.run(feeds)) {
                clock.accept(System.nanoTime() - start);
                for (Map.Entry<String, OnnxValue> output : result) {
                    add(output.getKey(), output.getValue(), outputs);
                }
            }
            return outputs;
        } finally {
            feeds.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor toOnnx(Tensor tensor) throws OrtException {
        if (tensor.type() == ElementType.STRING) {
            return OnnxTensor.createTensor(
                    environment(),
                    tensor.strings().stream().map(ByteString::toStringUtf8).toArray(String[]::new),
                    tensor.shape());
        }
        OnnxJavaType type = Arrays.stream(OnnxJavaType.values())
                .filter(known -> known.name().equals(name(tensor.type())))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("ONNX Runtime's Java API takes no inputs of " + tensor));
        ByteBuffer bytes = tensor.buffer();
        ByteBuffer values = ByteBuffer.allocateDirect(bytes.remaining()).order(ByteOrder.nativeOrder());
        return OnnxTensor.createTensor(environment(), values.put(bytes).flip(), tensor.shape(), type);
    }

    /** Adds a value, which may have to be taken apart: see {@link CompositeValue}. */
    private static void add(String name, OnnxValue value, List<Tensor> tensors) throws OrtException {
        if (value instanceof OnnxTensor tensor) {
            tensors.add(fromOnnx(tensor).named(name));
        } else if (value instanceof OnnxSequence sequence) {
            List<? extends OnnxValue> elements = sequence.getValue();
            tensors.add(CompositeValue.size(name, elements.size()));
            for (int i = 0; i < elements.size(); i++) {
                try (OnnxValue element = elements.get(i)) {
                    add(CompositeValue.element(name, i), element, tensors);
                }
            }
        } else if (value instanceof OnnxMap map) {
            Map<Object, Object> sorted = new TreeMap<>(map.getValue());
            List<?> keys = sorted.keySet().stream()
                    .map(key -> key instanceof String text ? ByteString.copyFromUtf8(text) : key)
                    .toList();
            tensors.add(CompositeValue.keys(name, keys));
            tensors.add(values(List.copyOf(sorted.values())).named(name + ".values"));
        } else {
            throw new IllegalStateException(
                    "expected tensors, sequences and maps as outputs, found %s".formatted(value.getInfo()));
        }
    }

    private static Tensor values(List<Object> values) {
        if (!values.isEmpty() && values.get(0) instanceof String) {
            return Tensor.of(
                    values.stream()
                            .map(text -> ByteString.copyFromUtf8((String) text))
                            .toList(),
                    values.size());
        }
        if (!values.isEmpty() && values.get(0) instanceof Long) {
            return Tensor.of(values.stream().mapToLong(value -> (Long) value).toArray(), values.size());
        }
        boolean isDouble = !values.isEmpty() && values.get(0) instanceof Double;
        double[] numbers = values.stream()
                .mapToDouble(value -> ((Number) value).doubleValue())
                .toArray();
        return Tensor.of(isDouble ? ElementType.FLOAT64 : ElementType.FLOAT32, numbers, numbers.length);
    }

    private static Tensor fromOnnx(OnnxTensor tensor) throws OrtException {
        TensorInfo info = tensor.getInfo();
        ElementType type = type(info);
        if (type == ElementType.STRING) {
            List<ByteString> strings = new ArrayList<>();
            flatten(tensor.getValue(), strings);
            return Tensor.of(strings, info.getShape());
        }
        ByteBuffer buffer = tensor.getByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return Tensor.ofBytes(type, bytes, info.getShape());
    }

    /** ONNX Runtime's name for an element type. */
    private static String name(ElementType type) {
        return type == ElementType.FLOAT32 ? "FLOAT" : type == ElementType.FLOAT64 ? "DOUBLE" : type.name();
    }

    private static ElementType type(TensorInfo info) {
        return Arrays.stream(ElementType.values())
                .filter(type -> info.onnxType.name().equals("ONNX_TENSOR_ELEMENT_DATA_TYPE_" + name(type)))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalStateException("ONNX Runtime's Java API gives no outputs of " + info.onnxType));
    }

    private static void flatten(Object value, List<ByteString> strings) {
        if (value instanceof Object[] array) {
            for (Object element : array) {
                flatten(element, strings);
            }
        } else {
            strings.add(ByteString.copyFromUtf8((String) value));
        }
    }
}
