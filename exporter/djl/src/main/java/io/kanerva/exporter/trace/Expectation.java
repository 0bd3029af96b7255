package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.ConstantOfSize;
import io.kanerva.exporter.trace.size.RealSize;
import io.kanerva.exporter.trace.size.Size;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a program expects to find on a tape of the block, at any sizes of the dynamic dimensions: the same operations on
 * the same values, with the numbers, shapes and constants that its expressions give.
 */
final class Expectation {
    /** One per step of a tape, those on constants only included. */
    private final List<Operation> steps;

    private final List<Integer> outputs;
    /** The names of parameters that are returned as they are; empty for other outputs. */
    private final List<String> returned;

    private final Map<Integer, Operand> constants = new HashMap<>();
    /** The operations that stand for a constant which depends on the dynamic dimensions, by its id. */
    private final Map<Integer, Operation> computed = new HashMap<>();

    Expectation(List<Operation> steps, Program program) {
        this.steps = List.copyOf(steps);
        this.outputs = program.outputs().stream().map(Operand::id).toList();
        this.returned = program.outputs().stream()
                .map(output -> output.isConstant() ? output.name() : "")
                .toList();
        steps.stream()
                .flatMap(step -> step.inputs().stream())
                .filter(input -> input != null && input.isConstant())
                .forEach(input -> constants.put(input.id(), input));
        program.operations().stream()
                .filter(operation -> operation.inputs().isEmpty())
                .forEach(operation -> computed.put(operation.output().id(), operation));
    }

    Operation step(int index) {
        return steps.get(index);
    }

    /**
     * How a tape differs from the program.
     *
     * @param text what differs
     * @param isNumber whether only a number or a shape does
     */
    record Difference(String text, boolean isNumber) {
        private static Optional<Difference> operations(String text) {
            return Optional.of(new Difference(text, false));
        }

        private static Optional<Difference> number(String text) {
            return Optional.of(new Difference(text, true));
        }
    }

    /** How a step differs before it is computed; empty if it does not. */
    Optional<Difference> difference(
            int index, String operation, List<TapeValue> inputs, Map<String, Object> attributes, Map<String, Long> at) {
        if (index >= steps.size()) {
            return Difference.operations(operation + " runs in addition");
        }
        Operation step = steps.get(index);
        if (!step.name().equals(operation)) {
            return Difference.operations(operation + " runs in place of " + step.name());
        }
        if (step.inputs().size() != inputs.size()) {
            return Difference.operations(operation + " reads " + inputs.size() + " arrays in place of "
                    + step.inputs().size());
        }
        for (int i = 0; i < inputs.size(); i++) {
            TapeValue input = inputs.get(i);
            Operand expected = step.inputs().get(i);
            if ((input == null) != (expected == null) || input != null && input.id() != expected.id()) {
                return Difference.operations(operation + " reads other values");
            }
            if (input != null
                    && input.kind() == TapeValue.Kind.PARAMETER
                    && !input.name().equals(expected.name())) {
                return Difference.operations(
                        operation + " reads the parameter " + input.name() + " in place of " + expected.name());
            }
            if (input != null && input.kind() == TapeValue.Kind.CONSTANT && !isExpected(input, at)) {
                return Difference.number(operation + " reads another constant");
            }
        }
        for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
            Object expression = step.attributes().get(attribute.getKey());
            if (!matches(expression, attribute.getValue(), at)) {
                return Difference.number(TracedIndex.nameOf(operation, attribute.getKey()) + " is "
                        + text(expression, attribute.getValue(), at));
            }
        }
        return Optional.empty();
    }

    /** How a step's results differ; empty if they do not. */
    Optional<Difference> difference(int index, List<TapeValue> results, Map<String, Long> at) {
        List<Operand> expected = steps.get(index).outputs();
        if (expected.size() != results.size()) {
            return Difference.operations(
                    steps.get(index).name() + " returns " + results.size() + " arrays in place of " + expected.size());
        }
        for (int i = 0; i < results.size(); i++) {
            TapeValue result = results.get(i);
            if (expected.get(i).id() != result.id()
                    || expected.get(i).type() != result.elementType()
                    || !hasShape(expected.get(i).shape(), result.shape().getShape(), at)) {
                return Difference.number("%s returns an array of type %s and shape %s in place of %s and %s"
                        .formatted(
                                steps.get(index).name(),
                                result.elementType(),
                                result.shape(),
                                expected.get(i).type(),
                                expected.get(i).shape()));
            }
        }
        return Optional.empty();
    }

    /** How the end of a tape differs; empty if it does not. */
    Optional<Difference> difference(int count, List<TapeValue> results) {
        if (count < steps.size()) {
            Operation missing = steps.get(count);
            return Difference.operations("the block ends without " + missing.name() + " " + missing.site());
        }
        if (results.size() != outputs.size()) {
            return Difference.operations(
                    "the block returns %d arrays in place of %d; a model has a fixed number of outputs"
                            .formatted(results.size(), outputs.size()));
        }
        boolean isSame = results.stream().map(TapeValue::id).toList().equals(outputs)
                && results.stream().map(Expectation::parameter).toList().equals(returned);
        return isSame ? Optional.empty() : Difference.operations("the block returns other values");
    }

    private static String parameter(TapeValue value) {
        return value.kind() == TapeValue.Kind.PARAMETER ? value.name() : "";
    }

    private static boolean hasShape(List<Size> expected, long[] found, Map<String, Long> at) {
        boolean isSame = expected.size() == found.length;
        for (int i = 0; isSame && i < found.length; i++) {
            isSame = !expected.get(i).isKnown() || expected.get(i).at(at) == found[i];
        }
        return isSame;
    }

    /** Whether a constant on the tape depends on the dynamic dimensions in the program. */
    boolean isComputed(TapeValue found) {
        return found.kind() == TapeValue.Kind.CONSTANT && computed.containsKey(found.id());
    }

    /** Whether a constant on the tape is the program's. */
    private boolean isExpected(TapeValue found, Map<String, Long> at) {
        if (constants.containsKey(found.id())) {
            return constants.get(found.id()).constant().equals(DjlTensors.copyOf(found.array()));
        }
        Operation operation = computed.get(found.id());
        if (operation != null && operation.attributes().get("value") instanceof ConstantOfSize constant) {
            return constant.at(at).equals(DjlTensors.copyOf(found.array()));
        }
        return operation != null
                && operation.name().equals("number")
                && found.shape().dimension() == 0
                && matches(
                        operation.get("value"), DjlTensors.copyOf(found.array()).doubles()[0], at);
    }

    /** Whether an argument on the tape is what an argument of the program gives. */
    static boolean matches(Object expected, Object found, Map<String, Long> at) {
        if (expected instanceof Size size) {
            return found instanceof Number number && number.doubleValue() == size.at(at);
        }
        if (expected instanceof RealSize real) {
            return found instanceof Number number && real.isAt(at, number.doubleValue());
        }
        if (expected instanceof List<?> list && found instanceof long[] numbers) {
            boolean isSame = list.size() == numbers.length;
            for (int i = 0; isSame && i < numbers.length; i++) {
                isSame = matches(list.get(i), numbers[i], at);
            }
            return isSame;
        }
        return expected instanceof CompositeOperation a && found instanceof CompositeOperation b
                ? a.name().equals(b.name())
                : Objects.equals(expected, found);
    }

    /** What differs: the first of several numbers, or the value. */
    private static String text(Object expected, Object found, Map<String, Long> at) {
        if (expected instanceof List<?> list && found instanceof long[] numbers && list.size() == numbers.length) {
            int i = 0;
            while (matches(list.get(i), numbers[i], at)) {
                i++;
            }
            return text(list.get(i), numbers[i], at);
        }
        return (found instanceof long[] numbers ? Arrays.toString(numbers) : found) + " in place of " + expected;
    }
}
