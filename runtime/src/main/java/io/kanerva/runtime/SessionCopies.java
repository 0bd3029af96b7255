package io.kanerva.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One graph, opened as many times as callers are expected at a time: a run takes a session that nobody else is in, if
 * there is one, as two callers in one session slow each other down.
 */
final class SessionCopies {

    private final OrtSession[] sessions;

    /** A bit for each session that is running. */
    private final AtomicLong running = new AtomicLong();

    /** @param count 1 to 64 */
    SessionCopies(int count) {
        sessions = new OrtSession[count];
    }

    /** Owns the session from now on. */
    void set(int copy, OrtSession session) {
        sessions[copy] = session;
    }

    /** Runs the graph into outputs that are there already. */
    void run(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) throws OrtException {
        // A thread comes back to the session that it had, as long as that is free.
        int own = (int) (Thread.currentThread().getId() % sessions.length);
        int taken = sessions.length == 1 ? -1 : take(own);
        try {
            sessions[taken < 0 ? own : taken].run(inputs, outputs).close();
        } finally {
            if (taken >= 0) {
                running.addAndGet(-(1L << taken)); // the bit is set: this clears it
            }
        }
    }

    /** A session that was not running and is marked so now, the preferred one if possible; -1 if all are. */
    private int take(int preferred) {
        for (int i = 0; i < sessions.length; i++) {
            int copy = (preferred + i) % sessions.length;
            long bit = 1L << copy;
            long bits = running.get();
            while ((bits & bit) == 0) {
                if (running.compareAndSet(bits, bits | bit)) {
                    return copy;
                }
                bits = running.get();
            }
        }
        return -1;
    }

    /** Closes what was opened. */
    void close() throws OrtException {
        for (OrtSession session : sessions) {
            if (session != null) {
                session.close();
            }
        }
    }
}
