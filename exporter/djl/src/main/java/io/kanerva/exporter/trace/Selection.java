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
    /** One; {@code unique} finds that all are equal. */
    ONE,
    /** None; one for {@code unique}. */
    NONE;

    private static final Set<String> OPERATIONS = Set.of("booleanMask", "nonzero", "unique", "multiBoxDetection");

    /** Selections that do not depend on values. */
    static List<Selection> forced() {
        return List.of(ALL, ONE, NONE);
    }

    /** Whether the shape of an operation's result depends on the values of its inputs. */
    static boolean isBy(String operation, Map<String, Object> attributes) {
        return OPERATIONS.contains(operation)
                || operation.equals("get")
                        && attributes.get(TracedIndex.KINDS) instanceof List<?> kinds
                        && kinds.contains("mask");
    }

    /** An array with this many elements that are not 0, of the given one's shape and type; itself for ACTUAL. */
    NDArray mask(NDArray array) {
        return switch (this) {
            case ACTUAL -> array;
            case ALL -> array.onesLike();
            case ONE -> {
                NDArray first = array.getManager().zeros(array.getShape(), DataType.INT32);
                if (first.size() > 0) {
                    first.set(new NDIndex(new long[first.getShape().dimension()]), 1);
                }
                yield first.toType(array.getDataType(), false);
            }
            case NONE -> array.zerosLike();
        };
    }

    /** The inputs of a detection that finds this many boxes, at least one. */
    NDList detected(NDList inputs) {
        if (this == ACTUAL) {
            return inputs;
        }
        NDArray probabilities = inputs.head().zerosLike();
        probabilities.set(new NDIndex(this == ALL ? ":, 1" : ":, 1, 0"), 1);
        NDList changed = new NDList(inputs);
        changed.set(0, probabilities);
        return changed;
    }

    /** An array with this many different elements, of the given one's shape and type; itself for ACTUAL. */
    NDArray different(NDArray array) {
        return switch (this) {
            case ACTUAL -> array;
            case ALL ->
                array.getManager()
                        .arange(0, array.size(), 1, DataType.FLOAT32)
                        .reshape(array.getShape())
                        .toType(array.getDataType(), false);
            case ONE, NONE -> array.zerosLike();
        };
    }
}
