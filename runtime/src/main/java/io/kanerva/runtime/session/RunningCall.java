package io.kanerva.runtime.session;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.RunOptions;
import io.kanerva.runtime.CancelledException;
import io.kanerva.runtime.InferenceException;
import java.util.concurrent.CompletableFuture;

/**
 * What ends the calls of a {@link Workspace} early, one after the other: their limits and the closing of the model, by
 * ONNX Runtime's terminate flag.
 */
final class RunningCall {

    private final Sessions sessions;
    private final Plan plan;

    /** Holds the flag; null before the first call. The following are guarded by this object. */
    private RunOptions options;

    private Limit limit = Limit.NONE;
    private boolean isTerminated;
    private volatile boolean isClosing;
    private CompletableFuture<Void> timer;

    RunningCall(Sessions sessions, Plan plan) {
        this.sessions = sessions;
        this.plan = plan;
    }

    RunOptions options() {
        return options;
    }

    /** @throws CancelledException if {@code limit} is reached */
    void begin(Limit limit) {
        if (options == null) {
            try {
                RunOptions made = new RunOptions();
                synchronized (this) {
                    options = made;
                }
            } catch (OrtException | IllegalStateException e) {
                throw sessions.failure(plan.label(), e);
            }
        }
        synchronized (this) {
            this.limit = limit;
        }
        timer = limit.begin(this);
    }

    void end() {
        limit.end(this, timer);
        timer = null;
        synchronized (this) {
            limit = Limit.NONE;
            if (isTerminated && !isClosing) {
                terminate(false);
            }
        }
    }

    /** @throws CancelledException if the call has to end */
    void check() {
        limit.check(plan.label());
        if (isClosing) {
            throw new CancelledException("%s: cancelled, since its model is being closed", plan.label());
        }
    }

    /** Ends the run, now or when it starts, if this is still a call with that limit. */
    synchronized void terminate(Limit reached) {
        if (limit == reached) {
            terminate(true);
        }
    }

    /** Ends the run, now or when it starts. */
    synchronized void terminateForClosing() {
        isClosing = true;
        terminate(true);
    }

    private void terminate(boolean on) {
        try {
            if (options != null) {
                options.setTerminate(on);
                isTerminated = on;
            }
        } catch (OrtException | IllegalStateException e) {
            throw new InferenceException(e, "ONNX Runtime cannot end a run: %s", e.getMessage());
        }
    }

    /** Doing so again does nothing. */
    synchronized void free() {
        if (options != null) {
            options.close();
            options = null;
        }
    }
}
