package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** A recorded method's arguments: as attributes of the tape, and as the engine takes them. */
final class Arguments {
    private Arguments() {}

    /** Whole numbers as Long, others as Double, several of them as {@code long[]}; everything else as it is. */
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
