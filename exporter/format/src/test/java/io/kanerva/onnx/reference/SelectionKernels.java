package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Elements chosen by position or by rank. */
final class SelectionKernels {
    private SelectionKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put(
                "Gather",
                Kernel.of((a, in) -> gather(in.get(0), in.get(1), in.get(0).axis(a.integer("axis", 0)))));
        table.put(
                "GatherElements",
                Kernel.of((a, in) ->
                        gatherElements(in.get(0), in.get(1), in.get(0).axis(a.integer("axis", 0)))));
        table.put("GatherND", Kernel.of((a, in) -> gatherNd(in.get(0), in.get(1))));
        table.put("Slice", Kernel.of((a, in) -> slice(in)));
        table.put("OneHot", Kernel.of((a, in) -> oneHot(a, in)));
        table.put("TopK", SelectionKernels::topK);
        table.put("Trilu", Kernel.of((a, in) -> trilu(a, in)));
        table.put("ScatterElements", Kernel.of((a, in) -> scatterElements(a, in)));
        table.put("ScatterND", Kernel.of((a, in) -> scatterNd(in.get(0), in.get(1), in.get(2))));
    }

    /** The slices at positions of an axis. */
    static Array take(Array x, int axis, int... positions) {
        int[] shape = x.shape().clone();
        shape[axis] = positions.length;
        int outer = Array.count(Arrays.copyOf(shape, axis));
        int inner = Array.count(Arrays.copyOfRange(shape, axis + 1, shape.length));
        double[] values = new double[Array.count(shape)];
        for (int i = 0; i < outer; i++) {
            for (int j = 0; j < positions.length; j++) {
                System.arraycopy(
                        x.data(),
                        (i * x.shape()[axis] + positions[j]) * inner,
                        values,
                        (i * positions.length + j) * inner,
                        inner);
            }
        }
        return new Array(x.type(), shape, values);
    }

    private static int[] within(Array index, int size) {
        return Arrays.stream(index.ints())
                .map(i -> {
                    if (i < -size || i >= size) {
                        throw new IndexOutOfBoundsException("position " + i + " of " + size);
                    }
                    return i < 0 ? i + size : i;
                })
                .toArray();
    }

    private static Array gather(Array x, Array index, int axis) {
        Array taken = take(x, axis, within(index, x.shape()[axis]));
        IntStream shape = IntStream.concat(
                Arrays.stream(x.shape(), 0, axis),
                IntStream.concat(Arrays.stream(index.shape()), Arrays.stream(x.shape(), axis + 1, x.rank())));
        return taken.withShape(shape.toArray());
    }

    private static Array gatherElements(Array x, Array index, int axis) {
        int[] strides = Array.strides(x.shape());
        int[] chosen = within(index, x.shape()[axis]);
        double[] values = new double[chosen.length];
        Array.Places places = new Array.Places(index.shape());
        for (int i = 0; i < values.length; i++, places.next()) {
            int position = chosen[i] * strides[axis];
            for (int other = 0; other < x.rank(); other++) {
                position += other == axis ? 0 : places.place()[other] * strides[other];
            }
            values[i] = x.data()[position];
        }
        return new Array(x.type(), index.shape(), values);
    }

    /** The position in x of the slice that a row of indices names. */
    private static int offset(Array x, Array index, int row) {
        int depth = index.shape()[index.rank() - 1];
        int[] strides = Array.strides(x.shape());
        return IntStream.range(0, depth)
                .map(j -> {
                    int at = (int) index.data()[row * depth + j];
                    return (at < 0 ? at + x.shape()[j] : at) * strides[j];
                })
                .sum();
    }

    private static Array gatherNd(Array x, Array index) {
        int depth = index.shape()[index.rank() - 1];
        int rows = index.data().length / depth;
        int[] tail = Arrays.copyOfRange(x.shape(), depth, x.rank());
        int run = Array.count(tail);
        double[] values = new double[rows * run];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(x.data(), offset(x, index, row), values, row * run, run);
        }
        int[] shape = IntStream.concat(Arrays.stream(index.shape(), 0, index.rank() - 1), Arrays.stream(tail))
                .toArray();
        return new Array(x.type(), shape, values);
    }

    private static Array scatterNd(Array x, Array index, Array updates) {
        int depth = index.shape()[index.rank() - 1];
        int run = Array.count(Arrays.copyOfRange(x.shape(), depth, x.rank()));
        double[] values = x.data().clone();
        for (int row = 0; row < index.data().length / depth; row++) {
            System.arraycopy(updates.data(), row * run, values, offset(x, index, row), run);
        }
        return new Array(x.type(), x.shape(), values);
    }

    private static Array scatterElements(Attributes a, List<Array> in) {
        Array x = in.get(0);
        int axis = x.axis(a.integer("axis", 0));
        int[] strides = Array.strides(x.shape());
        int[] chosen = within(in.get(1), x.shape()[axis]);
        double[] values = x.data().clone();
        Array.Places places = new Array.Places(in.get(1).shape());
        for (int i = 0; i < chosen.length; i++, places.next()) {
            int position = chosen[i] * strides[axis];
            for (int other = 0; other < x.rank(); other++) {
                position += other == axis ? 0 : places.place()[other] * strides[other];
            }
            double update = in.get(2).data()[i];
            values[position] = switch (a.text("reduction", "none")) {
                case "add" -> values[position] + update;
                case "mul" -> values[position] * update;
                default -> update;
            };
        }
        return new Array(x.type(), x.shape(), values);
    }

    private static Array slice(List<Array> in) {
        Array x = in.get(0);
        long[] starts = in.get(1).longs();
        long[] ends = in.get(2).longs();
        int[] axes = Kernel.optional(in, 3) == null
                ? IntStream.range(0, starts.length).toArray()
                : in.get(3).ints();
        for (int i = 0; i < axes.length; i++) {
            int axis = in.get(0).axis(axes[i]);
            long step = Kernel.optional(in, 4) == null ? 1 : in.get(4).longs()[i];
            int size = x.shape()[axis];
            long start = starts[i] < 0 ? starts[i] + size : starts[i];
            long end = ends[i] < 0 && ends[i] >= -size ? ends[i] + size : ends[i];
            long from = step > 0 ? Math.max(0, Math.min(size, start)) : Math.max(0, Math.min(size - 1, start));
            long to = step > 0 ? Math.max(0, Math.min(size, end)) : Math.max(-1, Math.min(size - 1, end));
            int count = size == 0 ? 0 : (int) Math.max(0, (to - from + step - Long.signum(step)) / step);
            x = take(
                    x,
                    axis,
                    IntStream.range(0, count).map(j -> (int) (from + j * step)).toArray());
        }
        return x;
    }

    private static Array oneHot(Attributes a, List<Array> in) {
        Array index = in.get(0);
        int depth = (int) in.get(1).data()[0];
        Array values = in.get(2);
        int rank = index.rank() + 1;
        int axis = Math.floorMod((int) a.integer("axis", -1), rank);
        double[] last = new double[index.data().length * depth];
        Arrays.fill(last, values.data()[0]);
        for (int i = 0; i < index.data().length; i++) {
            int at = (int) index.data()[i];
            if (at >= -depth && at < depth) {
                last[i * depth + Math.floorMod(at, depth)] = values.data()[1];
            }
        }
        int[] shape = IntStream.concat(Arrays.stream(index.shape()), IntStream.of(depth))
                .toArray();
        int[] order = IntStream.range(0, rank)
                .map(i -> i == axis ? rank - 1 : i < axis ? i : i - 1)
                .toArray();
        return MovementKernels.transpose(new Array(values.type(), shape, last), order);
    }

    /** The k largest (or smallest) of each row along an axis; of equal ones, the first. */
    private static List<Array> topK(Attributes a, List<Array> in, int outputs) {
        Array x = in.get(0);
        int axis = x.axis(a.integer("axis", -1));
        int k = (int) in.get(1).data()[0];
        int[] last = IntStream.range(0, x.rank())
                .map(i -> i == x.rank() - 1 ? axis : i == axis ? x.rank() - 1 : i)
                .toArray();
        Array rows = MovementKernels.transpose(x, last);
        int size = x.shape()[axis];
        int[] shape = rows.shape().clone();
        shape[x.rank() - 1] = k;
        Array values = Array.filled(x.type(), 0, shape);
        Array positions = Array.filled(ElementType.INT64, 0, shape);
        int count = size == 0 ? 0 : rows.data().length / size;
        for (int row = 0; row < count; row++) {
            int first = row * size;
            Comparator<Integer> order = Comparator.comparingDouble(i -> rows.data()[first + i]);
            List<Integer> sorted = IntStream.range(0, size)
                    .boxed()
                    .sorted(a.integer("largest", 1) == 1 ? order.reversed() : order)
                    .toList();
            for (int i = 0; i < k; i++) {
                values.data()[row * k + i] = rows.data()[first + sorted.get(i)];
                positions.data()[row * k + i] = sorted.get(i);
            }
        }
        return List.of(MovementKernels.transpose(values, last), MovementKernels.transpose(positions, last));
    }

    private static Array trilu(Attributes a, List<Array> in) {
        Array x = in.get(0);
        long k = Kernel.optional(in, 1) == null ? 0 : in.get(1).longs()[0];
        boolean isUpper = a.integer("upper", 1) == 1;
        double[] values = x.data().clone();
        Array.Places places = new Array.Places(x.shape());
        for (int i = 0; i < values.length; i++, places.next()) {
            long above = places.place()[x.rank() - 1] - places.place()[x.rank() - 2];
            values[i] = (isUpper ? above >= k : above <= k) ? values[i] : 0;
        }
        return new Array(x.type(), x.shape(), values);
    }
}
