package io.kanerva.runtime.session;

import io.kanerva.runtime.Bundle;

/** Implements the calls of {@link io.kanerva.runtime.Kanerva} with the graphs. */
public final class Inference {

    private final Bundle bundle;
    private final Sessions sessions;
    private final Limit limit;
    private final int most;
    private final WriteCalls writes;
    private final ReadCalls reads;
    private final RecallCalls recalls;
    private final BoundCalls bounds;

    /** @param limit of every call */
    public Inference(Bundle bundle, Sessions sessions, Limit limit) {
        this(bundle, sessions, limit, 0);
    }

    /** @param most the most images that one run takes; larger calls go in parts. 0 for a number that suits the model */
    public Inference(Bundle bundle, Sessions sessions, Limit limit, int most) {
        this.bundle = bundle;
        this.sessions = sessions;
        this.limit = limit;
        this.most = most;
        Calls calls = new Calls(bundle, sessions, limit, most);
        reads = new ReadCalls(calls);
        writes = new WriteCalls(calls, reads);
        recalls = new RecallCalls(calls, reads);
        bounds = new BoundCalls(calls);
    }

    /** The same with another limit. */
    public Inference with(Limit limit) {
        return new Inference(bundle, sessions, limit, most);
    }

    public Limit limit() {
        return limit;
    }

    public WriteCalls writes() {
        return writes;
    }

    public ReadCalls reads() {
        return reads;
    }

    public RecallCalls recalls() {
        return recalls;
    }

    public BoundCalls bounds() {
        return bounds;
    }
}
