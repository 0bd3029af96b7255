package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * How many elements the operations select whose number of results depends on values: masks, {@code nonzero},
 * {@code unique}, detections. The traced values may give the same number by chance, for example if a mask selects
 * everything; a recording in which they select another number shows what depends on it.
 *
 * @param number of elements, of elements that are left out, or the part of all that is selected
 * @param isSpread whether each mask selects another number
 */
record Selection(Kind kind, long number, boolean isSpread) {
    /** As many as the values say. */
    static final Selection ACTUAL = new Selection(Kind.ACTUAL, 0, false);
    /** All that there are; {@code unique} finds that all differ. */
    static final Selection ALL = new Selection(Kind.SHARE, 1, false);
    /** Half of what there is. */
    static final Selection HALF = new Selection(Kind.SHARE, 2, false);

    private static final Selection MOST = new Selection(Kind.ALL_BUT, 1, true);
    /** Numbers of elements that are told apart whatever the mask's size. */
    private static final long[] FEW = {0, 1, 2, 3, 5, 8};

    enum Kind {
        ACTUAL,
        COUNT,
        ALL_BUT,
        SHARE
    }

    private static final Set<String> OPERATIONS = Set.of("booleanMask", "nonzero", "unique", "multiBoxDetection");

    /** The same number of elements by all masks; {@code unique} finds as many different ones, at least one. */
    static Selection of(long count) {
        return new Selection(Kind.COUNT, count, false);
    }

    /**
     * Selections that do not depend on values. From two elements on, each mask selects another number, so that it is
     * seen which one counts.
     *
     * @param more further numbers of elements
     */
    static List<Selection> forced(Collection<Long> more) {
        List<Selection> all = new ArrayList<>(List.of(ALL, MOST));
        LongStream.concat(LongStream.of(FEW), more.stream().mapToLong(Long::longValue))
                .distinct()
                .forEach(count -> all.add(new Selection(Kind.COUNT, count, count > 1)));
        return all;
    }

    /** Whether the shape of an operation's result depends on the values of its inputs. */
    static boolean isBy(String operation, Map<String, Object> attributes) {
        return OPERATIONS.contains(operation)
                || operation.equals("get")
                        && attributes.get(TracedIndex.KINDS) instanceof List<?> kinds
                        && kinds.contains("mask");
    }

    /** How many of some elements the mask with an index selects. */
    private long count(long elements, int mask) {
        long shift = isSpread ? mask : 0;
        long count = switch (kind) {
            case COUNT -> number + shift;
            case ALL_BUT -> Math.max(1, elements - number - shift);
            default -> elements / number;
        };
        return Math.min(count, elements);
    }

    /**
     * An array with this many elements that are not 0, of the given one's shape and type; itself for ACTUAL.
     *
     * @param index tells masks apart, from 0 on
     */
    NDArray mask(NDArray array, int index) {
        if (kind == Kind.ACTUAL || array.size() == 0) {
            return array;
        }
        return array.getManager()
                .arange(0, Math.toIntExact(array.size()), 1, DataType.INT64)
                .lt(count(array.size(), index))
                .reshape(array.getShape())
                .toType(array.getDataType(), false);
    }

    /** The inputs of a detection that finds this many boxes, at least one. */
    NDList detected(NDList inputs) {
        if (kind == Kind.ACTUAL) {
            return inputs;
        }
        NDArray probabilities = inputs.head().zerosLike();
        long boxes = probabilities.getShape().get(2);
        probabilities.set(new NDIndex(":, 1, 0:" + Math.max(1, count(boxes, 0))), 1);
        NDList changed = new NDList(inputs);
        changed.set(0, probabilities);
        return changed;
    }

    /** Like {@link #mask}, for an array with this many different elements. */
    NDArray different(NDArray array, int index) {
        if (kind == Kind.ACTUAL || array.size() == 0) {
            return array;
        }
        return array.getManager()
                .arange(0, array.size(), 1, DataType.FLOAT32)
                .minimum(Math.max(0, count(array.size(), index) - 1))
                .reshape(array.getShape())
                .toType(array.getDataType(), false);
    }
}
