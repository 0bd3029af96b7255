package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.block.CallSite;
import java.util.List;
import java.util.Map;

/**
 * One operation of one recording.
 *
 * @param operation its name, see {@link RecordedMethods}
 * @param inputs values it reads; null for an absent optional one
 * @param attributes its other arguments: numbers (Long, Double), {@code long[]} or objects compared with equals
 * @param outputs values it computes
 * @param site the line that called it
 * @param kind how it came onto the tape
 */
record Step(
        String operation,
        List<TapeValue> inputs,
        Map<String, Object> attributes,
        List<TapeValue> outputs,
        CallSite site,
        Kind kind) {
    /** How a step came onto a tape. */
    enum Kind {
        RECORDED,
        /** Recorded, and the number of its results depends on the inputs' values. */
        SELECTING,
        /** A recorded split into a number of pieces that varies; its output stands for all of them. */
        SPREAD,
        /** Added to read one or several of the values that a loop or a split computes. */
        ADDED
    }

    Step at(CallSite other) {
        return new Step(operation, inputs, attributes, outputs, other, kind);
    }
}
