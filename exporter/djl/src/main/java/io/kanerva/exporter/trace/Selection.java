package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many elements the operations select whose number of results depends on values: masks, {@code nonzero},
 * {@code unique}, detections. The traced values may give the same number by chance, for example if a mask selects
 * everything; a recording in which they select another number shows what depends on it.
 */
enum Selection {
    /** As many as the values say. */
    ACTUAL,
    /** All that there are; {@code unique} finds that all differ. */
    ALL,
    /** None; one for {@code unique}. */
    NONE,
    /** One; {@code unique} finds that all are equal. */
    ONE,
    /** At least two, by each mask another number. */
    TWO,
    THREE,
    FIVE,
    EIGHT,
    /** All but one, or but another small number. */
    MOST;

    private static final Set<String> OPERATIONS = Set.of("booleanMask", "nonzero", "unique", "multiBoxDetection");

    /** Selections that do not depend on values. */
    static List<Selection> forced() {
        return List.of(values()).subList(1, values().length);
    }

    /** Whether the shape of an operation's result depends on the values of its inputs. */
    static boolean isBy(String operation, Map<String, Object> attributes) {
        return OPERATIONS.contains(operation)
                || operation.equals("get")
                        && attributes.get(TracedIndex.KINDS) instanceof List<?> kinds
                        && kinds.contains("mask");
    }

    /** How many of some elements the mask with a number selects. */
    private long count(long elements, int number) {
        long count = switch (this) {
            case NONE -> 0;
            case ONE -> 1;
            case TWO -> 2 + number;
            case THREE -> 3 + number;
            case FIVE -> 5 + number;
            case EIGHT -> 8 + number;
            case MOST -> Math.max(1, elements - 1 - number);
            default -> elements;
        };
        return Math.min(count, elements);
    }

    /**
     * An array with this many elements that are not 0, of the given one's shape and type; itself for ACTUAL.
     *
     * @param number tells selections apart, from 0 on
     */
    NDArray mask(NDArray array, int number) {
        return switch (this) {
            case ACTUAL -> array;
            case ALL -> array.onesLike();
            case NONE -> array.zerosLike();
            default ->
                array.getManager()
                        .arange(0, Math.toIntExact(array.size()), 1, DataType.INT64)
                        .lt(count(array.size(), number))
                        .reshape(array.getShape())
                        .toType(array.getDataType(), false);
        };
    }

    /** The inputs of a detection that finds this many boxes, at least one. */
    NDList detected(NDList inputs) {
        if (this == ACTUAL) {
            return inputs;
        }
        NDArray probabilities = inputs.head().zerosLike();
        probabilities.set(new NDIndex(ordinal() > ONE.ordinal() || this == ALL ? ":, 1" : ":, 1, 0"), 1);
        NDList changed = new NDList(inputs);
        changed.set(0, probabilities);
        return changed;
    }

    /** Like {@link #mask}, for an array with this many different elements. */
    NDArray different(NDArray array, int number) {
        return switch (this) {
            case ACTUAL -> array;
            case ONE, NONE -> array.zerosLike();
            default ->
                array.getManager()
                        .arange(0, array.size(), 1, DataType.FLOAT32)
                        .minimum(Math.max(0, count(array.size(), number) - 1))
                        .reshape(array.getShape())
                        .toType(array.getDataType(), false);
        };
    }
}
