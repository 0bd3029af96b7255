package io.kanerva.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;

/**
 * The open graphs of one bundle. It owns the ONNX Runtime sessions; a {@link Call} borrows them under the read lock,
 * and {@link #close} takes the write lock, so no session closes under a running call.
 */
final class Sessions implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(Kanerva.class.getName());
    private static final int MOST_IDLE = 16;

    /** In floats, 4 MiB. */
    private static final long LARGEST_IDLE = 1 << 20;

    private static final AtomicBoolean FALL_BACK_TOLD = new AtomicBoolean();

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Map<BundleGraph, SessionCopies> sessions = new EnumMap<>(BundleGraph.class);
    private final Map<BundleGraph, Signature> signatures = new EnumMap<>(BundleGraph.class);
    private final BufferPool buffers = new BufferPool();

    /** Tensors between two calls. Not a queue, whose nodes would be garbage. */
    private final AtomicReferenceArray<PinnedTensors> idle = new AtomicReferenceArray<>(MOST_IDLE);

    private final AtomicInteger turn = new AtomicInteger();
    private final String bundle;
    private final Device device;
    private boolean closed;

    private Sessions(String bundle, Device device) {
        this.bundle = bundle;
        this.device = device;
    }

    /**
     * Opens all graphs.
     *
     * @param bundle how messages name the bundle
     * @param graphs each graph's ONNX bytes; an optional one may be missing
     */
    static Sessions open(String bundle, ModelSettings settings, Map<BundleGraph, byte[]> graphs, Options options) {
        Optional<String> obstacle = options.device() == Device.CPU ? Optional.empty() : cudaObstacle();
        if (options.device() == Device.CPU || (options.device() == Device.AUTO && obstacle.isPresent())) {
            obstacle.ifPresent(Sessions::tellFallBack);
            return open(bundle, settings, graphs, options, Device.CPU);
        }
        if (obstacle.isPresent()) {
            throw new DeviceException("Device CUDA: %s", obstacle.get());
        }
        try {
            return open(bundle, settings, graphs, options, Device.CUDA);
        } catch (DeviceException e) {
            if (options.device() == Device.CUDA) {
                throw e;
            }
            tellFallBack(e.getMessage());
            return open(bundle, settings, graphs, options, Device.CPU);
        }
    }

    private static Sessions open(
            String bundle, ModelSettings settings, Map<BundleGraph, byte[]> graphs, Options wanted, Device device) {
        Sessions opened = new Sessions(bundle, device);
        Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        List<BundleGraph> order = List.copyOf(graphs.keySet());
        try (SessionOptions options = sessionOptions(wanted.threads(), device)) {
            // Side by side: most of the time until the first call goes into this. All end before a failure is passed
            // on.
            IntStream.range(0, graphs.size() * wanted.callers()).parallel().forEach(i -> {
                BundleGraph graph = order.get(i % graphs.size());
                try {
                    opened.add(
                            Signature.of(graph, settings),
                            i / graphs.size(),
                            wanted.callers(),
                            createSession(bundle, graph, graphs.get(graph), options, device));
                } catch (RuntimeException e) {
                    failures.add(e);
                }
            });
        }
        if (!failures.isEmpty()) {
            opened.close();
            throw failures.remove();
        }
        return opened;
    }

    private synchronized void add(Signature signature, int copy, int copies, OrtSession session) {
        sessions.putIfAbsent(signature.graph(), new SessionCopies(copies));
        sessions.get(signature.graph()).set(copy, session);
        signatures.put(signature.graph(), signature);
        try {
            signature.check(bundle, session);
        } catch (OrtException e) {
            throw new BundleException(e, "%s: a graph's tensors cannot be read: %s", bundle, e.getMessage());
        }
    }

    private static OrtSession createSession(
            String bundle, BundleGraph graph, byte[] bytes, SessionOptions options, Device device) {
        try {
            return NativeRuntime.environment().createSession(bytes, options);
        } catch (OrtException e) {
            if (NativeRuntime.isProcessEnding()) {
                throw new ClosedException("%s: not loaded, since the process is ending", bundle);
            }
            String message =
                    "%s: ONNX Runtime cannot load graph %s: %s".formatted(bundle, graph.label(), e.getMessage());
            throw device == Device.CUDA
                    ? new DeviceException("Device CUDA: " + message, e)
                    : new BundleException(message, e);
        }
    }

    /** To be closed by the caller. */
    static SessionOptions sessionOptions(int threads, Device device) {
        NativeRuntime.start(); // else ONNX Runtime cannot say what CUDA lacks
        SessionOptions options = new SessionOptions();
        try {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            // Errors arrive as exceptions, and warnings about a graph concern who exports it: stderr stays clean.
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            // 8-bit weights are unpacked once, at load, rather than at every run: the arithmetic is in float32 anyway.
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

    /** Why CUDA cannot be had, found out without asking for it; empty if nothing speaks against it. */
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

    private static void tellFallBack(String reason) {
        if (FALL_BACK_TOLD.compareAndSet(false, true)) {
            LOGGER.log(Level.INFO, "Device AUTO runs on the CPU: {0}", reason);
        }
    }

    /** Whether the bundle has this graph. */
    boolean has(BundleGraph graph) {
        return sessions.containsKey(graph);
    }

    /** Buffers of all calls. */
    BufferPool buffers() {
        return buffers;
    }

    /**
     * Idle tensors, of several those that hold these memories already; to be given back.
     *
     * @param memory null if that is all one
     * @return null if none are idle
     */
    PinnedTensors borrow(String use, int[] sizes, Memory memory) {
        for (boolean holding = true; ; holding = false) {
            for (int i = 0; i < MOST_IDLE; i++) {
                PinnedTensors tensors = idle.get(i);
                if (tensors != null
                        && tensors.fits(use, sizes)
                        && (!holding || tensors.holds(memory))
                        && idle.compareAndSet(i, tensors, null)) {
                    return tensors;
                }
            }
            if (!holding) {
                return null;
            }
        }
    }

    /** Keeps them for later calls, if they are small, in the place of others in turn if there is no other. */
    void giveBack(PinnedTensors tensors) {
        PinnedTensors dropped = tensors;
        if (tensors.floats() <= LARGEST_IDLE) {
            for (int i = 0; i < MOST_IDLE; i++) {
                if (idle.compareAndSet(i, null, tensors)) {
                    return;
                }
            }
            dropped = idle.getAndSet(Math.floorMod(turn.getAndIncrement(), MOST_IDLE), tensors);
        }
        if (dropped != null) {
            dropped.close();
        }
    }

    /** What the graph takes and gives. */
    Signature signature(BundleGraph graph) {
        return signatures.get(graph);
    }

    /** CPU or CUDA. */
    Device device() {
        return device;
    }

    /**
     * Begins a call: sessions stay open until the returned call is closed.
     *
     * @throws ClosedException after {@link #close}
     */
    Call begin() {
        enter();
        return new Call(this);
    }

    /**
     * Keeps the sessions open until {@link #leave}, by the same thread.
     *
     * @throws ClosedException after {@link #close}
     */
    void enter() {
        lock.readLock().lock();
        if (closed) {
            lock.readLock().unlock();
            throw new ClosedException("Kanerva of %s: called after close", bundle);
        }
    }

    void leave() {
        lock.readLock().unlock();
    }

    /** Runs a graph into outputs that are there already; between {@link #enter} and {@link #leave}. */
    void run(BundleGraph graph, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
        try {
            sessions.get(graph).run(inputs, outputs);
        } catch (OrtException e) {
            throw failure(graph, e);
        }
    }

    static InferenceException failure(BundleGraph graph, OrtException e) {
        return new InferenceException(e, "graph %s: ONNX Runtime failed: %s", graph.label(), e.getMessage());
    }

    /** Waits for running calls, then closes the sessions; closing again does nothing. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            for (int i = 0; i < MOST_IDLE; i++) {
                PinnedTensors tensors = idle.getAndSet(i, null);
                if (tensors != null) {
                    tensors.close();
                }
            }
            for (SessionCopies session : sessions.values()) {
                session.close();
            }
        } catch (OrtException e) {
            throw new InferenceException(e, "%s: a session cannot be closed: %s", bundle, e.getMessage());
        } finally {
            lock.writeLock().unlock();
        }
    }
}
