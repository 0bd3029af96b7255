package io.kanerva.runtime.session;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.ValueInfo;
import io.kanerva.runtime.*;
import io.kanerva.runtime.bundle.Signature;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/** Opens the graphs of a bundle on the requested device. */
public final class SessionLoader {

    private static final Logger LOGGER = System.getLogger(Kanerva.class.getName());

    /**
     * What is not opened with a bundle: the host compares in float64, and faster for few queries, and few programs want
     * a bound, whose graph is opened with the first one.
     */
    private static final Set<BundleGraph> UNUSED = EnumSet.of(BundleGraph.RECALL, BundleGraph.SCORE);

    private static final AtomicBoolean FALL_BACK_LOGGED = new AtomicBoolean();

    private final String bundle;
    private final ModelSettings settings;
    private final Options options;

    private SessionLoader(String bundle, ModelSettings settings, Options options) {
        this.bundle = bundle;
        this.settings = settings;
        this.options = options;
    }

    /**
     * Opens the graphs that the runtime uses.
     *
     * @param bundle the bundle's name in messages
     * @param graphs each graph's ONNX bytes
     * @throws BundleException if ONNX Runtime cannot load a graph, or its tensors are not those of {@code settings}
     * @throws DeviceException if the device is not available
     */
    public static Sessions open(
            String bundle, ModelSettings settings, Map<BundleGraph, byte[]> graphs, Options options) {
        SessionLoader loader = new SessionLoader(bundle, settings, options);
        boolean fallsBack = options.device() == Device.AUTO;
        Optional<String> obstacle = options.device() == Device.CPU ? Optional.empty() : cudaObstacle();
        if (options.device() == Device.CPU || fallsBack && obstacle.isPresent()) {
            obstacle.ifPresent(SessionLoader::logFallBack);
            return loader.open(graphs, Device.CPU);
        }
        if (obstacle.isPresent()) {
            throw new DeviceException("Device CUDA: %s", obstacle.get());
        }
        try {
            return loader.open(graphs, Device.CUDA);
        } catch (DeviceException e) {
            if (!fallsBack) {
                throw e;
            }
            logFallBack(e.getMessage());
            return loader.open(graphs, Device.CPU);
        }
    }

    /** Why CUDA is not available, without asking ONNX Runtime for it; empty if it may be. */
    private static Optional<String> cudaObstacle() {
        if (GpuDriver.find().isEmpty()) {
            return Optional.of("expected NVIDIA's driver library %s, found none on this machine"
                    .formatted(GpuDriver.libraryName()));
        }
        if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
            return Optional.of("expected ONNX Runtime with CUDA (the onnxruntime_gpu jar), found one without");
        }
        return Optional.empty();
    }

    private static void logFallBack(String reason) {
        if (FALL_BACK_LOGGED.compareAndSet(false, true)) {
            LOGGER.log(Level.INFO, "Device AUTO runs on the CPU: {0}", reason);
        }
    }

    private Sessions open(Map<BundleGraph, byte[]> graphs, Device device) {
        Map<BundleGraph, OrtSession[]> opened = new EnumMap<>(BundleGraph.class);
        List<BundleGraph> order = graphs.keySet().stream()
                .filter(graph -> !UNUSED.contains(graph))
                .toList();
        order.forEach(graph -> opened.put(graph, new OrtSession[options.callers()]));
        opened.put(BundleGraph.SCORE, new OrtSession[options.callers()]);
        byte[] score = graphs.get(BundleGraph.SCORE);
        Sessions sessions = new Sessions(bundle, settings, device, opened, () -> openScore(score, device));
        Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        try (SessionOptions sessionOptions = sessionOptions(options.threads(), device)) {
            // In parallel, as this is most of the time until the first call. All end before a failure is thrown.
            IntStream.range(0, order.size() * options.callers()).parallel().forEach(i -> {
                BundleGraph graph = order.get(i % order.size());
                try {
                    OrtSession session = createSession(graph, graphs.get(graph), sessionOptions, device);
                    opened.get(graph)[i / order.size()] = session;
                    checkTensors(graph, session);
                } catch (RuntimeException e) {
                    failures.add(e);
                }
            });
        }
        if (!failures.isEmpty()) {
            sessions.close();
            throw failures.remove();
        }
        return sessions;
    }

    private OrtSession openScore(byte[] model, Device device) {
        try (SessionOptions sessionOptions = sessionOptions(options.threads(), device)) {
            OrtSession session = createSession(BundleGraph.SCORE, model, sessionOptions, device);
            try {
                checkTensors(BundleGraph.SCORE, session);
            } catch (RuntimeException e) {
                close(session);
                throw e;
            }
            return session;
        }
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            LOGGER.log(Level.DEBUG, "score", e); // what is wrong with the graph is thrown
        }
    }

    private OrtSession createSession(BundleGraph graph, byte[] model, SessionOptions sessionOptions, Device device) {
        try {
            return OrtEnvironment.getEnvironment().createSession(model, sessionOptions);
        } catch (OrtException e) {
            if (isProcessEnding()) {
                throw new ClosedException("%s: not loaded, since the process is ending", bundle);
            }
            String message =
                    "%s: ONNX Runtime cannot load graph %s: %s".formatted(bundle, graph.label(), e.getMessage());
            throw device == Device.CUDA
                    ? new DeviceException(e, "Device CUDA: %s", message)
                    : new BundleException(e, "%s", message);
        }
    }

    /** Whether the JVM is shutting down, when ONNX Runtime closes its environment under its users. */
    static boolean isProcessEnding() {
        Thread probe = new Thread();
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            Runtime.getRuntime().removeShutdownHook(probe);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    /** To be closed by the caller. */
    public static SessionOptions sessionOptions(int threads, Device device) {
        NativeRuntime.start(); // otherwise ONNX Runtime cannot report what CUDA lacks
        SessionOptions options = new SessionOptions();
        try {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            // Errors are exceptions, and warnings about a graph concern its exporter: stderr stays clean.
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            // Unpack 8-bit weights once, at load, rather than at every run: the arithmetic is float32 anyway.
            options.addConfigEntry("session.disable_quant_qdq", "1");
            if (device == Device.CUDA) {
                options.addCUDA();
            }
            return options;
        } catch (OrtException e) {
            options.close();
            throw new DeviceException(e, "Device %s: ONNX Runtime cannot set it up: %s", device, e.getMessage());
        }
    }

    private void checkTensors(BundleGraph graph, OrtSession session) {
        Signature signature = new Signature(graph, settings);
        try {
            checkTensors(graph, "input", signature.inputs(), session.getInputInfo());
            checkTensors(graph, "output", signature.outputs(), session.getOutputInfo());
        } catch (OrtException e) {
            throw new BundleException(e, "%s: a graph's tensors cannot be read: %s", bundle, e.getMessage());
        }
    }

    private void checkTensors(
            BundleGraph graph, String role, List<TensorDescription> expected, Map<String, NodeInfo> found) {
        List<String> names = expected.stream().map(TensorDescription::name).toList();
        if (!names.equals(List.copyOf(found.keySet()))) {
            throw new BundleException(
                    "%s: graph %s: expected %ss %s, found %s", bundle, graph.label(), role, names, found.keySet());
        }
        for (TensorDescription tensor : expected) {
            String wanted = tensor.type() + tensor.shape();
            String given = describe(found.get(tensor.name()).getInfo(), tensor.shape());
            if (!given.equals(wanted)) {
                throw new BundleException(
                        "%s: graph %s: expected %s '%s' to be %s, found %s",
                        bundle, graph.label(), role, tensor.name(), wanted, given);
            }
        }
    }

    /** Type and shape; an unnamed dynamic dimension matches any name, but no size. */
    private static String describe(ValueInfo value, List<String> expected) {
        if (!(value instanceof TensorInfo info)) {
            return "no tensor";
        }
        List<String> shape = new ArrayList<>();
        for (int axis = 0; axis < info.getShape().length; axis++) {
            long size = info.getShape()[axis];
            String name = info.getDimensionNames()[axis];
            if (size < 0 && name.isEmpty()) {
                boolean fits = axis < expected.size() && !Signature.isSize(expected.get(axis));
                name = fits ? expected.get(axis) : "?";
            }
            shape.add(size < 0 ? name : Long.toString(size));
        }
        boolean isFloat = info.type == OnnxJavaType.FLOAT;
        return (isFloat ? "float32" : info.type.name().toLowerCase(Locale.ROOT)) + shape;
    }
}
