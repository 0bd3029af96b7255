package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** Converts a recorded method's arguments to attributes on the tape and to the engine's arguments. */
final class Arguments {
    private Arguments() {}

    /** Integers as Long, other numbers as Double, lists of integers as {@code long[]}; everything else unchanged. */
    static Object attribute(Object argument) {
        if (argument instanceof Shape shape) {
            return shape.getShape();
        }
        if (argument instanceof int[] numbers) {
            return Arrays.stream(numbers).asLongStream().toArray();
        }
        if (argument instanceof Double || argument instanceof Float) {
            return ((Number) argument).doubleValue();
        }
        return argument instanceof Number number ? (Object) number.longValue() : argument;
    }

    /** The arguments with the engine's arrays in place of recording ones. */
    static Object[] ofEngine(Recorder recorder, TapeValue self, Object[] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> {
                    if (argument instanceof TracedArray array) {
                        return array.tapeValue().array();
                    }
                    if (argument instanceof NDList list) {
                        return new NDList(list.stream()
                                .map(array -> recorder.valueOf(array).array())
                                .toList());
                    }
                    if (argument instanceof NDIndex index) {
                        return TracedIndex.of(index, self.shape().dimension()).toEngine(recorder);
                    }
                    return argument instanceof NDManager ? recorder.engine() : argument;
                })
                .toArray();
    }
}
