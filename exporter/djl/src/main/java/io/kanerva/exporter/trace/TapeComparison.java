package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.exporter.trace.size.ConstantOfSize;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
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
    private final CountedSizes counts;
    private final AlikeTapes alike;
    private final NumberComparison expressions;
    private ConstantSearch constants;

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
        this.specs = specs;
        this.limits = limits;
        this.tapes = tapes;
        this.others = others;
        this.first = tapes.get(0);
        this.counts = new CountedSizes(plan, tapes, others);
        this.alike = new AlikeTapes(plan, tapes, others);
        this.expressions = new NumberComparison(plan, limits, others, counts, this::elements, problems);
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
        alike.requireSameOperations();
        List<Operand> inputs = new ArrayList<>();
        for (TapeValue input : first.inputs()) {
            InputSpec spec = specs.get(inputs.size());
            operands[input.id()] =
                    new Operand(input.id(), spec.name(), DjlTensors.elementType(spec.type()), spec.sizes(), null);
            inputs.add(operands[input.id()]);
        }
        Program program = combine(inputs);
        if (expressions.isInexpressible() && !isLast) {
            return Optional.empty();
        }
        if (!problems.isEmpty()) {
            throw new ExportException(problems);
        }
        return Optional.of(program);
    }

    private void prepare(boolean isLast, boolean isUnique) {
        expressions.begin(isLast, isUnique);
        constants = new ConstantSearch(
                plan, limits, sizes -> expressions.size(sizes, Size.unknown()), expressions::expression, isUnique);
    }

    /**
     * The program of a loop's body, whose problems are added to those of the program around it.
     *
     * @param outside the loop's inputs in that program; the first ones are initial states
     */
    Program combineWithin(TapeComparison outer, int states, List<Operand> outside) {
        // A loop cannot be traced further for the sake of its body.
        prepare(outer.expressions.isLast(), true);
        alike.requireSameOperations();
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
        outer.expressions.assumptions().addAll(expressions.assumptions());
        outer.expressions.addInexpressible(expressions.isInexpressible());
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
        alike.requireSameNumber();
        List<Operand> results = new ArrayList<>();
        for (int i = 0; i < first.outputs().size(); i++) {
            results.add(operand(alike.output(i)));
        }
        return new Program(
                inputs, List.copyOf(operations), List.copyOf(results), List.copyOf(expressions.assumptions()));
    }

    /** What a tape at other sizes must hold if the program, which has no loops, is to be right there. */
    Expectation expectation(Program program) {
        return new Expectation(combined, program);
    }

    /** Sizes at which the block should be traced, too: several expressions for a number fit, or a table ends there. */
    Set<Map<String, Long>> wanted() {
        Set<Map<String, Long>> all = new LinkedHashSet<>(expressions.wanted());
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
            attributes.put(
                    name,
                    expressions.attribute(
                            values, variedValues, TracedIndex.nameOf(step.operation(), name), step.site()));
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
        expressions.addInexpressible(true);
        Optional<ConstantOfSize> found = expressions.isLast() ? constants.find(tensors) : Optional.empty();
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
        Object number = expressions.attribute(numbers(tensors), numbers(varied), "the number", value.site());
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
                        : expressions.size(
                                shapes.stream().mapToLong(s -> s[i]).toArray(), StrideRules.of(operation, i)))
                .toList();
    }

    /** How many elements the inputs have. */
    private List<Size> elements() {
        return first.inputs().stream()
                .map(input -> operands[input.id()].shape().stream().reduce(Size.fixed(1), Size::times))
                .filter(size -> size.isKnown() && !size.isFixed())
                .toList();
    }
}
