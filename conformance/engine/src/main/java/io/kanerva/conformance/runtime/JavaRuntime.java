package io.kanerva.conformance.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import io.kanerva.conformance.runtime.Answer.None;
import io.kanerva.conformance.runtime.Answer.None.Kind;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.Readiness.State;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** ONNX Runtime's Java API in this process, on the CPU or on a GPU; the reference for bit-by-bit comparisons. */
public final class JavaRuntime implements ModelRuntime {
    /** Names of passes of ONNX Runtime's optimiser to switch off, separated by semicolons. */
    static final String WITHOUT_PASSES = "KPP_WITHOUT_PASSES";

    private static final String TITLE = "ONNX Runtime 1.29.0, Java";

    /** Files of NVIDIA's driver: on Linux, on Linux inside Windows, on Windows. */
    private static final List<Path> DRIVERS = List.of(
            Path.of("/proc/driver/nvidia/version"),
            Path.of("/dev/dxg"),
            Path.of(Optional.ofNullable(System.getenv("SystemRoot")).orElse("/"), "System32", "nvcuda.dll"));

    /** On the CPU; always ready. */
    public static final JavaRuntime CPU = new JavaRuntime("onnxruntime-java", TITLE, "cpu");
    /** On an NVIDIA GPU. */
    public static final JavaRuntime CUDA = new JavaRuntime("onnxruntime-java-cuda", TITLE + ", CUDA", "cuda");

    private final Description description;
    private final String passes;

    private JavaRuntime(String name, String title, String device) {
        passes = "";
        // No float64: ONNX Runtime has no convolution in float64.
        description = new Description(name, title, "onnxruntime 1.29.0", device, Set.of(false, true), false);
    }

    private JavaRuntime(Description description, String passes) {
        this.description = description;
        this.passes = passes;
    }

    /** The same without some passes of the optimiser. */
    public ModelRuntime withoutPasses(List<String> names) {
        return new JavaRuntime(description, String.join(";", names));
    }

    @Override
    public Description description() {
        return description;
    }

    private boolean cuda() {
        return description.device().equals("cuda");
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
        OrtRunner.environment();
        return OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)
                ? Readiness.READY
                : new Readiness(
                        State.ABSENT, "expected ONNX Runtime with CUDA (the onnxruntime_gpu jar), found one without");
    }

    @Override
    public String about() {
        return "onnxruntime %s, Java %s".formatted(OrtRunner.environment().getVersion(), Runtime.version());
    }

    /** A {@link GraphRunner} for checks of an export: runs a model once on the CPU, with graph optimisations. */
    public static GraphRunner runner() {
        return new OrtRunner();
    }

    @Override
    public List<Answer> run(List<Job> jobs, IntConsumer progress) {
        List<Answer> answers = new ArrayList<>();
        answer(jobs, answer -> {
            answers.add(answer);
            progress.accept(answers.size());
        });
        return answers;
    }

    @Override
    public void answer(List<Job> jobs, Consumer<Answer> each) {
        Job loaded = null;
        OrtSession session = null;
        try {
            for (Job job : jobs) {
                Answer answer;
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
                    requireTensors(session);
                    List<Tensor> tensors = TensorFolder.read(job.inputs(), TensorFolder.INPUT);
                    Map<String, Tensor> inputs = new LinkedHashMap<>();
                    for (String name : session.getInputNames()) {
                        if (inputs.size() < tensors.size()) {
                            inputs.put(name, tensors.get(inputs.size()));
                        }
                    }
                    long[] nanoseconds = new long[1];
                    List<Tensor> outputs = OrtRunner.run(session, inputs, taken -> nanoseconds[0] = taken);
                    answer = new Outputs(job.timed() ? List.of() : outputs, nanoseconds[0] / 1e6);
                } catch (OrtException | IOException | RuntimeException e) { // any exception is the answer
                    // The engine's own exceptions apart, what is thrown here comes from this class and the Java API.
                    Kind kind = e instanceof OrtException ? Kind.REFUSED : Kind.ADAPTER;
                    answer = new None(kind, String.valueOf(e.getMessage()).replaceAll("\\s+", " "));
                }
                each.accept(answer);
            }
        } finally {
            close(session);
        }
    }

    private static void requireTensors(OrtSession session) throws OrtException {
        for (NodeInfo input : session.getInputInfo().values()) {
            if (!(input.getInfo() instanceof TensorInfo)) {
                throw new IllegalArgumentException(
                        "ONNX Runtime's Java API takes only tensors as inputs, and '%s' is none"
                                .formatted(input.getName()));
            }
        }
    }

    private OrtSession open(Job job) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setOptimizationLevel(
                    job.optimised() ? SessionOptions.OptLevel.ALL_OPT : SessionOptions.OptLevel.NO_OPT);
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            if (!passes.isEmpty()) {
                options.addConfigEntry("optimization.disable_specified_optimizers", passes);
            }
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            if (cuda()) {
                options.addCUDA();
            }
            return OrtRunner.environment().createSession(job.model().toString(), options);
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
