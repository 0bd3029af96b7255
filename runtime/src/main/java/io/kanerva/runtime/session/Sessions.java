package io.kanerva.runtime.session;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ClosedException;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.InferenceException;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.bundle.Signature;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The open graphs of one bundle and the {@link Workspace}s that are idle between calls.
 *
 * <p>It owns the ONNX Runtime sessions. Calls hold the read lock and {@link #close} takes the write lock, so that no
 * session closes under a running call. Each graph is open once for each expected caller, as two callers in one session
 * slow each other down.
 */
public final class Sessions implements AutoCloseable {

    private static final int MAX_IDLE = 16;

    /** 64 MiB. */
    private static final long MAX_IDLE_FLOATS = 1 << 24;

    private final String bundle;
    private final ModelSettings settings;
    private final Device device;
    private final Map<BundleGraph, OrtSession[]> sessions;
    private final Map<BundleGraph, Signature> signatures = new EnumMap<>(BundleGraph.class);

    /** The number of calls that run on each copy of the sessions. */
    private final AtomicIntegerArray callers;

    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /** The least recently used first; guarded by itself. */
    private final List<Workspace> idle = new ArrayList<>();

    private long idleFloats;

    /** @param sessions one of each graph per expected caller; owned from now on */
    Sessions(String bundle, ModelSettings settings, Device device, Map<BundleGraph, OrtSession[]> sessions) {
        this.bundle = bundle;
        this.settings = settings;
        this.device = device;
        this.sessions = sessions;
        sessions.keySet().forEach(graph -> signatures.put(graph, new Signature(graph, settings)));
        callers = new AtomicIntegerArray(sessions.get(BundleGraph.ENCODER).length);
    }

    public Device device() {
        return device;
    }

    ModelSettings settings() {
        return settings;
    }

    public boolean has(BundleGraph graph) {
        return sessions.containsKey(graph);
    }

    Signature signature(BundleGraph graph) {
        return signatures.get(graph);
    }

    /**
     * Starts a call: the sessions stay open until the workspace is closed.
     *
     * @param memory preferably held by the workspace; may be null
     * @throws ClosedException after {@link #close}
     */
    Workspace begin(Plan plan, int batch, int count, StoredMemory memory) {
        int copy = enter();
        try {
            Workspace workspace = borrow(plan, batch, count, memory);
            workspace.resize(batch, count);
            workspace.enter(copy);
            return workspace;
        } catch (RuntimeException | Error e) {
            leave(copy);
            throw e;
        }
    }

    /**
     * A workspace for many calls of one size, to be freed by the caller.
     *
     * @throws ClosedException after {@link #close}
     */
    Workspace prepare(Plan plan, int batch, int count) {
        int copy = enter();
        try {
            Workspace workspace = new Workspace(this, plan);
            workspace.resize(batch, count);
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
        synchronized (idle) {
            int found = -1;
            for (int i = 0; i < idle.size(); i++) {
                Workspace workspace = idle.get(i);
                if (workspace.fits(plan, batch, count) && (found < 0 || workspace.holds(memory))) {
                    found = i;
                }
            }
            for (int i = 0; found < 0 && idle.size() >= MAX_IDLE && i < idle.size(); i++) {
                found = idle.get(i).plan() == plan ? i : -1;
            }
            return found < 0 ? new Workspace(this, plan) : take(found);
        }
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
        lock.readLock().lock();
        if (closed) {
            lock.readLock().unlock();
            throw new ClosedException("Kanerva of %s: called after close", bundle);
        }
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
        lock.readLock().unlock();
    }

    /** Runs a graph into given outputs, between {@link #enter} and {@link #leave}. */
    void run(BundleGraph graph, int copy, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {
        try {
            sessions.get(graph)[copy].run(inputs, outputs).close();
        } catch (OrtException e) {
            throw new InferenceException(e, "graph %s: ONNX Runtime failed: %s", graph.label(), e.getMessage());
        }
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
            idle.forEach(Workspace::free);
            idle.clear();
            for (OrtSession[] copies : sessions.values()) {
                for (OrtSession session : copies) {
                    if (session != null) { // null where a graph could not be loaded
                        session.close();
                    }
                }
            }
        } catch (OrtException e) {
            throw new InferenceException(e, "%s: a session cannot be closed: %s", bundle, e.getMessage());
        } finally {
            lock.writeLock().unlock();
        }
    }
}
