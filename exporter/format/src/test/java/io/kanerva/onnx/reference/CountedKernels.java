package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Operators that make as many elements as the values of their inputs say. */
final class CountedKernels {
    private CountedKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put("Compress", Kernel.of(CountedKernels::compress));
        table.put("NonZero", Kernel.of((a, in) -> nonZero(in.get(0))));
        table.put("Unique", (a, in, outputs) -> unique(a, in.get(0)));
    }

    private static Array compress(Attributes a, List<Array> in) {
        Array x = a.has("axis") ? in.get(0) : in.get(0).withShape(in.get(0).data().length);
        double[] condition = in.get(1).data();
        int axis = a.has("axis") ? x.axis(a.integer("axis", 0)) : 0;
        int[] kept = IntStream.range(0, Math.min(condition.length, x.shape()[axis]))
                .filter(i -> condition[i] != 0)
                .toArray();
        return SelectionKernels.take(x, axis, kept);
    }

    /** A column of coordinates for each element that is not 0. */
    private static Array nonZero(Array x) {
        List<int[]> found = new ArrayList<>();
        Array.Places places = new Array.Places(x.shape());
        for (int i = 0; i < x.data().length; i++, places.next()) {
            if (x.data()[i] != 0) {
                found.add(places.place().clone());
            }
        }
        double[] values = new double[x.rank() * found.size()];
        for (int axis = 0; axis < x.rank(); axis++) {
            for (int i = 0; i < found.size(); i++) {
                values[axis * found.size() + i] = found.get(i)[axis];
            }
        }
        return new Array(ElementType.INT64, new int[] {x.rank(), found.size()}, values);
    }

    /**
     * The different slices along an axis in ascending order (or elements, without one), where they first are, which is
     * where, how often.
     */
    private static List<Array> unique(Attributes a, Array given) {
        if (a.integer("sorted", 1) != 1) {
            throw new UnsupportedOperationException("Unique without sorting");
        }
        Array x = a.has("axis") ? given : given.withShape(given.data().length);
        int axis = a.has("axis") ? x.axis(a.integer("axis", 0)) : 0;
        int size = x.shape()[axis];
        // Minus zero is zero.
        double[][] slices = IntStream.range(0, size)
                .mapToObj(i -> SelectionKernels.take(x, axis, i)
                        .map(value -> value + 0.0)
                        .data())
                .toArray(double[][]::new);
        List<Integer> order = IntStream.range(0, size)
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> slices[i], Arrays::compare))
                .toList();
        List<Integer> firsts = new ArrayList<>();
        double[] counts = new double[size];
        double[] inverse = new double[size];
        for (int i : order) {
            if (firsts.isEmpty() || !Arrays.equals(slices[firsts.get(firsts.size() - 1)], slices[i])) {
                firsts.add(i);
            }
            inverse[i] = firsts.size() - 1;
            counts[firsts.size() - 1]++;
        }
        int[] first = firsts.stream().mapToInt(i -> i).toArray();
        return List.of(
                SelectionKernels.take(x, axis, first),
                integers(Arrays.stream(first).asDoubleStream().toArray()),
                integers(inverse),
                integers(Arrays.copyOf(counts, first.length)));
    }

    private static Array integers(double[] values) {
        return new Array(ElementType.INT64, new int[] {values.length}, values);
    }
}
