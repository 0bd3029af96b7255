package io.kanerva.exporter.trace;

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
 * @param isSelecting whether the number of its results depends on the inputs' values
 */
record Step(
        String operation,
        List<TapeValue> inputs,
        Map<String, Object> attributes,
        List<TapeValue> outputs,
        CallSite site,
        boolean isSelecting) {}
