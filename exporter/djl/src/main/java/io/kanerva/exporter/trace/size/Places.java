package io.kanerva.exporter.trace.size;

/** The places of a tensor's elements, in row-major order. */
public final class Places {
    private Places() {}

    /** Receives a place's number and its position on each axis; the array is reused. */
    @FunctionalInterface
    public interface Visitor {
        void visit(int place, long[] index);
    }

    public static long count(long[] shape) {
        long count = 1;
        for (long size : shape) {
            count = Math.multiplyExact(count, size);
        }
        return count;
    }

    public static long[] strides(long[] shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= shape[i];
        }
        return strides;
    }

    public static void forEach(long[] shape, Visitor visitor) {
        long[] index = new long[shape.length];
        int count = Math.toIntExact(count(shape));
        for (int place = 0; place < count; place++) {
            visitor.visit(place, index);
            for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
                index[axis] = 0;
            }
        }
    }
}
