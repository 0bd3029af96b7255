package io.kanerva.conformance.runtime;

/**
 * Whether a runtime can run here.
 *
 * @param state ready, or why not
 * @param why one sentence; empty if it is ready
 */
public record Readiness(State state, String why) {

    /** Ready, or the kind of obstacle. */
    public enum State {
        /** It can run. */
        READY,
        /** The machine lacks a command or a device that it needs. */
        ABSENT,
        /** The machine has what it needs, but the runtime is not installed, or its folder changed since. */
        NOT_INSTALLED,
        /** The installation failed, for example because a registry cannot be reached. */
        FAILED
    }

    /** It can run. */
    public static final Readiness READY = new Readiness(State.READY, "");
}
