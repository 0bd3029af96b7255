package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Shapes, and arrays that hold other arrays' elements in another order. */
final class MovementKernels {
    private MovementKernels() {}

    static void register(Map<String, Kernel> table) {
        table.put("Shape", Kernel.of(MovementKernels::shape));
        table.put(
                "Reshape", Kernel.of((a, in) -> reshape(in.get(0), in.get(1).ints(), a.integer("allowzero", 0) == 1)));
        table.put("Flatten", Kernel.of((a, in) -> {
            int axis = (int) a.integer("axis", 1);
            int rows = Array.count(
                    Arrays.copyOf(in.get(0).shape(), axis < 0 ? axis + in.get(0).rank() : axis));
            return in.get(0).withShape(rows, rows == 0 ? 0 : in.get(0).data().length / rows);
        }));
        table.put("Squeeze", Kernel.of((a, in) -> squeeze(in.get(0), Kernel.optional(in, 1))));
        table.put(
                "Unsqueeze", Kernel.of((a, in) -> unsqueeze(in.get(0), in.get(1).ints())));
        table.put(
                "Transpose",
                Kernel.of((a, in) -> transpose(
                        in.get(0),
                        a.integers(
                                "perm",
                                IntStream.range(0, in.get(0).rank())
                                        .map(i -> in.get(0).rank() - 1 - i)
                                        .toArray()))));
        table.put("Concat", Kernel.of((a, in) -> concat(in, in.get(0).axis(a.integer("axis", 0)))));
        table.put("Split", MovementKernels::split);
        table.put(
                "Expand",
                Kernel.of((a, in) -> in.get(0)
                        .broadcast(Array.broadcastShape(
                                in.get(0).shape(), in.get(1).ints()))));
        table.put("Tile", Kernel.of((a, in) -> tile(in.get(0), in.get(1).ints())));
        table.put("Pad", Kernel.of((a, in) -> pad(a, in)));
        table.put("ConstantOfShape", Kernel.of((a, in) -> {
            Array value = a.has("value") ? a.tensor("value") : Array.filled(ElementType.FLOAT32, 0, 1);
            return Array.filled(value.type(), value.data()[0], in.get(0).ints());
        }));
        table.put("Constant", Kernel.of((a, in) -> a.tensor("value")));
        table.put("Range", Kernel.of((a, in) -> {
            double start = in.get(0).data()[0];
            double step = in.get(2).data()[0];
            int count = (int) Math.max(0, Math.ceil((in.get(1).data()[0] - start) / step));
            return new Array(
                    in.get(0).type(),
                    new int[] {count},
                    IntStream.range(0, count).mapToDouble(i -> start + i * step).toArray());
        }));
        table.put("EyeLike", Kernel.of((a, in) -> {
            int[] shape = in.get(0).shape();
            Array eye = Array.filled(
                    a.has("dtype") ? Types.of(a.integer("dtype", 1)) : in.get(0).type(), 0, shape);
            for (int row = 0; row < shape[0]; row++) {
                long column = row + a.integer("k", 0);
                if (column >= 0 && column < shape[1]) {
                    eye.data()[(int) (row * shape[1] + column)] = 1;
                }
            }
            return eye;
        }));
    }

    private static Array shape(Attributes a, List<Array> in) {
        int rank = in.get(0).rank();
        long start = a.integer("start", 0);
        long end = a.integer("end", rank);
        int from = (int) Math.max(0, Math.min(rank, start < 0 ? start + rank : start));
        int to = (int) Math.max(0, Math.min(rank, end < 0 ? end + rank : end));
        return Array.integers(Arrays.stream(in.get(0).shape(), from, Math.max(from, to))
                .asLongStream()
                .toArray());
    }

    private static Array reshape(Array x, int[] target, boolean allowsZero) {
        int[] shape = target.clone();
        int known = 1;
        int open = -1;
        for (int i = 0; i < shape.length; i++) {
            shape[i] = shape[i] == 0 && !allowsZero ? x.shape()[i] : shape[i];
            open = shape[i] == -1 ? i : open;
            known *= shape[i] == -1 ? 1 : shape[i];
        }
        if (open >= 0) {
            shape[open] = x.data().length / known;
        }
        return x.withShape(shape);
    }

    private static Array squeeze(Array x, Array axes) {
        List<Integer> gone = axes == null
                ? IntStream.range(0, x.rank())
                        .filter(i -> x.shape()[i] == 1)
                        .boxed()
                        .toList()
                : Arrays.stream(axes.ints()).map(x::axis).boxed().toList();
        return x.withShape(IntStream.range(0, x.rank())
                .filter(i -> !gone.contains(i))
                .map(i -> x.shape()[i])
                .toArray());
    }

    private static Array unsqueeze(Array x, int[] axes) {
        int rank = x.rank() + axes.length;
        List<Integer> added = Arrays.stream(axes)
                .map(axis -> Math.floorMod(axis, rank))
                .boxed()
                .toList();
        int[] shape = new int[rank];
        int next = 0;
        for (int i = 0; i < rank; i++) {
            shape[i] = added.contains(i) ? 1 : x.shape()[next++];
        }
        return x.withShape(shape);
    }

    static Array transpose(Array x, int... order) {
        int[] shape = Arrays.stream(order).map(axis -> x.shape()[axis]).toArray();
        int[] strides = Array.strides(x.shape());
        double[] values =
                x.walk(shape, Arrays.stream(order).map(axis -> strides[axis]).toArray());
        return new Array(x.type(), shape, values);
    }

    static Array concat(List<Array> parts, int axis) {
        int[] shape = parts.get(0).shape().clone();
        shape[axis] = parts.stream().mapToInt(part -> part.shape()[axis]).sum();
        int outer = Array.count(Arrays.copyOf(shape, axis));
        double[] values = new double[Array.count(shape)];
        int at = 0;
        for (int i = 0; i < outer; i++) {
            for (Array part : parts) {
                int run = part.data().length / outer;
                System.arraycopy(part.data(), i * run, values, at, run);
                at += run;
            }
        }
        return new Array(parts.get(0).type(), shape, values);
    }

    private static List<Array> split(Attributes a, List<Array> in, int outputs) {
        Array x = in.get(0);
        int axis = x.axis(a.integer("axis", 0));
        Array given = Kernel.optional(in, 1);
        int[] sizes = new int[outputs];
        int each = (x.shape()[axis] + outputs - 1) / outputs;
        Arrays.setAll(sizes, i -> given != null ? given.ints()[i] : Math.min(each, x.shape()[axis] - i * each));
        List<Array> parts = new ArrayList<>();
        int start = 0;
        for (int size : sizes) {
            int from = start;
            parts.add(SelectionKernels.take(
                    x, axis, IntStream.range(from, from + size).toArray()));
            start += size;
        }
        return parts;
    }

    private static Array tile(Array x, int[] repeats) {
        Array result = x;
        for (int axis = 0; axis < x.rank(); axis++) {
            result = repeats[axis] == 0
                    ? SelectionKernels.take(result, axis)
                    : concat(Collections.nCopies(repeats[axis], result), axis);
        }
        return result;
    }

    private static Array pad(Attributes a, List<Array> in) {
        Array x = in.get(0);
        int rank = x.rank();
        int[] pads = in.get(1).ints();
        String mode = a.text("mode", "constant");
        double value = Kernel.optional(in, 2) == null ? 0 : in.get(2).data()[0];
        int[] shape = IntStream.range(0, rank)
                .map(i -> x.shape()[i] + pads[i] + pads[i + rank])
                .toArray();
        int[] strides = Array.strides(x.shape());
        double[] values = new double[Array.count(shape)];
        Array.Places places = new Array.Places(shape);
        for (int i = 0; i < values.length; i++, places.next()) {
            int position = 0;
            boolean isInside = true;
            for (int axis = 0; axis < rank; axis++) {
                int size = x.shape()[axis];
                int at = places.place()[axis] - pads[axis];
                if (mode.equals("reflect")) {
                    at = at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
                } else if (mode.equals("edge")) {
                    at = Math.max(0, Math.min(size - 1, at));
                }
                isInside &= at >= 0 && at < size;
                position += at * strides[axis];
            }
            values[i] = isInside ? x.data()[position] : value;
        }
        return new Array(x.type(), shape, values);
    }
}
