package io.kanerva.runtime.session;

import io.kanerva.runtime.CancelledException;
import io.kanerva.runtime.ClosedException;
import io.kanerva.runtime.InferenceException;

/**
 * What calls of one {@link Plan} run on, reused from call to call, since creating tensors takes longer than everything
 * else around a run: it owns them, and what look-ups need.
 *
 * <p>Used by one thread at a time, from {@link Sessions#begin} to {@link #close} or, after {@link Sessions#prepare},
 * from {@link #enter} to {@link #leave}.
 */
public final class Workspace extends CallTensors implements AutoCloseable {

    private Recaller recaller;
    private Matcher matcher;

    /** Of the sessions, for the current call. */
    private int copy;

    private final RunningCall call;
    private CallEvent event;
    private boolean isFreed;

    Workspace(Sessions sessions, Plan plan) {
        super(sessions, plan);
        call = new RunningCall(sessions, plan);
    }

    /** The same; a workspace without tensors is of no use, and is freed. */
    @Override
    void resize(int batch, int count, int height) {
        try {
            super.resize(batch, count, height);
        } catch (RuntimeException | Error e) {
            free();
            throw e;
        }
    }

    @Override
    long floats() {
        return super.floats() + (matcher == null ? 0 : matcher.floats());
    }

    /** Runs the graph. */
    public void run() {
        check();
        GraphEvent run = null;
        if (JfrEvents.wantsGraphs()) {
            run = new GraphEvent();
            run.begin();
        }
        try {
            sessions.run(plan.graph(), copy, inputs, outputs, call.options());
        } catch (InferenceException e) {
            check(); // a run that was ended early fails, too
            throw e;
        }
        if (run != null) {
            run.bundle = sessions.bundle();
            run.graph = plan.graph().label();
            run.episodes = batch();
            run.count = count();
            run.commit();
        }
    }

    /** Multiplies a product's matrices. */
    void multiply(Product product) {
        try {
            sessions.multiply(product, call.options());
        } catch (InferenceException e) {
            check(); // a run that was ended early fails, too
            throw e;
        }
    }

    /** @throws CancelledException if the call has to end; called between the steps on the host */
    void check() {
        call.check();
    }

    /** Ends the run, now or when it starts. */
    void terminateForClosing() {
        call.terminateForClosing();
    }

    /** For look-ups. */
    public Matcher matcher() {
        if (matcher == null) {
            matcher = new Matcher(this, sessions.settings().image().floats());
        }
        return matcher;
    }

    /** For recalls on these tensors. */
    public Recaller recaller() {
        if (recaller == null) {
            recaller = new Recaller(this, sessions.settings());
        }
        return recaller;
    }

    /**
     * Starts a call on prepared tensors: the sessions stay open until {@link #leave}.
     *
     * @param owner names what was closed in messages
     * @throws ClosedException after {@link #free} or when the sessions are closed
     * @throws CancelledException if {@code limit} is reached
     */
    public void enter(String owner, Limit limit) {
        if (isFreed) {
            throw new ClosedException("%s: called after close", owner);
        }
        int entered = sessions.enter();
        try {
            enter(entered, limit);
        } catch (RuntimeException | Error e) {
            sessions.leave(entered);
            throw e;
        }
    }

    void enter(int copy, Limit limit) {
        this.copy = copy;
        call.begin(limit);
        if (JfrEvents.wantsCalls()) {
            event = new CallEvent();
            event.begin();
        }
    }

    public void leave() {
        int left = copy;
        end();
        sessions.leave(left);
    }

    private void end() {
        if (event != null) {
            event.bundle = sessions.bundle();
            event.call = plan.label();
            event.episodes = batch();
            event.count = count();
            event.commit();
            event = null;
        }
        call.end();
    }

    /** Ends a call and returns the tensors for later ones. */
    @Override
    public void close() {
        int left = copy; // once returned, another thread may use this
        end();
        try {
            sessions.giveBack(this);
        } finally {
            sessions.leave(left);
        }
    }

    /** Frees the tensors; doing so again does nothing. */
    public void free() {
        isFreed = true;
        freeTensors();
        if (matcher != null) {
            matcher.close();
        }
        call.free();
    }
}
