package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Steps that read single values, and several in a row, of what a loop or a split computes. */
final class LoopValues {
    private LoopValues() {}

    /** A value of the same type and another shape, whose elements do not matter. */
    static TapeValue like(TapeValue value, long[] shape) {
        NDManager manager = value.array().getManager();
        try (NDArray zero = manager.zeros(new Shape(1), value.type())) {
            return result(value, zero.broadcast(new Shape(shape)));
        }
    }

    private static TapeValue result(TapeValue like, NDArray array) {
        return new TapeValue(-1, TapeValue.Kind.RESULT, "", array, like.site());
    }

    /** The same value, computed by another step. */
    static TapeValue copy(TapeValue value) {
        return result(value, value.array());
    }

    /** A shape with a size before it. */
    static long[] with(long size, long[] shape) {
        return LongStream.concat(LongStream.of(size), LongStream.of(shape)).toArray();
    }

    private static Step step(
            String operation, TapeValue input, Map<String, Object> attributes, TapeValue output, Step at) {
        return new Step(operation, List.of(input), attributes, List.of(output), at.site(), Step.Kind.ADDED);
    }

    /** The value of one iteration, among those of all iterations. */
    static Step element(TapeValue all, long iteration, TapeValue value, Step at) {
        List<String> kinds = new ArrayList<>(Collections.nCopies(value.shape().dimension(), "all"));
        kinds.add(0, "fixed");
        return step("get", all, index(kinds, iteration), copy(value), at);
    }

    /** A piece of a split. */
    static Step piece(TapeValue whole, Step split, int index) {
        int axis = axis(split, whole.shape().dimension());
        long from = split.outputs().subList(0, index).stream()
                .mapToLong(piece -> piece.shape().get(axis))
                .sum();
        TapeValue piece = split.outputs().get(index);
        List<String> kinds = new ArrayList<>(Collections.nCopies(whole.shape().dimension(), "all"));
        kinds.set(axis, "slice");
        return step("get", whole, index(kinds, from, from + piece.shape().get(axis), 1), copy(piece), split);
    }

    private static Map<String, Object> index(List<String> kinds, long... numbers) {
        return Map.of(TracedIndex.KINDS, List.copyOf(kinds), TracedIndex.NUMBERS, numbers);
    }

    /** An element of a list that is stacked, as a part of a concatenation. */
    static Step expanded(TapeValue value, Step stack) {
        List<Long> shape =
                new ArrayList<>(LongStream.of(value.shape().getShape()).boxed().toList());
        int axis = axis(stack, shape.size() + 1);
        shape.add(axis, 1L);
        TapeValue output = like(value, shape.stream().mapToLong(size -> size).toArray());
        return step("expandDims", value, Map.of("axis", (long) axis), output, stack);
    }

    private static int axis(Step join, int rank) {
        return Math.floorMod(((Long) join.attributes().get("axis")).intValue(), rank);
    }

    /**
     * A part of a concatenation that stands for several values of a loop in a row.
     *
     * @param all the values of all iterations along the first axis
     * @param range the first iteration and the one after the last; null for all
     * @param isBackwards whether the last iteration comes first
     * @param join the step that stacks or concatenates them
     * @return the steps that compute it; none if it is {@code all}
     */
    static List<Step> joined(TapeValue all, long[] range, boolean isBackwards, Step join) {
        List<Step> steps = new ArrayList<>();
        TapeValue value = all;
        long[] shape = all.shape().getShape().clone();
        int rank = shape.length - 1;
        if (range != null) {
            List<String> kinds = new ArrayList<>(Collections.nCopies(rank, "all"));
            kinds.add(0, "slice");
            shape[0] = range[1] - range[0];
            steps.add(step("get", value, index(kinds, range[0], range[1], 1), like(all, shape), join));
            value = last(steps);
        }
        if (isBackwards) {
            steps.add(step("flip", value, Map.of("axes", new long[] {0}), like(all, shape), join));
            value = last(steps);
        }
        boolean isStack = join.operation().equals("stack");
        int axis = axis(join, isStack ? rank + 1 : rank);
        if (axis > 0) {
            long[] order = IntStream.rangeClosed(0, rank)
                    .mapToLong(i -> i < axis ? i + 1 : i == axis ? 0 : i)
                    .toArray();
            long[] before = shape;
            shape = LongStream.of(order).map(i -> before[(int) i]).toArray();
            steps.add(step("transpose", value, Map.of("axes", order), like(all, shape), join));
            value = last(steps);
        }
        if (!isStack) {
            long[] moved = shape;
            shape = IntStream.range(0, rank)
                    .mapToLong(i -> i < axis ? moved[i] : i == axis ? moved[i] * moved[i + 1] : moved[i + 1])
                    .toArray();
            // Also right without iterations, when a Reshape could not tell the sizes of nothing.
            boolean isUnit = moved[axis + 1] == 1;
            steps.add(
                    isUnit
                            ? step("squeeze", value, Map.of("axes", new long[] {axis + 1}), like(all, shape), join)
                            : step("reshape", value, Map.of("shape", shape), like(all, shape), join));
        }
        return steps;
    }

    private static TapeValue last(List<Step> steps) {
        return steps.get(steps.size() - 1).outputs().get(0);
    }
}
