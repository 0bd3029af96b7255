package io.kanerva.conformance.runtime;

/**
 * Whether a runtime can run here.
 *
 * @param state ready, or what it lacks
 * @param why one sentence; empty if it is ready
 */
public record Readiness(State state, String why) {

    /** What a runtime may be. */
    public enum State {
        /** It can run. */
        READY,
        /** The machine lacks a command or a device that it needs. */
        ABSENT,
        /** The machine has what it needs, but it was not installed, or not since its folder changed. */
        NOT_INSTALLED,
        /** Installing it went wrong, for example because a registry cannot be reached. */
        FAILED
    }

    /** It can run. */
    public static final Readiness READY = new Readiness(State.READY, "");
}
