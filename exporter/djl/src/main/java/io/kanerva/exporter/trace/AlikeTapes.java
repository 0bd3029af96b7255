package io.kanerva.exporter.trace;

import java.util.List;

/** Checks that tapes of one block differ in numbers only. */
final class AlikeTapes {
    private final SamplingPlan plan;
    private final List<Tape> tapes;
    private final Tape first;
    private final List<TapeComparison.Varied> others;

    /**
     * Prepares checks.
     *
     * @param tapes one per trace of the plan
     * @param others some with other values
     */
    AlikeTapes(SamplingPlan plan, List<Tape> tapes, List<TapeComparison.Varied> others) {
        this.plan = plan;
        this.tapes = tapes;
        this.first = tapes.get(0);
        this.others = others;
    }

    /** Checks the operations. */
    void requireSameOperations() {
        for (int t = 1; t < tapes.size(); t++) {
            int difference = firstDifference(tapes.get(t).steps());
            if (difference >= 0) {
                throw new ExportException(
                        List.of("the block runs " + first.steps().size() + " operations with "
                                + plan.traces().get(0) + " and "
                                + tapes.get(t).steps().size() + " with "
                                + plan.traces().get(t)
                                + "; a Java loop or branch depends on a dynamic dimension, and only "
                                + "the tensor operations of one run can"
                                + " be exported; use operations on the whole dimension, or "
                                + "make it a fixed one"
                                + " (they first differ at "
                                + describe(tapes.get(t).steps(), difference) + ")"));
            }
        }
        for (TapeComparison.Varied other : others) {
            int difference = firstDifference(other.tape().steps());
            if (difference >= 0) {
                throw new ExportException(
                        List.of("the block runs other operations when its inputs have other values; control flow "
                                + "that depends on values cannot be exported, use where instead (they first differ at "
                                + describe(other.tape().steps(), difference) + ")"));
            }
        }
    }

    /** Checks that the block always returns as many arrays. */
    void requireSameNumber() {
        int count = first.outputs().size();
        for (int t = 1; t < tapes.size(); t++) {
            if (tapes.get(t).outputs().size() != count) {
                throw otherNumber(tapes.get(t), "with " + plan.traces().get(t));
            }
        }
        for (TapeComparison.Varied other : others) {
            if (other.tape().outputs().size()
                    != tapes.get(other.trace()).outputs().size()) {
                throw otherNumber(other.tape(), "when its inputs have other values");
            }
        }
    }

    private ExportException otherNumber(Tape tape, String when) {
        return new ExportException(
                List.of("the block returns " + first.outputs().size() + " arrays with "
                        + plan.traces().get(0) + " and " + tape.outputs().size() + " " + when
                        + "; a model has a fixed number of outputs, stack them into one"));
    }

    private int firstDifference(List<Step> steps) {
        return firstDifference(first.steps(), steps);
    }

    /** The index of the first step that differs between two tapes; -1 if none does. */
    static int firstDifference(List<Step> a, List<Step> b) {
        int common = Math.min(a.size(), b.size());
        int i = 0;
        while (i < common && isSame(a.get(i), b.get(i))) {
            i++;
        }
        return i == common && a.size() == b.size() ? -1 : i;
    }

    private String describe(List<Step> steps, int index) {
        Step step = index < first.steps().size() ? first.steps().get(index) : steps.get(index);
        return step.operation() + " " + step.site();
    }

    private static boolean isSame(Step a, Step b) {
        return a.operation().equals(b.operation())
                && ids(a.inputs()).equals(ids(b.inputs()))
                && parameters(a.inputs()).equals(parameters(b.inputs()))
                && ids(a.outputs()).equals(ids(b.outputs()))
                && (!(a.attributes().get("body") instanceof LoopBody body)
                        || body.isLike((LoopBody) b.attributes().get("body")));
    }

    /** The names of the parameters among values: a block may read one at some sizes and another one at others. */
    private static List<String> parameters(List<TapeValue> values) {
        return values.stream()
                .map(value -> value != null && value.kind() == TapeValue.Kind.PARAMETER ? value.name() : "")
                .toList();
    }

    private static List<Integer> ids(List<TapeValue> values) {
        return values.stream().map(value -> value == null ? -1 : value.id()).toList();
    }

    /** The number of the value that is an output in all tapes. */
    int output(int index) {
        TapeValue output = first.outputs().get(index);
        boolean isSame = tapes.stream()
                .map(tape -> tape.outputs().get(index))
                .allMatch(other -> other.id() == output.id() && other.name().equals(output.name()));
        if (!isSame) {
            throw new ExportException(
                    List.of("output " + index + " is another value at other sizes of the dynamic dimensions"));
        }
        return output.id();
    }
}
