package io.kanerva.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.kanerva.runtime.*;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
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
     * @throws BundleException if ONNX Runtime cannot load a graph
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
                    opened.get(graph)[i / order.size()] =
                            createSession(graph, graphs.get(graph), sessionOptions, device);
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
            return createSession(BundleGraph.SCORE, model, sessionOptions, device);
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
}
