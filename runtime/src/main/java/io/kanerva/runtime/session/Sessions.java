package io.kanerva.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ClosedException;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.InferenceException;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.KanervaException;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.bundle.Signature;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.Cleaner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Supplier;

/**
 * The open graphs of one bundle and the {@link Workspace}s that are idle between calls.
 *
 * <p>It owns the ONNX Runtime sessions. Calls are counted, and the last to end after {@link #close} frees the sessions,
 * so that none closes under a running call. Each graph is open once for each expected caller, as two callers in one
 * session slow each other down.
 */
public final class Sessions implements AutoCloseable {

    private static final Logger LOGGER = System.getLogger(Kanerva.class.getName());
    private static final Cleaner CLEANER = Cleaner.create();
    private static final int MAX_IDLE = 16;

    /** 64 MiB. */
    private static final long MAX_IDLE_FLOATS = 1 << 24;

    /** For a cancelled call to reach the end of a node. */
    private static final Duration CANCELLATION = Duration.ofSeconds(10);

    private static final Duration MAX_PATIENCE = Duration.ofDays(365);

    private final String bundle;
    private final ModelSettings settings;
    private final Device device;
    private final Map<BundleGraph, Signature> signatures = new EnumMap<>(BundleGraph.class);

    /** The number of calls that run on each copy of the sessions. */
    private final AtomicIntegerArray callers;

    private final Native natives;
    private final Cleaner.Cleanable cleanable;

    /** Set before the calls are counted, as a call is counted before it reads this: one of the two sees the other. */
    private volatile boolean closed;

    /** The least recently used first; guarded by itself, as are the following. */
    private final List<Workspace> idle = new ArrayList<>();

    /** All workspaces that are not garbage, whether idle, in use or prepared. */
    private final Set<Workspace> workspaces = Collections.newSetFromMap(new WeakHashMap<>());

    private boolean isFree;

    private long idleFloats;

    /**
     * @param sessions one of each graph per expected caller; owned from now on
     * @param score opens one of its graph, of which there are none yet
     */
    Sessions(
            String bundle,
            ModelSettings settings,
            Device device,
            Map<BundleGraph, OrtSession[]> sessions,
            Supplier<OrtSession> score) {
        this.bundle = bundle;
        this.settings = settings;
        this.device = device;
        sessions.keySet().forEach(graph -> signatures.put(graph, new Signature(graph, settings)));
        callers = new AtomicIntegerArray(sessions.get(BundleGraph.ENCODER).length);
        natives = new Native(bundle, sessions, score);
        cleanable = CLEANER.register(this, natives);
    }

    String bundle() {
        return bundle;
    }

    public Device device() {
        return device;
    }

    ModelSettings settings() {
        return settings;
    }

    Signature signature(BundleGraph graph) {
        return signatures.get(graph);
    }

    /**
     * Starts a call: the sessions stay open until the workspace is closed.
     *
     * @param memory preferably held by the workspace; may be null
     * @throws ClosedException after {@link #close}
     * @throws io.kanerva.runtime.CancelledException if {@code limit} is reached
     */
    Workspace begin(Plan plan, int batch, int count, StoredMemory memory, Limit limit) {
        int copy = enter();
        try {
            limit.check(plan.label());
            Workspace workspace = borrow(plan, batch, count, memory);
            workspace.resize(batch, count, height(plan, count, memory));
            workspace.enter(copy, limit);
            return workspace;
        } catch (RuntimeException | Error e) {
            leave(copy);
            throw e;
        }
    }

    /**
     * A workspace for many calls of one size, to be freed by the caller.
     *
     * @param memory that will be read; null if none is
     * @throws ClosedException after {@link #close}
     */
    Workspace prepare(Plan plan, int batch, int count, StoredMemory memory) {
        int copy = enter();
        try {
            Workspace workspace;
            synchronized (idle) {
                workspace = create(plan);
            }
            workspace.resize(batch, count, height(plan, count, memory));
            return workspace;
        } finally {
            leave(copy);
        }
    }

    /**
     * An idle workspace of that size, if possible with these memories; else a new one or, at the limit, any of the
     * plan.
     */
    private Workspace borrow(Plan plan, int batch, int count, StoredMemory memory) {
        int height = height(plan, count, memory);
        synchronized (idle) {
            int found = -1;
            for (int i = 0; i < idle.size(); i++) {
                Workspace workspace = idle.get(i);
                if (workspace.fits(plan, batch, count, height) && (found < 0 || workspace.holds(memory))) {
                    found = i;
                }
            }
            for (int i = 0; found < 0 && idle.size() >= MAX_IDLE && i < idle.size(); i++) {
                found = idle.get(i).plan() == plan ? i : -1;
            }
            return found < 0 ? create(plan) : take(found);
        }
    }

    /** H of a call's memories. */
    private int height(Plan plan, int count, StoredMemory memory) {
        if (memory != null) {
            return memory.memory().dimension(2);
        }
        return plan.writes() ? settings.memoryHeight(count) : settings.memory().height();
    }

    private Workspace create(Plan plan) {
        Workspace workspace = new Workspace(this, plan);
        workspaces.add(workspace);
        return workspace;
    }

    private Workspace take(int index) {
        Workspace workspace = idle.remove(index);
        idleFloats -= workspace.floats();
        return workspace;
    }

    /** Keeps a workspace for later calls; at the limit, frees the least recently used ones. */
    void giveBack(Workspace workspace) {
        if (workspace.floats() > MAX_IDLE_FLOATS) {
            workspace.free();
            return;
        }
        synchronized (idle) {
            idle.add(workspace);
            idleFloats += workspace.floats();
            while (idle.size() > MAX_IDLE || idleFloats > MAX_IDLE_FLOATS) {
                take(0).free();
            }
        }
    }

    /**
     * Keeps the sessions open until {@link #leave} by the same thread.
     *
     * @return the copy of the sessions to run on: a free one if possible, and the thread's usual one if possible
     * @throws ClosedException after {@link #close}
     */
    int enter() {
        int copy = claim();
        if (closed) {
            leave(copy);
            throw new ClosedException("Kanerva of %s: called after close", bundle);
        }
        return copy;
    }

    private int claim() {
        int own = (int) (Thread.currentThread().getId() % callers.length());
        for (int i = 0; i < callers.length(); i++) {
            int copy = (own + i) % callers.length();
            if (callers.compareAndSet(copy, 0, 1)) {
                return copy;
            }
        }
        callers.getAndIncrement(own);
        return own;
    }

    void leave(int copy) {
        callers.getAndDecrement(copy);
        if (closed) {
            synchronized (idle) {
                freeIfUnused();
            }
        }
    }

    /** Runs a graph into given outputs, between {@link #enter} and {@link #leave}. */
    void run(
            BundleGraph graph,
            int copy,
            Map<String, OnnxTensor> inputs,
            Map<String, OnnxTensor> outputs,
            RunOptions options) {
        try {
            natives.session(graph, copy)
                    .run(inputs, Collections.emptySet(), outputs, options)
                    .close();
        } catch (OrtException | IllegalStateException e) {
            throw failure(graph, e);
        }
    }

    /** Runs a product into its outputs, between {@link #enter} and {@link #leave}. */
    void multiply(Product product, RunOptions options) {
        try {
            product.run(natives.product(product.kind()), options);
        } catch (OrtException | IllegalStateException e) {
            throw failure("product", e);
        }
    }

    /** What ONNX Runtime's failure means. */
    KanervaException failure(BundleGraph graph, Exception e) {
        return failure("graph " + graph.label(), e);
    }

    /** The same of something that has no graph of the bundle's. */
    KanervaException failure(String what, Exception e) {
        return SessionLoader.isProcessEnding()
                ? new ClosedException("Kanerva of %s: called while the process is ending", bundle)
                : new InferenceException(e, "%s: ONNX Runtime failed: %s", what, e.getMessage());
    }

    /** Closes with the patience of {@link Kanerva#close()}. */
    @Override
    public void close() {
        close(Kanerva.CLOSE_PATIENCE);
    }

    /**
     * Lets no further call begin, waits for running ones, then frees the sessions; closing again does nothing.
     *
     * @param patience after which running calls are cancelled
     */
    public void close(Duration patience) {
        closed = true;
        synchronized (idle) {
            if (!await(patience)) {
                workspaces.forEach(Workspace::terminateForClosing);
                if (!await(CANCELLATION)) {
                    LOGGER.log(
                            Level.WARNING,
                            "Kanerva of {0}: a call still runs after it was cancelled; it frees the model when it ends",
                            bundle);
                }
            }
        }
    }

    /** Waits until everything is free; false if that takes too long. */
    private boolean await(Duration patience) {
        boolean interrupted = false;
        long start = System.nanoTime();
        long nanos = patience.compareTo(MAX_PATIENCE) < 0 ? patience.toNanos() : MAX_PATIENCE.toNanos();
        freeIfUnused();
        for (long left = nanos; !isFree && left > 0; left = nanos - (System.nanoTime() - start)) {
            try {
                TimeUnit.NANOSECONDS.timedWait(idle, Math.max(left, 1_000_000));
            } catch (InterruptedException e) {
                interrupted = true; // the caller learns of it afterwards
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return isFree;
    }

    private void freeIfUnused() {
        for (int i = 0; i < callers.length(); i++) {
            if (callers.get(i) > 0) {
                return;
            }
        }
        if (isFree) {
            return;
        }
        isFree = true;
        idle.notifyAll();
        idle.forEach(Workspace::free);
        idle.clear();
        try {
            natives.close();
        } catch (Exception e) {
            throw new InferenceException(e, "%s: a session cannot be closed: %s", bundle, e.getMessage());
        } finally {
            cleanable.clean();
        }
    }
}
