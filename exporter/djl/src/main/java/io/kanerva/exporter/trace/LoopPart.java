package io.kanerva.exporter.trace;

/**
 * A part of the aligned tapes: a step, or a loop.
 *
 * @param at the position of its first step in each tape
 * @param length the number of steps, or of those of an iteration
 * @param times the number of iterations in each tape; null for a step
 */
record LoopPart(int[] at, int length, int[] times) {
    static LoopPart step(int[] at) {
        return new LoopPart(at, 1, null);
    }

    boolean isLoop() {
        return times != null;
    }
}
