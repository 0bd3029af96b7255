package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Determines which numbers in a set of tapes depend on the dynamic dimensions.
 *
 * <p>All tapes must hold the same operations on the same values. A number that differs between them becomes an
 * expression in the dynamic dimensions. Further tapes have the first one's sizes, and other input values or masks that
 * select another number of elements: a number that differs from the first one's depends on values, which is an error,
 * and a size that differs (for example of the elements under a mask) is unknown. Operations on constants alone become
 * constants, with the engine's own result.
 */
final class TapeComparison {
    /** Folding must not inflate the file: a result with more elements than this must not be larger than its inputs. */
    private static final long MAX_FOLDED = 4096;

    private final SamplingPlan plan;
    private final List<InputSpec> specs;
    private final List<Recorder> recorders;
    private final Recorder first;
    private final List<Recorder> others;
    private final Operand[] operands;
    /** The number of operations that read each value. */
    private final Map<Integer, Integer> reads = new HashMap<>();

    private final List<Operation> operations = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final Set<String> assumptions = new LinkedHashSet<>();
    private final StridedSizes strided;
    private boolean isInexpressible;

    /**
     * Prepares a comparison.
     *
     * @param limits sizes that dynamic dimensions may take, by name
     * @param recorders one per trace of the plan
     * @param others some at the first trace's sizes with other values
     */
    TapeComparison(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            List<InputSpec> specs,
            List<Recorder> recorders,
            List<Recorder> others) {
        this.plan = plan;
        this.strided = new StridedSizes(plan, limits);
        this.specs = specs;
        this.recorders = recorders;
        this.others = others;
        this.first = recorders.get(0);
        this.operands = new Operand[first.values().size()];
        first.steps()
                .forEach(step -> step.inputs().stream()
                        .filter(Objects::nonNull)
                        .forEach(value -> reads.merge(value.id(), 1, Integer::sum)));
    }

    /**
     * The program that all tapes record.
     *
     * @param outputs the block's results, in the order of the recorders
     * @param isLast whether a number without an expression is an error, and an inferred expression in strided sizes is
     *     accepted; if not, the result is empty in these cases
     */
    Optional<Program> combine(List<List<TapeValue>> outputs, boolean isLast) {
        requireSameOperations();
        List<Operand> inputs = new ArrayList<>();
        for (TapeValue input : first.inputs()) {
            InputSpec spec = specs.get(inputs.size());
            operands[input.id()] =
                    new Operand(input.id(), spec.name(), DjlTensors.elementType(spec.type()), spec.sizes(), null);
            inputs.add(operands[input.id()]);
        }
        for (int i = 0; i < first.steps().size(); i++) {
            combineSteps(stepsAt(recorders, i), stepsAt(others, i));
            if (first.selecting().get(i)) {
                requireOtherCount(first.steps().get(i));
            }
        }
        List<Operand> results = new ArrayList<>();
        for (int i = 0; i < outputs.get(0).size(); i++) {
            int index = i;
            int id = same(
                    outputs.stream().map(list -> (long) list.get(index).id()).toList(), "output " + i);
            results.add(operand(id));
        }
        if (isInexpressible && !isLast) {
            return Optional.empty();
        }
        if (!problems.isEmpty()) {
            throw new ExportException(problems);
        }
        return Optional.of(
                new Program(inputs, List.copyOf(operations), List.copyOf(results), List.copyOf(assumptions)));
    }

    /** Checks that the tapes differ in numbers only. */
    private void requireSameOperations() {
        for (int t = 1; t < recorders.size(); t++) {
            int difference = firstDifference(recorders.get(t).steps());
            if (difference >= 0) {
                throw new ExportException(
                        List.of("the block runs " + first.steps().size() + " operations with "
                                + plan.traces().get(0) + " and "
                                + recorders.get(t).steps().size() + " with "
                                + plan.traces().get(t)
                                + "; a Java loop or branch depends on a dynamic dimension, and only "
                                + "the tensor operations of one run can"
                                + " be exported; use operations on the whole dimension, or "
                                + "make it a fixed one (they first differ at "
                                + describe(recorders.get(t).steps(), difference) + ")"));
            }
        }
        for (Recorder other : others) {
            int difference = firstDifference(other.steps());
            if (difference >= 0) {
                throw new ExportException(
                        List.of("the block runs other operations when its inputs have other values; control flow "
                                + "that depends on values cannot be exported, use where instead (they first differ at "
                                + describe(other.steps(), difference) + ")"));
            }
        }
    }

    private static List<Step> stepsAt(List<Recorder> recorders, int index) {
        return recorders.stream().map(recorder -> recorder.steps().get(index)).toList();
    }

    /** Checks that some recording selected another number of elements: else it is not known what depends on it. */
    private void requireOtherCount(Step step) {
        int id = step.outputs().get(0).id();
        if (others.stream()
                .allMatch(other -> other.values()
                        .get(id)
                        .shape()
                        .equals(first.values().get(id).shape()))) {
            problems.add("the block fails whenever " + step.operation()
                    + " selects another number of elements than with the traced values, so what depends on that "
                    + "number is not known (" + step.site() + ")");
        }
    }

    /** The index of the first step that differs from the first tape's; -1 if none does. */
    private int firstDifference(List<Step> steps) {
        int common = Math.min(steps.size(), first.steps().size());
        int i = 0;
        while (i < common && isSame(first.steps().get(i), steps.get(i))) {
            i++;
        }
        return i == common && steps.size() == first.steps().size() ? -1 : i;
    }

    private String describe(List<Step> steps, int index) {
        Step step = index < first.steps().size() ? first.steps().get(index) : steps.get(index);
        return step.operation() + " " + step.site();
    }

    private static boolean isSame(Step a, Step b) {
        return a.operation().equals(b.operation())
                && ids(a.inputs()).equals(ids(b.inputs()))
                && ids(a.outputs()).equals(ids(b.outputs()));
    }

    private static List<Integer> ids(List<TapeValue> values) {
        return values.stream().map(value -> value == null ? -1 : value.id()).toList();
    }

    private void combineSteps(List<Step> steps, List<Step> varied) {
        Step step = steps.get(0);
        List<Operand> inputs = new ArrayList<>();
        step.inputs().forEach(value -> inputs.add(value == null ? null : operand(value.id())));
        Map<String, Object> attributes = new LinkedHashMap<>();
        for (String name : step.attributes().keySet()) {
            List<Object> values =
                    steps.stream().map(s -> s.attributes().get(name)).toList();
            if (!varied.stream()
                    .allMatch(other -> isEqual(
                            step.attributes().get(name), other.attributes().get(name)))) {
                problems.add(step.operation() + "'s " + name
                        + " is a number that depends on the values of the inputs, such as how"
                        + " many elements a mask selects; it would be frozen, use -1 in a shape, or count with"
                        + " arrays, as in mask.sum() (" + step.site() + ")");
            }
            attributes.put(name, attribute(values, step.operation() + "'s " + name, step.site()));
        }
        Operation operation = new Operation(step.operation(), inputs, attributes, List.of(), step.site());
        List<Operand> outputs = step.outputs().stream()
                .map(value -> new Operand(value.id(), "", value.elementType(), shape(value.id(), operation), null))
                .toList();
        if (isFoldable(inputs, attributes, outputs) && !doublesWeights(inputs, outputs)) {
            step.outputs().forEach(value -> operands[value.id()] = constant(value));
            return;
        }
        outputs.forEach(output -> operands[output.id()] = output);
        operations.add(operation.with(outputs));
    }

    private static boolean isFoldable(List<Operand> inputs, Map<String, Object> attributes, List<Operand> outputs) {
        boolean isConstant = inputs.stream().allMatch(input -> input == null || input.isConstant())
                && attributes.values().stream().allMatch(TapeComparison::isFixed)
                && outputs.stream().allMatch(output -> output.fixedElements() >= 0);
        long read = inputs.stream()
                .filter(Objects::nonNull)
                .mapToLong(Operand::fixedElements)
                .sum();
        return isConstant && outputs.stream().mapToLong(Operand::fixedElements).sum() <= Math.max(MAX_FOLDED, read);
    }

    /**
     * Whether folding would write a large parameter twice: once for its other readers, and once as the folded result.
     */
    private boolean doublesWeights(List<Operand> inputs, List<Operand> outputs) {
        return outputs.stream().mapToLong(Operand::fixedElements).sum() > MAX_FOLDED
                && inputs.stream()
                        .filter(Objects::nonNull)
                        .anyMatch(input -> !input.name().isEmpty() && reads.getOrDefault(input.id(), 0) > 1);
    }

    private static boolean isFixed(Object attribute) {
        if (attribute instanceof List<?> list) {
            return list.stream().allMatch(TapeComparison::isFixed);
        }
        return !(attribute instanceof Size size) || size.isFixed();
    }

    /** The operand of a value; constants and parameters are created on first use. */
    private Operand operand(int id) {
        if (operands[id] == null) {
            TapeValue value = first.values().get(id);
            operands[id] = value.kind() == TapeValue.Kind.PARAMETER
                    ? constant(value, value.name(), DjlTensors.viewOf(value.array()))
                    : comparedConstant(value);
        }
        return operands[id];
    }

    private static Operand constant(TapeValue value) {
        return constant(value, "", DjlTensors.copyOf(value.array()));
    }

    private static Operand constant(TapeValue value, String name, Tensor tensor) {
        List<Size> shape = Arrays.stream(tensor.shape()).mapToObj(Size::fixed).toList();
        return new Operand(value.id(), name, tensor.type(), shape, tensor);
    }

    private Operand comparedConstant(TapeValue value) {
        List<Tensor> tensors = tensors(recorders, value);
        if (!tensors(others, value).stream().allMatch(tensors.get(0)::equals)) {
            problems.add("a constant made from Java numbers depends on the values of the inputs; it would be frozen ("
                    + value.site() + ")");
            return constant(value);
        }
        if (tensors.stream().allMatch(tensors.get(0)::equals)) {
            return constant(value);
        }
        if (tensors.stream().allMatch(tensor -> tensor.size() == 1 && tensor.shape().length == 0)) {
            Object number =
                    attribute(tensors.stream().map(t -> (Object) t.doubles()[0]).toList(), "the number", value.site());
            Operand operand = new Operand(value.id(), "", value.elementType(), List.of(), null);
            operations.add(new Operation("number", List.of(), Map.of("value", number), List.of(operand), value.site()));
            return operand;
        }
        problems.add("a constant made from Java numbers has other values or another shape at other sizes of "
                + plan.dimensions() + "; compute it with traced arrays, arange, zeros or ones (" + value.site() + ")");
        return constant(value);
    }

    /** A constant's values in each recording; one tensor for all in which it is the same array. */
    private static List<Tensor> tensors(List<Recorder> recorders, TapeValue value) {
        Map<NDArray, Tensor> copies = new IdentityHashMap<>();
        return recorders.stream()
                .map(r -> copies.computeIfAbsent(r.values().get(value.id()).array(), DjlTensors::copyOf))
                .toList();
    }

    private List<Size> shape(int id, Operation operation) {
        List<long[]> shapes = recorders.stream()
                .map(r -> r.values().get(id).shape().getShape())
                .toList();
        int rank = shapes.get(0).length;
        List<long[]> varied =
                others.stream().map(r -> r.values().get(id).shape().getShape()).toList();
        if (Stream.concat(shapes.stream(), varied.stream()).anyMatch(shape -> shape.length != rank)) {
            problems.add("the number of dimensions of a value depends on the sizes of " + plan.dimensions()
                    + " or on values (" + first.values().get(id).site() + ")");
            return List.of();
        }
        return IntStream.range(0, rank)
                .mapToObj(i -> varied.stream().anyMatch(other -> other[i] != shapes.get(0)[i])
                        ? Size.unknown()
                        : size(shapes.stream().mapToLong(s -> s[i]).toArray(), StrideRules.of(operation, i)))
                .toList();
    }

    /** The expression for an axis: a rule's if it fits the traced values, else one inferred from them. */
    private Size size(long[] values, Size ruled) {
        Size size = strided.withinLimits(ruled);
        if (!strided.fits(ruled, values)) {
            Size polynomial = plan.express(values);
            size = polynomial.isKnown() ? polynomial : strided.express(values);
        }
        strided.add(size);
        return size;
    }

    private Object attribute(List<Object> values, String what, CallSite site) {
        Object one = values.get(0);
        if (one instanceof long[] numbers) {
            if (values.stream().anyMatch(value -> ((long[]) value).length != numbers.length)) {
                return differs(values, what, site);
            }
            return IntStream.range(0, numbers.length)
                    .mapToObj(i -> attribute(
                            values.stream()
                                    .map(value -> (Object) ((long[]) value)[i])
                                    .toList(),
                            what,
                            site))
                    .toList();
        }
        boolean isEqual = values.stream().allMatch(value -> isEqual(value, one));
        if (isEqual) {
            return one instanceof Long number ? Size.fixed(number) : one;
        }
        boolean isWhole = values.stream().allMatch(v -> v instanceof Number n && n.doubleValue() == n.longValue());
        long[] numbers = isWhole
                ? values.stream().mapToLong(v -> ((Number) v).longValue()).toArray()
                : new long[0];
        Size size = isWhole ? plan.express(numbers) : Size.unknown();
        // Two expressions fit the same few numbers; more sizes distinguish them.
        isInexpressible |= size.isKnown() && strided.mayProduce(numbers);
        if (isWhole && !size.isKnown()) {
            size = strided.express(numbers);
            // A few numbers may fit by coincidence, so more are traced before this is accepted.
            isInexpressible |= size.isKnown();
            if (size.isKnown()) {
                assumptions.add(what + " was taken to be " + size + ", which holds at the sizes that were traced ("
                        + site + ")");
            }
        }
        return size.isKnown() ? size : differs(values, what, site);
    }

    private static boolean isEqual(Object a, Object b) {
        if (a instanceof CompositeOperation x && b instanceof CompositeOperation y) {
            return x.name().equals(y.name());
        }
        return a instanceof long[] x && b instanceof long[] y ? Arrays.equals(x, y) : Objects.equals(a, b);
    }

    private Object differs(List<Object> values, String what, CallSite site) {
        isInexpressible = true;
        List<String> found = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            Object value = values.get(i);
            found.add((value instanceof long[] numbers ? Arrays.toString(numbers) : value) + " with "
                    + plan.traces().get(i));
        }
        problems.add(what
                + " depends on the dynamic dimensions, but not as a sum of products of "
                + "them and of strided dimensions: "
                + String.join(", ", found) + " (" + site + ")");
        return values.get(0) instanceof Long ? Size.fixed(0) : values.get(0);
    }

    private static int same(List<Long> ids, String what) {
        if (ids.stream().distinct().count() > 1) {
            throw new ExportException(List.of(what + " is another value at other sizes of the dynamic dimensions"));
        }
        return Math.toIntExact(ids.get(0));
    }
}
