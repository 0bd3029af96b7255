package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds values on a tape that are computed in the same way, such as {@code x.gt(0)} twice. */
final class AlikeValues {
    /** By the ids of later values. */
    private final Map<Integer, Integer> firsts = new HashMap<>();

    private final Map<List<Object>, List<TapeValue>> computed = new HashMap<>();

    /**
     * Adds the next step.
     *
     * @param recordings the step in each recording; values are alike if it has the same arguments in all of them
     */
    void add(Step step, List<Step> recordings) {
        List<Object> key = new ArrayList<>(List.of(step.operation()));
        step.inputs().forEach(input -> key.add(input == null ? -1 : first(input)));
        recordings.forEach(recording -> recording
                .attributes()
                .forEach((name, value) -> key.add(name + Arrays.deepToString(new Object[] {value}))));
        List<TapeValue> before = computed.putIfAbsent(key, step.outputs());
        for (int i = 0; before != null && i < step.outputs().size(); i++) {
            firsts.put(step.outputs().get(i).id(), first(before.get(i)));
        }
    }

    /** The id of the first value that is computed in the same way. */
    int first(TapeValue value) {
        return firsts.getOrDefault(value.id(), value.id());
    }
}
