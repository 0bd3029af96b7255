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
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.IntConsumer;

/** ONNX Runtime's Java API in this process, on the CPU or on a GPU; the reference for bit-by-bit comparisons. */
public final class JavaRuntime implements ModelRuntime {
    private static final String TITLE = "ONNX Runtime 1.29.0, Java";
    /** Address space only: unused pages take no memory. 64 MB are enough for 100,000 characters. */
    private static final long STACK_BYTES = 256L << 20;

    /** Files of NVIDIA's driver: on Linux, on Linux inside Windows, on Windows. */
    private static final List<Path> DRIVERS = List.of(
            Path.of("/proc/driver/nvidia/version"),
            Path.of("/dev/dxg"),
            Path.of(Optional.ofNullable(System.getenv("SystemRoot")).orElse("/"), "System32", "nvcuda.dll"));

    /** On the CPU; always ready. */
    public static final JavaRuntime CPU = new JavaRuntime("onnxruntime-java", TITLE, "cpu");
    /** On an NVIDIA GPU. */
    public static final JavaRuntime CUDA = new JavaRuntime("onnxruntime-java-cuda", TITLE + ", CUDA", "cuda");

    private static OrtEnvironment environment;

    private final Description description;

    private JavaRuntime(String name, String title, String device) {
        // No float64: ONNX Runtime has no convolution in float64.
        description = new Description(name, title, "onnxruntime 1.29.0", device, Set.of(false, true), false);
    }

    @Override
    public Description description() {
        return description;
    }

    private boolean cuda() {
        return this == CUDA;
    }

    @Override
    public Readiness prepare(boolean install) {
        if (!cuda()) {
            return Readiness.READY;
        }
        // Checked first: without CUDA, ONNX Runtime unpacks 583 MB before it fails.
        if (DRIVERS.stream().noneMatch(Files::exists)) {
            return new Readiness(State.ABSENT, "expected NVIDIA's driver on this machine, found none");
        }
        environment();
        return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)
                ? Readiness.READY
                : new Readiness(
                        State.ABSENT, "expected ONNX Runtime with CUDA (the onnxruntime_gpu jar), found one without");
    }

    @Override
    public String about() {
        return "onnxruntime %s, Java %s".formatted(environment().getVersion(), Runtime.version());
    }

    /**
     * ONNX Runtime's one environment in this process, created on a large stack: on Linux, ONNX Runtime 1.29's telemetry
     * recurses over the command line when it starts, and a long class path overflows a default one.
     */
    private static synchronized OrtEnvironment environment() {
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

    /** A {@link GraphRunner} for checks of an export: runs a model once on the CPU, with graph optimisations. */
    public static GraphRunner runner() {
        return new GraphRunner() {
            @Override
            public Map<String, Tensor> run(byte[] model, Map<String, Tensor> inputs) {
                return once(options -> environment().createSession(model, options), inputs);
            }

            @Override
            public Map<String, Tensor> run(Path model, Map<String, Tensor> inputs) {
                return once(options -> environment().createSession(model.toString(), options), inputs);
            }
        };
    }

    private interface Opening {
        OrtSession open(SessionOptions options) throws OrtException;
    }

    private static Map<String, Tensor> once(Opening opening, Map<String, Tensor> inputs) {
        try (SessionOptions options = new SessionOptions();
                OrtSession session = opening.open(options)) {
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            run(session, inputs).forEach(output -> outputs.put(output.name(), output));
            return outputs;
        } catch (OrtException e) {
            throw new IllegalArgumentException("ONNX Runtime cannot run the graph: " + e.getMessage(), e);
        }
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
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
                    List<Tensor> tensors = TensorFolder.read(job.inputs(), TensorFolder.INPUT);
                    Map<String, Tensor> inputs = new LinkedHashMap<>();
                    for (String name : session.getInputNames()) {
                        if (inputs.size() < tensors.size()) {
                            inputs.put(name, tensors.get(inputs.size()));
                        }
                    }
                    answers.add(new Outputs(run(session, inputs)));
                } catch (OrtException | IOException | RuntimeException e) { // any exception is the answer
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
            if (cuda()) {
                options.addCUDA();
            }
            return environment().createSession(job.model().toString(), options);
        }
    }

    private static List<Tensor> run(OrtSession session, Map<String, Tensor> inputs) throws OrtException {
        Map<String, OnnxTensor> feeds = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                feeds.put(input.getKey(), toOnnx(input.getValue()));
            }
            List<Tensor> outputs = new ArrayList<>();
            try (OrtSession.Result result = session.run(feeds)) {
                for (Map.Entry<String, OnnxValue> output : result) {
                    outputs.add(fromOnnx(output.getValue()).named(output.getKey()));
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

    private static Tensor fromOnnx(OnnxValue value) throws OrtException {
        if (!(value instanceof OnnxTensor tensor)) {
            throw new IllegalStateException("expected tensors as outputs, found %s".formatted(value.getInfo()));
        }
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
