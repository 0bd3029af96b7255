package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Numbers the values of a tape anew, in the order in which they occur. */
final class TapeNumbers {
    private final Map<TapeValue, TapeValue> numbered = new IdentityHashMap<>();
    private final List<TapeValue> values = new ArrayList<>();

    private TapeNumbers() {}

    /** A tape of steps whose values may come from several tapes, told apart by identity. */
    static Tape of(List<TapeValue> inputs, List<Step> steps, List<TapeValue> outputs) {
        TapeNumbers numbers = new TapeNumbers();
        numbers.of(inputs);
        List<Step> renamed = new ArrayList<>();
        for (Step step : steps) {
            renamed.add(new Step(
                    step.operation(),
                    numbers.of(step.inputs()),
                    step.attributes(),
                    numbers.of(step.outputs()),
                    step.site(),
                    step.kind()));
        }
        List<TapeValue> results = numbers.of(outputs);
        return new Tape(numbers.values, renamed, results);
    }

    private List<TapeValue> of(List<TapeValue> list) {
        List<TapeValue> found = new ArrayList<>();
        list.forEach(value -> found.add(value == null ? null : of(value)));
        return found;
    }

    private TapeValue of(TapeValue value) {
        TapeValue known = numbered.get(value);
        if (known == null) {
            known = new TapeValue(values.size(), value.kind(), value.name(), value.array(), value.site());
            values.add(known);
            numbered.put(value, known);
        }
        return known;
    }
}
