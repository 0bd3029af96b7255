package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.size.ConstantOfSize;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.exporter.trace.size.SizeFactor;
import io.kanerva.onnx.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
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
    /** The number of sizes that a message gives as examples. */
    private static final int MAX_LISTED = 3;

    /** Stands for a value that no operation computes. */
    private static final Operation INPUT =
            new Operation("identity", List.of(), Map.of(), List.of(), new CallSite("", "", ""));

    /**
     * A recording with other values of the inputs.
     *
     * @param trace the index of the tape with the same sizes
     */
    record Varied(int trace, Tape tape) {
        private Shape shape(int id) {
            return tape.values().get(id).shape();
        }
    }

    private final SamplingPlan plan;
    private final List<InputSpec> specs;
    private final Map<String, SamplingPlan.Limit> limits;
    private final List<Tape> tapes;
    private final Tape first;
    private final List<Varied> others;
    private final Operand[] operands;
    /** The number of operations that read each value. */
    private final Map<Integer, Integer> reads = new HashMap<>();

    private final List<Operation> operations = new ArrayList<>();
    /** One per step, those on constants only included. */
    private final List<Operation> combined = new ArrayList<>();

    private final Map<Integer, Operation> numbers = new HashMap<>();
    private final Map<Integer, CombinedTape> bodies = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final Set<String> assumptions = new LinkedHashSet<>();
    private final StridedSizes strided;
    private final CountedSizes counts;
    private ExpressionSearch inference;
    private ConstantSearch constants;
    private boolean isInexpressible;
    private boolean isLast;

    /**
     * Prepares a comparison.
     *
     * @param limits sizes that dynamic dimensions may take, by name
     * @param tapes one per trace of the plan
     * @param others some with other values
     */
    TapeComparison(
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            List<InputSpec> specs,
            List<Tape> tapes,
            List<Varied> others) {
        this.plan = plan;
        this.strided = new StridedSizes(plan, limits);
        this.specs = specs;
        this.limits = limits;
        this.tapes = tapes;
        this.others = others;
        this.first = tapes.get(0);
        this.counts = new CountedSizes(plan, tapes, others);
        this.operands = new Operand[first.values().size()];
        first.steps()
                .forEach(step -> step.inputs().stream()
                        .filter(Objects::nonNull)
                        .forEach(value -> reads.merge(value.id(), 1, Integer::sum)));
    }

    /**
     * The program that all tapes record.
     *
     * @param isLast whether a number without an expression is an error, and an inferred expression in strided sizes is
     *     accepted; if not, the result is empty in these cases
     * @param isUnique whether a number for which several expressions fit is an error
     */
    Optional<Program> combine(boolean isLast, boolean isUnique) {
        prepare(isLast, isUnique);
        requireSameOperations();
        List<Operand> inputs = new ArrayList<>();
        for (TapeValue input : first.inputs()) {
            InputSpec spec = specs.get(inputs.size());
            operands[input.id()] =
                    new Operand(input.id(), spec.name(), DjlTensors.elementType(spec.type()), spec.sizes(), null);
            inputs.add(operands[input.id()]);
        }
        Program program = combine(inputs);
        if (isInexpressible && !isLast) {
            return Optional.empty();
        }
        if (!problems.isEmpty()) {
            throw new ExportException(problems);
        }
        return Optional.of(program);
    }

    private void prepare(boolean last, boolean isUnique) {
        isLast = last;
        inference = new ExpressionSearch(plan, limits, strided.factors(), isUnique);
        constants =
                new ConstantSearch(plan, limits, numbers -> size(numbers, Size.unknown()), this::expression, isUnique);
    }

    /**
     * The program of a loop's body, whose problems are added to those of the program around it.
     *
     * @param outside the loop's inputs in that program; the first ones are initial states
     */
    Program combineWithin(TapeComparison outer, int states, List<Operand> outside) {
        // A loop cannot be traced further for the sake of its body.
        prepare(outer.isLast, true);
        requireSameOperations();
        List<Operand> inputs = new ArrayList<>();
        for (TapeValue input : first.inputs()) {
            Operand known = outside.get(inputs.size());
            operands[input.id()] = inputs.size() < states
                    ? new Operand(input.id(), "", input.elementType(), shape(input.id(), INPUT), null)
                    : new Operand(input.id(), known.name(), known.type(), known.shape(), known.constant());
            inputs.add(operands[input.id()]);
        }
        Program program = combine(inputs);
        outer.problems.addAll(problems);
        outer.assumptions.addAll(assumptions);
        outer.isInexpressible |= isInexpressible;
        return program;
    }

    /** The body of a loop, from its iterations in all tapes. */
    private LoopProgram combineLoop(List<Step> steps, List<Step> varied, List<Operand> inputs) {
        LoopIterations iterations = new LoopIterations(plan, steps);
        List<Varied> variedIterations = new ArrayList<>();
        for (int i = 0; i < varied.size(); i++) {
            variedIterations.addAll(iterations.of(others.get(i).trace(), varied.get(i)));
        }
        TapeComparison body =
                new TapeComparison(iterations.plan(), limits, List.of(), iterations.tapes(), variedIterations);
        Program program = body.combineWithin(this, iterations.body().states(), inputs);
        bodies.put(combined.size(), body.combined());
        return new LoopProgram(
                iterations.name(), iterations.body().states(), iterations.body().finals(), program);
    }

    /** The first tape with the program. */
    CombinedTape combined() {
        return new CombinedTape(first, combined, numbers, bodies);
    }

    private Program combine(List<Operand> inputs) {
        for (int i = 0; i < first.steps().size(); i++) {
            int index = i;
            combineSteps(
                    tapes.stream().map(tape -> tape.steps().get(index)).toList(),
                    others.stream()
                            .map(other -> other.tape().steps().get(index))
                            .toList());
            if (first.steps().get(i).kind() == Step.Kind.SELECTING) {
                requireOtherCount(first.steps().get(i));
                counts.add(first.steps().get(i));
            }
        }
        requireSameNumber();
        List<Operand> results = new ArrayList<>();
        for (int i = 0; i < first.outputs().size(); i++) {
            int index = i;
            int id = same(
                    tapes.stream()
                            .map(tape -> (long) tape.outputs().get(index).id())
                            .toList(),
                    "output " + i);
            if (tapes.stream()
                    .anyMatch(tape -> !tape.outputs()
                            .get(index)
                            .name()
                            .equals(first.outputs().get(index).name()))) {
                throw otherOutput("output " + i);
            }
            results.add(operand(id));
        }
        return new Program(inputs, List.copyOf(operations), List.copyOf(results), List.copyOf(assumptions));
    }

    /** What a tape at other sizes must hold if the program, which has no loops, is to be right there. */
    Expectation expectation(Program program) {
        return new Expectation(combined, program);
    }

    /** Sizes at which the block should be traced, too: several expressions for a number fit, or a table ends there. */
    Set<Map<String, Long>> wanted() {
        Set<Map<String, Long>> all = new LinkedHashSet<>(inference.wanted());
        all.addAll(constants.wanted());
        return all;
    }

    /** Dimensions along which a table goes on without a known end, and the end up to which it is small enough. */
    Map<String, Long> unbounded() {
        return constants.unbounded();
    }

    /** Whether the program is wrong unless the block is traced at the wanted sizes. */
    boolean isIncomplete() {
        return !constants.wanted().isEmpty();
    }

    /** Whether a formula in the number of selected elements needs a test at each such number. */
    boolean needsAllCounts() {
        return counts.needsAll();
    }

    /** Checks that the tapes differ in numbers only. */
    private void requireSameOperations() {
        for (int t = 1; t < tapes.size(); t++) {
            int difference = firstDifference(tapes.get(t).steps());
            if (difference >= 0) {
                throw new ExportException(
                        List.of("the block runs " + first.steps().size() + " operations with "
                                + plan.traces().get(0) + " and "
                                + tapes.get(t).steps().size() + " with "
                                + plan.traces().get(t)
                                + "; a Java loop or branch depends on a dynamic dimension, and only "
                                + "the tensor operations of one run can"
                                + " be exported; use operations on the whole dimension, or "
                                + "make it a fixed one"
                                + " (they first differ at "
                                + describe(tapes.get(t).steps(), difference) + ")"));
            }
        }
        for (Varied other : others) {
            int difference = firstDifference(other.tape().steps());
            if (difference >= 0) {
                throw new ExportException(
                        List.of("the block runs other operations when its inputs have other values; control flow "
                                + "that depends on values cannot be exported, use where instead (they first differ at "
                                + describe(other.tape().steps(), difference) + ")"));
            }
        }
    }

    /** Checks that some recording selected another number of elements: else it is not known what depends on it. */
    private void requireOtherCount(Step step) {
        int id = step.outputs().get(0).id();
        if (others.stream()
                .allMatch(other -> other.shape(id)
                        .equals(tapes.get(other.trace()).values().get(id).shape()))) {
            problems.add("the block fails whenever " + step.operation()
                    + " selects another number of elements than with the traced values, so what depends on that "
                    + "number is not known (" + step.site() + ")");
        }
    }

    /** Checks that the block always returns as many arrays. */
    private void requireSameNumber() {
        int count = first.outputs().size();
        for (int t = 1; t < tapes.size(); t++) {
            if (tapes.get(t).outputs().size() != count) {
                throw otherNumber(tapes.get(t), "with " + plan.traces().get(t));
            }
        }
        for (Varied other : others) {
            if (other.tape().outputs().size()
                    != tapes.get(other.trace()).outputs().size()) {
                throw otherNumber(other.tape(), "when its inputs have other values");
            }
        }
    }

    private ExportException otherNumber(Tape tape, String when) {
        return new ExportException(
                List.of("the block returns " + first.outputs().size() + " arrays with "
                        + plan.traces().get(0) + " and " + tape.outputs().size() + " " + when
                        + "; a model has a fixed number of outputs, stack them into one"));
    }

    private int firstDifference(List<Step> steps) {
        return firstDifference(first.steps(), steps);
    }

    /** The index of the first step that differs between two tapes; -1 if none does. */
    static int firstDifference(List<Step> a, List<Step> b) {
        int common = Math.min(a.size(), b.size());
        int i = 0;
        while (i < common && isSame(a.get(i), b.get(i))) {
            i++;
        }
        return i == common && a.size() == b.size() ? -1 : i;
    }

    private String describe(List<Step> steps, int index) {
        Step step = index < first.steps().size() ? first.steps().get(index) : steps.get(index);
        return step.operation() + " " + step.site();
    }

    private static boolean isSame(Step a, Step b) {
        return a.operation().equals(b.operation())
                && ids(a.inputs()).equals(ids(b.inputs()))
                && parameters(a.inputs()).equals(parameters(b.inputs()))
                && ids(a.outputs()).equals(ids(b.outputs()))
                && (!(a.attributes().get("body") instanceof LoopBody body)
                        || body.isLike((LoopBody) b.attributes().get("body")));
    }

    /** The names of the parameters among values: a block may read one at some sizes and another one at others. */
    private static List<String> parameters(List<TapeValue> values) {
        return values.stream()
                .map(value -> value != null && value.kind() == TapeValue.Kind.PARAMETER ? value.name() : "")
                .toList();
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
            if (values.get(0) instanceof LoopBody) {
                attributes.put(name, combineLoop(steps, varied, inputs));
                continue;
            }
            List<Object> variedValues =
                    varied.stream().map(s -> s.attributes().get(name)).toList();
            attributes.put(name, attribute(values, variedValues, step.operation() + "'s " + name, step.site()));
        }
        Operation operation = new Operation(step.operation(), inputs, attributes, List.of(), step.site());
        List<Operand> outputs = step.outputs().stream()
                .map(value -> new Operand(value.id(), "", value.elementType(), shape(value.id(), operation), null))
                .toList();
        combined.add(operation.with(outputs));
        if (step.kind() == Step.Kind.SPREAD) {
            operands[step.outputs().get(0).id()] = inputs.get(0);
            return;
        }
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
        return !(attribute instanceof RealSize) && (!(attribute instanceof Size size) || size.isFixed());
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
        List<Tensor> tensors = tensors(tapes, value);
        List<Tensor> varied = tensors(others.stream().map(Varied::tape).toList(), value);
        if (Stream.concat(tensors.stream(), varied.stream()).allMatch(TapeComparison::isScalar)) {
            return number(value, tensors, varied);
        }
        if (!IntStream.range(0, varied.size())
                .allMatch(i -> tensors.get(others.get(i).trace()).equals(varied.get(i)))) {
            problems.add("a constant made from Java numbers depends on the values of the inputs; it would be frozen ("
                    + value.site() + ")");
            return constant(value);
        }
        if (tensors.stream().allMatch(tensors.get(0)::equals)) {
            return constant(value);
        }
        isInexpressible = true;
        Optional<ConstantOfSize> found = isLast ? constants.find(tensors) : Optional.empty();
        if (found.isPresent()) {
            ConstantOfSize constant = found.orElseThrow();
            Operand operand = new Operand(value.id(), "", value.elementType(), constant.shape(), null);
            Operation operation = new Operation(
                    "constantOfSize", List.of(), Map.of("value", constant), List.of(operand), value.site());
            operations.add(operation);
            numbers.put(value.id(), operation);
            return operand;
        }
        problems.add("a constant made from Java numbers has other values or another shape at other sizes of "
                + plan.dimensions() + "; "
                + (constants.reason().isEmpty()
                        ? "compute it with traced arrays, arange, zeros or ones"
                        : constants.reason())
                + " (" + value.site() + ")");
        return constant(value);
    }

    private static boolean isScalar(Tensor tensor) {
        return tensor.size() == 1 && tensor.shape().length == 0;
    }

    /** A constant of one Java number. */
    private Operand number(TapeValue value, List<Tensor> tensors, List<Tensor> varied) {
        if (Stream.concat(tensors.stream(), varied.stream()).allMatch(tensors.get(0)::equals)) {
            return constant(value);
        }
        Object number = attribute(numbers(tensors), numbers(varied), "the number", value.site());
        Operand operand = new Operand(value.id(), "", value.elementType(), List.of(), null);
        Operation operation =
                new Operation("number", List.of(), Map.of("value", number), List.of(operand), value.site());
        operations.add(operation);
        numbers.put(value.id(), operation);
        return operand;
    }

    private static List<Object> numbers(List<Tensor> tensors) {
        return tensors.stream().map(tensor -> (Object) tensor.doubles()[0]).toList();
    }

    /** A constant's values in each recording; one tensor for all in which it is the same array. */
    private static List<Tensor> tensors(List<Tape> tapes, TapeValue value) {
        Map<NDArray, Tensor> copies = new IdentityHashMap<>();
        return tapes.stream()
                .map(tape ->
                        copies.computeIfAbsent(tape.values().get(value.id()).array(), DjlTensors::copyOf))
                .toList();
    }

    private List<Size> shape(int id, Operation operation) {
        List<long[]> shapes = tapes.stream()
                .map(tape -> tape.values().get(id).shape().getShape())
                .toList();
        int rank = shapes.get(0).length;
        if (shapes.stream().anyMatch(shape -> shape.length != rank)
                || others.stream().anyMatch(other -> other.shape(id).dimension() != rank)) {
            problems.add("the number of dimensions of a value depends on the sizes of " + plan.dimensions()
                    + " or on values (" + first.values().get(id).site() + ")");
            return List.of();
        }
        return IntStream.range(0, rank)
                .mapToObj(i -> others.stream().anyMatch(other -> other.shape(id).get(i) != shapes.get(other.trace())[i])
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
            isInexpressible |= !size.isKnown();
            size = size.isKnown() || !isLast ? size : inference.whole(values);
        }
        strided.add(size);
        return size;
    }

    /** Like the other one, for values that may depend on the inputs' values. */
    private Object attribute(List<Object> values, List<Object> varied, String what, CallSite site) {
        if (IntStream.range(0, varied.size())
                .allMatch(i -> isEqual(values.get(others.get(i).trace()), varied.get(i)))) {
            return attribute(values, what, site);
        }
        List<Object> all = Stream.concat(values.stream(), varied.stream()).toList();
        if (values.get(0) instanceof long[] numbers
                && all.stream().allMatch(value -> ((long[]) value).length == numbers.length)) {
            return IntStream.range(0, numbers.length)
                    .mapToObj(i -> attribute(element(values, i), element(varied, i), what, site))
                    .toList();
        }
        if (!isLast) {
            isInexpressible = true; // More traces select more numbers of elements.
            return placeholder(values);
        }
        Optional<Object> counted = all.stream().allMatch(Number.class::isInstance)
                ? counts.express(
                        all.stream()
                                .mapToDouble(v -> ((Number) v).doubleValue())
                                .toArray(),
                        elements())
                : Optional.empty();
        if (counted.isEmpty()) {
            problems.add(what + " is a number that depends on the values of the inputs, such as how"
                    + " many elements a mask selects, and no formula in that number was found; it would be frozen, use"
                    + " -1 in a shape, or count with arrays, as in mask.sum() (" + site + ")");
        }
        return counted.orElseGet(() -> placeholder(values));
    }

    /** How many elements the inputs have. */
    private List<Size> elements() {
        return first.inputs().stream()
                .map(input -> operands[input.id()].shape().stream().reduce(Size.fixed(1), Size::times))
                .filter(size -> size.isKnown() && !size.isFixed())
                .toList();
    }

    private static List<Object> element(List<Object> values, int index) {
        return values.stream().map(value -> (Object) ((long[]) value)[index]).toList();
    }

    private Object attribute(List<Object> values, String what, CallSite site) {
        Object one = values.get(0);
        if (one instanceof long[] numbers) {
            if (values.stream().anyMatch(value -> ((long[]) value).length != numbers.length)) {
                return differs(values, what, site);
            }
            return IntStream.range(0, numbers.length)
                    .mapToObj(i -> attribute(element(values, i), what, site))
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
        if (size.isKnown()) {
            return size;
        }
        Optional<Object> found = inferred(values, numbers);
        // A few numbers may fit by coincidence, so more are traced before this is accepted.
        isInexpressible = true;
        found.ifPresent(expression -> assumptions.add(what + " was taken to be " + expression
                + ", which holds at the sizes that were traced (" + site + ")"));
        return found.orElseGet(() -> differs(values, what, site));
    }

    /** The {@link Size} or {@link RealSize} for a number; empty if there is none. */
    private Optional<Object> expression(double[] values) {
        boolean isWhole = Arrays.stream(values).allMatch(v -> v == (long) v);
        long[] whole = isWhole ? Arrays.stream(values).mapToLong(v -> (long) v).toArray() : new long[0];
        Size size = isWhole ? plan.express(whole) : Size.unknown();
        return size.isKnown()
                ? Optional.of(size)
                : inferred(Arrays.stream(values).mapToObj(v -> (Object) v).toList(), whole);
    }

    /** An expression that is not a sum of products of dimensions; empty if there is none. */
    private Optional<Object> inferred(List<Object> values, long[] whole) {
        if (!isLast || !values.stream().allMatch(Number.class::isInstance)) {
            return Optional.empty();
        }
        if (whole.length > 0) {
            Size size = strided.express(whole);
            size = size.isKnown() ? size : inference.whole(whole);
            if (size.isKnown()) {
                return Optional.of(size);
            }
        }
        Optional<RealSize> real = inference.real(
                values.stream().mapToDouble(v -> ((Number) v).doubleValue()).toArray());
        boolean isWhole = values.stream().allMatch(Long.class::isInstance);
        return isWhole ? real.map(number -> Size.of(new SizeFactor.Rounded(number))) : real.map(Object.class::cast);
    }

    private static boolean isEqual(Object a, Object b) {
        if (a instanceof CompositeOperation x && b instanceof CompositeOperation y) {
            return x.name().equals(y.name());
        }
        return a instanceof long[] x && b instanceof long[] y ? Arrays.equals(x, y) : Objects.equals(a, b);
    }

    private Object differs(List<Object> values, String what, CallSite site) {
        isInexpressible = true;
        Set<String> found = new LinkedHashSet<>();
        Set<Object> distinct = new HashSet<>();
        for (int i = 0; i < values.size() && found.size() < MAX_LISTED; i++) {
            String value =
                    values.get(i) instanceof long[] numbers ? Arrays.toString(numbers) : String.valueOf(values.get(i));
            if (distinct.add(value)) {
                found.add(value + " with " + plan.traces().get(i));
            }
        }
        problems.add(what + " changes with the sizes of the inputs, and no formula for it was found: "
                + String.join(", ", found)
                + "; compute it from sizes by +, -, *, /, min, max, roots, logarithms, exponentials or powers, "
                + "or make the dimension a fixed one ("
                + site + ")");
        return placeholder(values);
    }

    /** Stands for a number without an expression, so that further problems are found. */
    private static Object placeholder(List<Object> values) {
        return values.get(0) instanceof Long ? Size.fixed(0) : values.get(0);
    }

    private static int same(List<Long> ids, String what) {
        if (ids.stream().distinct().count() > 1) {
            throw otherOutput(what);
        }
        return Math.toIntExact(ids.get(0));
    }

    private static ExportException otherOutput(String what) {
        return new ExportException(List.of(what + " is another value at other sizes of the dynamic dimensions"));
    }
}
