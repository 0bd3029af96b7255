package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** One value for each row of elements, and running sums along rows. */
final class ReductionKernels {
    private ReductionKernels() {}

    static void register(Map<String, Kernel> table) {
        reduction(table, "ReduceSum", row -> Arrays.stream(row).sum());
        reduction(table, "ReduceMean", row -> Arrays.stream(row).sum() / row.length);
        reduction(table, "ReduceMax", row -> Arrays.stream(row).max().orElseThrow());
        reduction(table, "ReduceMin", row -> Arrays.stream(row).min().orElseThrow());
        reduction(table, "ReduceProd", row -> Arrays.stream(row).reduce(1, (a, b) -> a * b));
        reduction(table, "ReduceL1", row -> Arrays.stream(row).map(Math::abs).sum());
        reduction(
                table,
                "ReduceL2",
                row -> Math.sqrt(Arrays.stream(row).map(x -> x * x).sum()));
        reduction(
                table,
                "ReduceSumSquare",
                row -> Arrays.stream(row).map(x -> x * x).sum());
        reduction(table, "ReduceLogSumExp", ReductionKernels::logSumExp);
        position(table, "ArgMax", 1);
        position(table, "ArgMin", -1);
        table.put("CumSum", Kernel.of(ReductionKernels::cumSum));
        table.put("Softmax", Kernel.of((a, in) -> logSoftmax(a, in).map(Math::exp)));
        table.put("LogSoftmax", Kernel.of(ReductionKernels::logSoftmax));
    }

    private static void reduction(Map<String, Kernel> table, String name, ToDoubleFunction<double[]> function) {
        table.put(name, Kernel.of((a, in) -> {
            Array axes = Kernel.optional(in, 1);
            int[] given = axes == null ? a.integers("axes") : axes.ints();
            boolean isNothing = given.length == 0 && a.integer("noop_with_empty_axes", 0) == 1;
            return isNothing ? in.get(0) : reduce(in.get(0), given, a.integer("keepdims", 1) == 1, function);
        }));
    }

    static Array reduce(Array x, int[] axes, boolean keeps, ToDoubleFunction<double[]> function) {
        List<Integer> reduced = axes.length == 0
                ? IntStream.range(0, x.rank()).boxed().toList()
                : Arrays.stream(axes).map(x::axis).boxed().toList();
        int[] kept =
                IntStream.range(0, x.rank()).filter(i -> !reduced.contains(i)).toArray();
        int[] order = IntStream.concat(
                        Arrays.stream(kept), reduced.stream().sorted().mapToInt(i -> i))
                .toArray();
        Array rows = MovementKernels.transpose(x, order);
        int count = Array.count(Arrays.stream(kept).map(i -> x.shape()[i]).toArray());
        int length = count == 0 ? 0 : x.data().length / count;
        double[] values = IntStream.range(0, count)
                .mapToDouble(i -> function.applyAsDouble(Arrays.copyOfRange(rows.data(), i * length, (i + 1) * length)))
                .toArray();
        int[] shape = IntStream.range(0, x.rank())
                .filter(i -> keeps || !reduced.contains(i))
                .map(i -> reduced.contains(i) ? 1 : x.shape()[i])
                .toArray();
        return new Array(x.type(), shape, values);
    }

    private static void position(Map<String, Kernel> table, String name, int sign) {
        table.put(name, Kernel.of((a, in) -> {
            boolean isLast = a.integer("select_last_index", 0) == 1;
            return reduce(in.get(0), new int[] {(int) a.integer("axis", 0)}, a.integer("keepdims", 1) == 1, row -> {
                        int best = 0;
                        for (int i = 1; i < row.length; i++) {
                            double gain = sign * (row[i] - row[best]);
                            best = gain > 0 || isLast && gain == 0 ? i : best;
                        }
                        return best;
                    })
                    .withType(ElementType.INT64);
        }));
    }

    private static Array cumSum(Attributes a, List<Array> in) {
        Array x = in.get(0);
        int axis = x.axis((long) in.get(1).data()[0]);
        boolean isReverse = a.integer("reverse", 0) == 1;
        boolean isExclusive = a.integer("exclusive", 0) == 1;
        int size = x.shape()[axis];
        int inner = Array.strides(x.shape())[axis];
        double[] values = new double[x.data().length];
        for (int start = 0; start < values.length; start++) {
            if (start / inner % size != 0) {
                continue;
            }
            double sum = 0;
            for (int i = 0; i < size; i++) {
                int at = start + (isReverse ? size - 1 - i : i) * inner;
                values[at] = isExclusive ? sum : sum + x.data()[at];
                sum += x.data()[at];
            }
        }
        return new Array(x.type(), x.shape(), values);
    }

    /** By differences from the largest element, so that no power overflows and no logarithm is of zero. */
    private static double logSumExp(double[] row) {
        double largest = Arrays.stream(row).max().orElse(Double.NEGATIVE_INFINITY);
        return Double.isInfinite(largest)
                ? largest
                : largest
                        + Math.log(Arrays.stream(row)
                                .map(x -> Math.exp(x - largest))
                                .sum());
    }

    private static Array logSoftmax(Attributes a, List<Array> in) {
        Array x = in.get(0);
        int[] axis = {x.axis(a.integer("axis", -1))};
        return Array.combine(
                x,
                reduce(x, axis, true, ReductionKernels::logSumExp),
                (element, sum) -> Double.isInfinite(sum) ? Double.NaN : element - sum);
    }
}
