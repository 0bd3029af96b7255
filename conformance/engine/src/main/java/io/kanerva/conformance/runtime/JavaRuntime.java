package io.kanerva.conformance.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import com.google.protobuf.ByteString;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Readiness.State;
import io.kanerva.conformance.tensor.ElementType;
import io.kanerva.conformance.tensor.TensorValue;
import io.kanerva.runtime.NativeRuntime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;

/** ONNX Runtime's own Java API in this process, on the CPU or on a GPU. What others are held against to the bit. */
public final class JavaRuntime implements ModelRuntime {
    static final String NAME = "onnxruntime-java";
    static final String ENGINE = "onnxruntime 1.29.0";
    static final String TITLE = "ONNX Runtime 1.29.0, Java";

    /** What a machine with NVIDIA's driver has: Linux, Linux inside Windows, Windows. */
    private static final List<Path> DRIVERS = List.of(
            Path.of("/proc/driver/nvidia/version"),
            Path.of("/dev/dxg"),
            Path.of(Optional.ofNullable(System.getenv("SystemRoot")).orElse("/"), "System32", "nvcuda.dll"));

    private final boolean cuda;

    private JavaRuntime(boolean cuda) {
        this.cuda = cuda;
    }

    /** On the CPU, where it can always run. */
    public static JavaRuntime cpu() {
        return new JavaRuntime(false);
    }

    /** On an NVIDIA GPU. */
    public static JavaRuntime cuda() {
        return new JavaRuntime(true);
    }

    @Override
    public String name() {
        return cuda ? NAME + "-cuda" : NAME;
    }

    @Override
    public String title() {
        return cuda ? TITLE + ", CUDA" : TITLE;
    }

    @Override
    public String engine() {
        return ENGINE;
    }

    @Override
    public String device() {
        return cuda ? "cuda" : "cpu";
    }

    @Override
    public Set<Boolean> optimisations() {
        return Set.of(false, true);
    }

    @Override
    public boolean doublePrecision() {
        return false; // it has no convolution in float64
    }

    @Override
    public Readiness prepare(boolean install) {
        if (!cuda) {
            return Readiness.READY;
        }
        // Looked for first: asking ONNX Runtime for CUDA where there is none unpacks 583 MB before it fails.
        if (DRIVERS.stream().noneMatch(Files::exists)) {
            return new Readiness(State.ABSENT, "expected NVIDIA's driver on this machine, found none");
        }
        NativeRuntime.start();
        return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)
                ? Readiness.READY
                : new Readiness(
                        State.ABSENT, "expected ONNX Runtime with CUDA (the onnxruntime_gpu jar), found one without");
    }

    @Override
    public String about() {
        NativeRuntime.start();
        return "onnxruntime %s, Java %s"
                .formatted(OrtEnvironment.getEnvironment().getVersion(), Runtime.version());
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        NativeRuntime.start();
        List<Answer> answers = new ArrayList<>();
        Job loaded = null;
        OrtSession session = null;
        try {
            for (Job job : jobs) {
                try {
                    if (loaded == null
                            || !loaded.model().equals(job.model())
                            || loaded.optimised() != job.optimised()) {
                        close(session);
                        session = null;
                        loaded = null;
                        session = open(job);
                        loaded = job;
                    }
                    answers.add(new Outputs(run(session, job.inputs())));
                } catch (OrtException | IOException | RuntimeException e) { // whatever it throws is its answer
                    answers.add(new None(false, String.valueOf(e.getMessage()).replaceAll("\\s+", " ")));
                }
                progress.accept(answers.size());
            }
        } finally {
            close(session);
        }
        return answers;
    }

    private OrtSession open(Job job) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setOptimizationLevel(
                    job.optimised() ? SessionOptions.OptLevel.ALL_OPT : SessionOptions.OptLevel.NO_OPT);
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            if (cuda) {
                options.addCUDA();
            }
            return OrtEnvironment.getEnvironment().createSession(job.model().toString(), options);
        }
    }

    private static List<Tensor> run(OrtSession session, Path inputs) throws OrtException, IOException {
        Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
        try {
            int i = 0;
            for (String name : session.getInputNames()) {
                Path file = inputs.resolve("input_" + i++ + ".pb");
                if (Files.exists(file)) {
                    feeds.put(name, toOnnx(Tensor.read(file)));
                }
            }
            List<Tensor> outputs = new ArrayList<>();
            try (OrtSession.Result result = session.run(feeds)) {
                for (Map.Entry<String, OnnxValue> output : result) {
                    outputs.add(fromOnnx(output.getKey(), output.getValue()));
                }
            }
            return outputs;
        } finally {
            feeds.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor toOnnx(Tensor tensor) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        if (tensor.type() == ElementType.STRING) {
            return OnnxTensor.createTensor(
                    environment,
                    tensor.strings().stream().map(ByteString::toStringUtf8).toArray(String[]::new),
                    tensor.shape());
        }
        ByteBuffer values = ByteBuffer.allocateDirect(tensor.bytes().length).order(ByteOrder.nativeOrder());
        values.put(tensor.bytes()).flip();
        OnnxJavaType type = switch (tensor.type()) {
            case FLOAT32 -> OnnxJavaType.FLOAT;
            case FLOAT64 -> OnnxJavaType.DOUBLE;
            case FLOAT16 -> OnnxJavaType.FLOAT16;
            case BFLOAT16 -> OnnxJavaType.BFLOAT16;
            case INT8 -> OnnxJavaType.INT8;
            case UINT8 -> OnnxJavaType.UINT8;
            case INT16 -> OnnxJavaType.INT16;
            case INT32 -> OnnxJavaType.INT32;
            case INT64 -> OnnxJavaType.INT64;
            case BOOL -> OnnxJavaType.BOOL;
            default -> throw new IllegalArgumentException("ONNX Runtime's Java API takes no inputs of " + tensor);
        };
        return OnnxTensor.createTensor(environment, values, tensor.shape(), type);
    }

    private static Tensor fromOnnx(String name, OnnxValue value) throws OrtException {
        if (!(value instanceof OnnxTensor tensor)) {
            throw new IllegalStateException("expected tensors as outputs, found %s".formatted(value.getInfo()));
        }
        TensorInfo info = tensor.getInfo();
        ElementType type = type(info);
        if (type == ElementType.STRING) {
            List<ByteString> strings = new ArrayList<>();
            flatten(tensor.getValue(), strings);
            return Tensor.of(strings, info.getShape()).named(name);
        }
        ByteBuffer buffer = tensor.getByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return Tensor.ofBytes(type, bytes, info.getShape()).named(name);
    }

    /** The element type; the Java API numbers the types in an order of its own. */
    private static ElementType type(TensorInfo info) {
        return switch (info.onnxType) {
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT -> ElementType.FLOAT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE -> ElementType.FLOAT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16 -> ElementType.FLOAT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16 -> ElementType.BFLOAT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8 -> ElementType.INT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 -> ElementType.UINT8;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16 -> ElementType.INT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16 -> ElementType.UINT16;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32 -> ElementType.INT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32 -> ElementType.UINT32;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64 -> ElementType.INT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64 -> ElementType.UINT64;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL -> ElementType.BOOL;
            case ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING -> ElementType.STRING;
            default -> throw new IllegalStateException("ONNX Runtime's Java API gives no outputs of " + info.onnxType);
        };
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

    private static void close(OrtSession session) {
        if (session != null) {
            try {
                session.close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime cannot close a graph: " + e.getMessage(), e);
            }
        }
    }
}
