package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.ConstantOfSize;
import io.kanerva.exporter.trace.size.Places;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Recognises a constant made from Java numbers by its values at several sizes: a number everywhere, numbers in a fixed
 * shape, rows that are repeated, an arithmetic progression, diagonals (identity, triangular mask), or the beginning of
 * a table whose end was traced.
 */
final class ConstantSearch {
    private static final int MAX_LISTED = 64;
    /** As many equal diagonals at an end must be seen before all further ones are taken to be equal. */
    private static final int MIN_EQUAL = 3;

    private static final long MIN_LARGEST = 5;
    /** The most elements of a table whose end nobody stated. */
    private static final long MAX_TABLE = 1 << 20;

    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final Function<long[], Size> sizes;
    private final Function<double[], Optional<Object>> numbers;
    private final Set<Map<String, Long>> wanted = new LinkedHashSet<>();
    private final boolean isLast;
    private final Map<String, Long> unbounded = new TreeMap<>();
    private String reason = "";

    /**
     * Prepares a search.
     *
     * @param limits sizes that dynamic dimensions may take, by name
     * @param sizes the expression for a size in each trace, or an unknown one
     * @param numbers the {@link Size} or {@link RealSize} for a number in each trace, if there is one
     * @param isLast whether no more sizes can be traced
     */
    ConstantSearch(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            Function<long[], Size> sizes,
            Function<double[], Optional<Object>> numbers,
            boolean isLast) {
        this.isLast = isLast;
        this.plan = plan;
        this.limits = limits;
        this.sizes = sizes;
        this.numbers = numbers;
    }

    /** Sizes at which the block should be traced, too, because a table ends there. */
    Set<Map<String, Long>> wanted() {
        return wanted;
    }

    /** Dimensions along which a table goes on without a known end, and the end up to which it is small enough. */
    Map<String, Long> unbounded() {
        return unbounded;
    }

    /** Why the last constant was not recognised, as the end of a sentence; empty if there is nothing to say. */
    String reason() {
        return reason;
    }

    /** The constant, from its values in each trace. */
    Optional<ConstantOfSize> find(List<Tensor> tensors) {
        reason = "";
        int rank = tensors.get(0).shape().length;
        if (tensors.stream()
                .anyMatch(t ->
                        t.shape().length != rank || t.type() != tensors.get(0).type())) {
            return Optional.empty();
        }
        List<Size> shape =
                IntStream.range(0, rank).mapToObj(axis -> size(tensors, axis)).toList();
        if (!shape.stream().allMatch(Size::isKnown)) {
            return Optional.empty();
        }
        List<Tensor> rows = tensors;
        for (int axis = 0; axis < rank; axis++) {
            int repeated = axis;
            if (rows.stream().allMatch(t -> t.shape()[repeated] > 0 && isRepeated(t, repeated))) {
                rows = rows.stream().map(t -> first(t, repeated, 1)).toList();
            }
        }
        List<Tensor> reduced = rows;
        return numbers(reduced, shape)
                .or(() -> progression(reduced, shape))
                .or(() -> quotients(reduced, shape))
                .or(() -> diagonals(reduced, shape, false, false))
                .or(() -> diagonals(reduced, shape, true, false))
                .or(() -> diagonals(reduced, shape, false, true))
                .or(() -> diagonals(reduced, shape, true, true))
                .or(() -> table(reduced, shape));
    }

    private Size size(List<Tensor> tensors, int axis) {
        long[] values = tensors.stream().mapToLong(t -> t.shape()[axis]).toArray();
        return Arrays.stream(values).distinct().count() == 1 ? Size.fixed(values[0]) : sizes.apply(values);
    }

    /** Whether all parts along an axis are equal. */
    private static boolean isRepeated(Tensor tensor, int axis) {
        return tensor.shape()[axis] == 1
                || tensor.equals(new ConstantOfSize.Table(fixed(tensor.shape()), first(tensor, axis, 1)).at(Map.of()));
    }

    /** The beginning of a tensor along an axis. */
    private static Tensor first(Tensor tensor, int axis, long size) {
        long[] shape = tensor.shape().clone();
        shape[axis] = size;
        return beginning(tensor, shape);
    }

    private static Tensor beginning(Tensor tensor, long[] shape) {
        long[] strides = Places.strides(tensor.shape());
        int bytes = Math.toIntExact(tensor.type().bytes(1));
        byte[] from = tensor.bytes();
        byte[] to = new byte[Math.toIntExact(Places.count(shape)) * bytes];
        Places.forEach(shape, (place, index) -> {
            long at = IntStream.range(0, shape.length)
                    .mapToLong(i -> index[i] * strides[i])
                    .sum();
            System.arraycopy(from, Math.toIntExact(at) * bytes, to, place * bytes, bytes);
        });
        return Tensor.ofBytes(tensor.type(), to, shape);
    }

    private static List<Size> fixed(long[] shape) {
        return Arrays.stream(shape).mapToObj(Size::fixed).toList();
    }

    /** A few numbers, or one that is repeated, which may depend on the dimensions. */
    private Optional<ConstantOfSize> numbers(List<Tensor> rows, List<Size> shape) {
        Tensor first = rows.get(0);
        if (rows.stream().allMatch(first::equals)) {
            return Optional.of(new ConstantOfSize.Table(shape, first));
        }
        boolean isOne = rows.stream().allMatch(t -> t.size() == 1);
        boolean isFixed = shape.stream().allMatch(Size::isFixed) && Places.count(first.shape()) <= MAX_LISTED;
        if (!isOne && !isFixed || !rows.stream().allMatch(t -> Arrays.equals(t.shape(), first.shape()))) {
            return Optional.empty();
        }
        List<double[]> values = rows.stream().map(Tensor::doubles).toList();
        List<Object> found = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            int place = i;
            double[] each = values.stream().mapToDouble(v -> v[place]).toArray();
            Optional<Object> number =
                    Arrays.stream(each).distinct().count() == 1 ? Optional.of(each[0]) : numbers.apply(each);
            if (number.isEmpty()) {
                return Optional.empty();
            }
            found.add(number.orElseThrow());
        }
        return Optional.of(
                isOne
                        ? new ConstantOfSize.Filled(first.type(), shape, found.get(0))
                        : new ConstantOfSize.Listed(first.type(), fixed(first.shape()), found));
    }

    private Optional<ConstantOfSize> progression(List<Tensor> rows, List<Size> shape) {
        return progressionOf(rows, shape).flatMap(found -> verified(found, rows, shape));
    }

    private Optional<ConstantOfSize.Progression> progressionOf(List<Tensor> rows, List<Size> shape) {
        Tensor largest = largest(rows);
        if (largest.type() == ElementType.BOOL || largest.size() < MIN_LARGEST) {
            return Optional.empty();
        }
        double[] values = largest.doubles();
        long[] strides = Places.strides(largest.shape());
        List<Long> slopes = new ArrayList<>();
        for (int axis = 0; axis < strides.length; axis++) {
            double slope = largest.shape()[axis] == 1 ? 0 : values[(int) strides[axis]] - values[0];
            if (slope != Math.rint(slope) || Math.abs(slope) > 1e9) {
                return Optional.empty();
            }
            slopes.add((long) slope);
        }
        long[] starts = new long[rows.size()];
        for (int i = 0; i < starts.length; i++) {
            double start = rows.get(i).size() == 0 ? 0.5 : rows.get(i).doubles()[0];
            if (start != Math.rint(start) || Math.abs(start) > 1e15) {
                return Optional.empty();
            }
            starts[i] = (long) start;
        }
        Size start = Arrays.stream(starts).distinct().count() == 1 ? Size.fixed(starts[0]) : sizes.apply(starts);
        return start.isKnown()
                ? Optional.of(new ConstantOfSize.Progression(largest.type(), shape, start, slopes))
                : Optional.empty();
    }

    /** A progression divided by a dimension or twice that, if the values are all its quotients to the last bit. */
    private Optional<ConstantOfSize> quotients(List<Tensor> rows, List<Size> shape) {
        ElementType type = rows.get(0).type();
        if (type != ElementType.FLOAT32 && type != ElementType.FLOAT64) {
            return Optional.empty();
        }
        return plan.dimensions().stream()
                .flatMap(name -> Stream.of(
                        Size.named(name),
                        Size.named(name).plus(-1),
                        Size.named(name).plus(1),
                        Size.named(name).times(2)))
                .map(divisor -> quotients(rows, shape, divisor))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Optional<ConstantOfSize> quotients(List<Tensor> rows, List<Size> shape, Size divisor) {
        List<Tensor> whole = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            long by = divisor.at(plan.traces().get(i));
            double[] values = Arrays.stream(rows.get(i).doubles())
                    .map(value -> Math.rint(value * by))
                    .toArray();
            whole.add(Tensor.of(rows.get(i).type(), values, rows.get(i).shape()));
        }
        return progressionOf(whole, shape)
                .flatMap(dividend -> verified(new ConstantOfSize.Quotients(dividend, divisor), rows, shape));
    }

    private static Tensor largest(List<Tensor> rows) {
        return rows.stream().reduce((a, b) -> a.size() >= b.size() ? a : b).orElseThrow();
    }

    /** A constant, if it has the values of all traces. */
    private Optional<ConstantOfSize> verified(ConstantOfSize constant, List<Tensor> rows, List<Size> shape) {
        for (int i = 0; i < rows.size(); i++) {
            Map<String, Long> at = plan.traces().get(i);
            long[] full = shape.stream().mapToLong(size -> size.at(at)).toArray();
            Tensor repeated = new ConstantOfSize.Table(fixed(full), rows.get(i)).at(at);
            if (!constant.at(at).equals(repeated)) {
                return Optional.empty();
            }
        }
        return Optional.of(constant);
    }

    private Optional<ConstantOfSize> diagonals(
            List<Tensor> rows, List<Size> shape, boolean isFromEnd, boolean isFlipped) {
        Tensor largest = largest(rows);
        int[] axes = IntStream.range(0, shape.size())
                .filter(axis -> largest.shape()[axis] > 1)
                .toArray();
        if (axes.length != 2) {
            return Optional.empty();
        }
        SortedMap<Long, Double> values = new TreeMap<>();
        for (Tensor row : rows) {
            double[] each = row.doubles();
            long shift = isFromEnd ? row.shape()[axes[1]] - row.shape()[axes[0]] : 0;
            boolean[] differs = new boolean[1];
            Places.forEach(row.shape(), (place, index) -> {
                long last = row.shape()[axes[1]] - 1;
                long position = isFlipped ? last - index[axes[1]] : index[axes[1]];
                Double before = values.putIfAbsent(position - index[axes[0]] - shift, each[place]);
                differs[0] |= before != null && Double.compare(before, each[place]) != 0;
            });
            if (differs[0]) {
                return Optional.empty();
            }
        }
        List<Double> list = new ArrayList<>(values.values());
        int low = 0;
        while (low < list.size() && list.get(low).equals(list.get(0))) {
            low++;
        }
        int high = 0;
        while (high < list.size() && list.get(list.size() - 1 - high).equals(list.get(list.size() - 1))) {
            high++;
        }
        if (low < MIN_EQUAL || high < MIN_EQUAL || low == list.size()) {
            return Optional.empty();
        }
        double[] kept = list.subList(low - 1, list.size() - high + 1).stream()
                .mapToDouble(v -> v)
                .toArray();
        return verified(
                new ConstantOfSize.Diagonals(
                        shape,
                        axes[0],
                        axes[1],
                        isFromEnd,
                        isFlipped,
                        values.firstKey() + low - 1,
                        Tensor.of(largest.type(), kept, kept.length)),
                rows,
                shape);
    }

    private long largestEnd(List<Size> shape, Set<String> names) {
        Map<String, Long> sizes = new TreeMap<>(plan.traces().get(0));
        long end = Prober.DEFAULT_MAX;
        while (true) {
            for (String name : names) {
                sizes.put(name, end);
            }
            if (end == 1
                    || Places.count(shape.stream()
                                    .mapToLong(size -> size.at(sizes))
                                    .toArray())
                            <= MAX_TABLE) {
                return end;
            }
            end /= 2;
        }
    }

    /** The beginning of a table, if the block was traced where the table is largest. */
    private Optional<ConstantOfSize> table(List<Tensor> rows, List<Size> shape) {
        Tensor table = largest(rows);
        boolean isBeginning = rows.stream()
                .allMatch(row ->
                        IntStream.range(0, shape.size()).allMatch(axis -> row.shape()[axis] <= table.shape()[axis])
                                && row.equals(beginning(table, row.shape())));
        if (!isBeginning) {
            return Optional.empty();
        }
        Set<String> names = new LinkedHashSet<>();
        for (int axis = 0; axis < shape.size(); axis++) {
            if (table.shape()[axis] != 1) {
                shape.get(axis).dimensions().forEach(names::add);
            }
        }
        Map<String, Long> end = new TreeMap<>(plan.traces().get(0));
        for (String name : names) {
            SamplingPlan.Limit limit = limits.get(name);
            if (limit == null || limit.isOpen()) {
                unbounded.put(name, largestEnd(shape, names));
                reason = "it is the beginning of a table that goes on with " + name
                        + ", whose end is not known; set a dimension limit for " + name
                        + ", up to which the whole table is exported";
                return Optional.empty();
            }
            end.put(name, limit.max());
        }
        boolean isWhole = IntStream.range(0, shape.size())
                .allMatch(axis -> table.shape()[axis] == 1
                        || shape.get(axis).isGrowing()
                                && table.shape()[axis] >= shape.get(axis).at(end));
        boolean canBeWhole = !isLast && !plan.traces().contains(end);
        if (!isWhole && canBeWhole) {
            wanted.add(end);
        }
        return isWhole || canBeWhole ? verified(new ConstantOfSize.Table(shape, table), rows, shape) : Optional.empty();
    }
}
