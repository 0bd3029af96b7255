package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.Expectation.Difference;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.size.Size;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A recording that is compared with a program step by step, and that computes shapes in place of large values. It stops
 * at the first difference, or where the budget ends.
 */
final class Probe {
    /** Larger arrays are replaced by ones that take no memory. */
    static final long MAX_KEPT = 1 << 6;
    /** The elements that the engine computes in the time of recording an operation. */
    private static final long ELEMENTS_PER_UNIT = 1 << 14;

    /** The elements of a constant of Java numbers that are made and compared in that time. */
    private static final long CONSTANTS_PER_UNIT = 1 << 11;

    private static final long UNITS_PER_RECORDING = 10;

    private static final long UNITS_PER_STEP = 4;
    private static final Set<String> RECURRENT = Set.of("rnn", "gru", "lstm");
    /** An operation that reads and computes more elements is never run for its shape alone. */
    private static final long MAX_ELEMENTS = 1L << 27;

    private final Expectation expected;
    private final Map<String, Long> sizes;
    private final Budget budget;
    private final Map<Empty, NDArray> empty = new HashMap<>();
    private final Map<DataType, NDArray> zeros = new EnumMap<>(DataType.class);
    private int steps;
    private Difference difference;
    private CallSite site;
    private boolean isTooExpensive;

    private record Empty(DataType type, Shape shape) {}

    /**
     * The recordings that may still be made. It counts operations and elements rather than time, so that equal exports
     * find the same. One unit is an operation on up to {@link #ELEMENTS_PER_UNIT} elements, some 20 microseconds.
     */
    static final class Budget {
        /** The share that is kept to locate a difference once there is one. */
        private static final double RESERVE = 0.25;

        private final long reserve;
        private final long deadline;
        private long units;

        Budget(long units, long nanoseconds) {
            this.units = units;
            this.reserve = (long) (units * RESERVE);
            this.deadline = System.nanoTime() + nanoseconds;
        }

        /** Whether nothing is left but the reserve. */
        boolean isSpent() {
            return units <= reserve || isLate();
        }

        /** Spends units if as many are left. */
        boolean spend(long count) {
            boolean isLeft = count <= units && !isLate();
            units -= isLeft ? count : 0;
            return isLeft;
        }

        private boolean isLate() {
            return System.nanoTime() - deadline > 0;
        }
    }

    /** Ends a recording. */
    static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Stop() {
            super("the recording ends here", null, false, false);
        }
    }

    Probe(Expectation expected, Map<String, Long> sizes, Budget budget) {
        this.expected = expected;
        this.sizes = new HashMap<>(sizes);
        this.budget = budget;
    }

    /** Spends the budget for a recording as such. */
    void start() {
        spend(UNITS_PER_RECORDING);
    }

    /** How the recording differs from the program; empty if it does not. */
    Optional<Difference> difference() {
        return Optional.ofNullable(difference);
    }

    /** The line that differs. */
    CallSite site() {
        return site;
    }

    /** Whether the recording ended because the budget did. */
    boolean isTooExpensive() {
        return isTooExpensive;
    }

    /** Compares the next operation with the program's. */
    void enter(String operation, List<TapeValue> inputs, Map<String, Object> attributes, Supplier<CallSite> source) {
        for (TapeValue input : inputs) {
            if (input != null && expected.isComputed(input)) {
                spend(input.array().size() / CONSTANTS_PER_UNIT);
            }
        }
        stopIf(expected.difference(steps, operation, inputs, attributes, sizes), source);
    }

    /** Compares an operation's results with the program's. */
    void leave(List<TapeValue> results, Supplier<CallSite> source) {
        stopIf(expected.difference(steps, results, sizes), source);
        Operation step = expected.step(steps);
        if (step.isSelecting()) {
            results.forEach(result -> sizes.putAll(CountedSizes.of(step.name(), result)));
        }
        steps++;
    }

    /** Compares the block's results with the program's. */
    void end(List<TapeValue> results, Supplier<CallSite> source) {
        if (difference == null && !isTooExpensive) {
            difference = expected.difference(steps, results).orElse(null);
            site = source.get();
        }
    }

    /** Notes the first difference. The block runs on after one of numbers, because it may fail for the same reason. */
    private void stopIf(Optional<Difference> found, Supplier<CallSite> source) {
        if (difference == null && found.isPresent()) {
            difference = found.get();
            site = source.get();
        }
        if (found.isPresent() && !found.get().isNumber() || isTooExpensive) {
            throw new Stop();
        }
    }

    /**
     * Arrays without memory for the results of the next operation, if their shapes follow from a rule and are large.
     */
    Optional<NDList> shapesOnly(
            String operation, List<TapeValue> inputs, Map<String, Object> attributes, NDManager engine) {
        List<long[]> shapes = ShapeRules.of(
                operation,
                inputs.stream()
                        .map(input -> input == null ? null : input.shape().getShape())
                        .toList(),
                attributes);
        List<Operand> outputs = expected.step(steps).outputs();
        // The engine returns an array of the requested type itself.
        boolean isItself = operation.equals("toType")
                && inputs.get(0).elementType() == outputs.get(0).type();
        if (shapes.size() != outputs.size()
                || shapes.isEmpty()
                || isItself
                || shapes.stream().mapToLong(Probe::elements).max().orElse(0) <= MAX_KEPT) {
            return Optional.empty();
        }
        spend(1);
        NDList results = new NDList();
        for (int i = 0; i < shapes.size(); i++) {
            results.add(shared(
                    new Shape(shapes.get(i)), DjlTensors.dataType(outputs.get(i).type()), engine));
        }
        return Optional.of(results);
    }

    /** An array without memory, the same for all results of a type and shape; views must not return it. */
    private NDArray shared(Shape shape, DataType type, NDManager engine) {
        return empty.computeIfAbsent(new Empty(type, shape), key -> empty(shape, type, engine));
    }

    /** A new array without memory. */
    NDArray empty(Shape shape, DataType type, NDManager engine) {
        return zeros.computeIfAbsent(type, key -> Recorder.zero(engine, type)).broadcast(shape);
    }

    /** Whether an array stands for others of its shape. */
    boolean isShared(NDArray array) {
        return empty.get(new Empty(array.getDataType(), array.getShape())) == array;
    }

    private void spend(long units) {
        if (!budget.spend(units)) {
            isTooExpensive = true;
            throw new Stop();
        }
    }

    /** Spends the budget for an operation that the engine is about to run. */
    void spend(String operation, List<TapeValue> inputs, boolean isView) {
        long elements = 0;
        if (!isView) {
            for (TapeValue input : inputs) {
                elements += input == null ? 0 : input.array().size();
            }
            for (Operand output : expected.step(steps).outputs()) {
                elements += output.shape().stream().allMatch(Size::isKnown)
                        ? elements(output.shape().stream()
                                .mapToLong(size -> size.at(sizes))
                                .toArray())
                        : 0;
            }
            elements = elements < 0 ? Long.MAX_VALUE : elements;
        }
        long units = 1 + elements / ELEMENTS_PER_UNIT;
        if (RECURRENT.contains(operation)) {
            // The engine runs one step after the other, whatever the number of elements in each.
            long[] sequence = inputs.get(0).shape().getShape();
            units += UNITS_PER_STEP * Math.max(sequence[0], sequence[1]);
        }
        spend(elements > MAX_ELEMENTS ? Long.MAX_VALUE : units);
    }

    static long elements(long[] shape) {
        return Arrays.stream(shape).reduce(1, (a, b) -> {
            long high = Math.multiplyHigh(a, b);
            return high != 0 || a * b < 0 ? Long.MAX_VALUE : a * b;
        });
    }
}
