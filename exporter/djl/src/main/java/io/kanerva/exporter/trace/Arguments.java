package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.Method;
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

    /**
     * Refuses arrays of types that the engine lacks, before it is asked for one: PyTorch's native code under DJL 0.36.0
     * ends the process for them.
     */
    static void requireTypes(Recorder recorder, Method method, Object[] arguments) {
        for (Object argument : arguments) {
            if (isLacking(argument)) {
                throw recorder.fail(
                        method.getName() + " with " + argument + " cannot be exported: DJL's PyTorch engine has "
                                + "no arrays of this type and would end the process; use one of " + InputSpec.TYPES);
            }
        }
    }

    /** Whether an argument is a type of which the engine has no arrays. */
    static boolean isLacking(Object argument) {
        return argument instanceof DataType type && !InputSpec.TYPES.contains(type) && type != DataType.COMPLEX64;
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
