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
        table.put("NonMaxSuppression", Kernel.of((a, in) -> nonMaxSuppression(in)));
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

    /** Inputs are boxes [N, A, 4] (corners), scores [N, C, A], the most boxes per class, and two thresholds. */
    private static Array nonMaxSuppression(List<Array> in) {
        double[] boxes = in.get(0).data();
        int[] shape = in.get(1).shape();
        int count = shape[2];
        List<Integer> found = new ArrayList<>();
        for (int row = 0; row < shape[0] * shape[1]; row++) {
            int first = row * count;
            double[] scores = Arrays.copyOfRange(in.get(1).data(), first, first + count);
            int corner = row / shape[1] * count;
            List<Integer> kept = new ArrayList<>();
            IntStream.range(0, count)
                    .filter(i -> scores[i] > in.get(4).data()[0])
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> -scores[i]))
                    .filter(i -> kept.stream()
                            .allMatch(j -> overlap(boxes, corner + i, corner + j)
                                    <= in.get(3).data()[0]))
                    .limit((long) in.get(2).data()[0])
                    .forEach(kept::add);
            int kind = row;
            kept.forEach(i -> found.addAll(List.of(kind / shape[1], kind % shape[1], i)));
        }
        return new Array(
                ElementType.INT64,
                new int[] {found.size() / 3, 3},
                found.stream().mapToDouble(Integer::doubleValue).toArray());
    }

    /** The area that two boxes share, divided by the area that they cover. */
    private static double overlap(double[] boxes, int a, int b) {
        double shared = 1;
        double first = 1;
        double second = 1;
        for (int axis = 0; axis < 2; axis++) {
            double low = Math.max(boxes[4 * a + axis], boxes[4 * b + axis]);
            double high = Math.min(boxes[4 * a + axis + 2], boxes[4 * b + axis + 2]);
            shared *= Math.max(0, high - low);
            first *= boxes[4 * a + axis + 2] - boxes[4 * a + axis];
            second *= boxes[4 * b + axis + 2] - boxes[4 * b + axis];
        }
        return shared <= 0 ? 0 : shared / (first + second - shared);
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
