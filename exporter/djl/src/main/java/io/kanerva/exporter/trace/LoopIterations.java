package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The iterations of a loop in all tapes, as traces at sizes among which the iteration's number is one more dimension.
 */
final class LoopIterations {
    private final SamplingPlan around;
    private final String name;
    private final SamplingPlan plan;
    private final LoopBody body;
    private final Map<Map<String, Long>, Integer> index = new HashMap<>();
    private final Tape[] tapes;

    /**
     * Arranges the iterations.
     *
     * @param around the plan of the tapes with the loop
     * @param steps the loop in each of them
     */
    LoopIterations(SamplingPlan around, List<Step> steps) {
        this.around = around;
        // Not a name that a dimension of an input may have.
        this.name = "#step";
        this.body = body(steps.get(0));
        this.plan = around.withIterations(
                name,
                steps.stream().mapToInt(step -> body(step).iterations().size()).toArray());
        plan.traces().forEach(point -> index.put(point, index.size()));
        this.tapes = new Tape[index.size()];
        for (int k = 0; k < steps.size(); k++) {
            of(k, steps.get(k)).forEach(each -> tapes[each.trace()] = each.tape());
        }
    }

    /** The name of the dimension that stands for the iteration's number. */
    String name() {
        return name;
    }

    SamplingPlan plan() {
        return plan;
    }

    /** The loop of the first tape. */
    LoopBody body() {
        return body;
    }

    /** One for each trace of the plan. */
    List<Tape> tapes() {
        return List.of(tapes);
    }

    /** The iterations of a loop at the sizes of a tape, with the indices of their traces. */
    List<TapeComparison.Varied> of(int trace, Step loop) {
        List<TapeComparison.Varied> iterations = new ArrayList<>();
        for (int j = 0; j < body(loop).iterations().size(); j++) {
            Map<String, Long> point = new LinkedHashMap<>(around.traces().get(trace));
            point.put(name, (long) j);
            iterations.add(new TapeComparison.Varied(
                    index.get(point), body(loop).iterations().get(j)));
        }
        return iterations;
    }

    private static LoopBody body(Step step) {
        return (LoopBody) step.attributes().get("body");
    }
}
