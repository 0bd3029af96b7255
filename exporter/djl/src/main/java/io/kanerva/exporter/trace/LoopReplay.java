package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.ConstantOfSize;
import io.kanerva.exporter.trace.size.Size;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Compares a recording with a program that has loops, at any sizes: goes through the program's operations, those of a
 * loop as often as it runs at these sizes, and requires that the block ran the same ones on the same values.
 */
final class LoopReplay {
    private final Tape tape;
    private int position;

    /** A parameter or constant of the program; the tape's value is known once it was read. */
    private static final class Fixed {
        private final Operand operand;
        private final Operation number;
        private TapeValue found;

        private Fixed(Operand operand, Operation number) {
            this.operand = operand;
            this.number = number;
        }
    }

    /** The values of several iterations, as ids of the tape. */
    private record Sequence(List<Object> values) {}

    /** The pieces of a split, by the position at which they begin. */
    private record Pieces(Map<Long, Integer> ids) {}

    private static final class Differs extends RuntimeException {
        private static final long serialVersionUID = 1;

        private Differs(String text) {
            super(text, null, false, false);
        }
    }

    private LoopReplay(Tape tape) {
        this.tape = tape;
    }

    /** How a tape at given sizes of the dynamic dimensions differs from the program; empty if it does not. */
    static Optional<String> difference(CombinedTape program, Tape tape, Map<String, Long> sizes) {
        try {
            new LoopReplay(tape).run(program, sizes);
            return Optional.empty();
        } catch (Differs e) {
            return Optional.of(e.getMessage());
        }
    }

    private void run(CombinedTape program, Map<String, Long> sizes) {
        Object[] values = scope(program);
        List<TapeValue> inputs = program.tape().inputs();
        for (int i = 0; i < inputs.size(); i++) {
            values[inputs.get(i).id()] = tape.inputs().get(i).id();
        }
        run(program, values, sizes);
        if (position < tape.steps().size()) {
            throw differs(tape.steps().get(position), "runs in addition");
        }
        for (int i = 0; i < tape.outputs().size(); i++) {
            Object expected = values[program.tape().outputs().get(i).id()];
            if (!isSame(expected, tape.outputs().get(i), sizes)) {
                throw new Differs("the block returns another value as output " + i);
            }
        }
    }

    private static Differs differs(Step step, String how) {
        return new Differs(step.operation() + " " + how + " (" + step.site() + ")");
    }

    private static Object[] scope(CombinedTape program) {
        Map<Integer, Operand> operands = new HashMap<>();
        program.operations()
                .forEach(operation -> operation.inputs().stream()
                        .filter(Objects::nonNull)
                        .forEach(operand -> operands.put(operand.id(), operand)));
        Object[] values = new Object[program.tape().values().size()];
        for (TapeValue value : program.tape().values()) {
            if (value.kind() == TapeValue.Kind.PARAMETER || value.kind() == TapeValue.Kind.CONSTANT) {
                values[value.id()] =
                        new Fixed(operands.get(value.id()), program.numbers().get(value.id()));
            }
        }
        return values;
    }

    private void run(CombinedTape program, Object[] values, Map<String, Long> sizes) {
        for (int i = 0; i < program.operations().size(); i++) {
            Step step = program.tape().steps().get(i);
            Operation operation = program.operations().get(i);
            if (program.bodies().containsKey(i)) {
                runLoop(step, operation, program.bodies().get(i), values, sizes);
            } else if (step.kind() == Step.Kind.ADDED) {
                values[step.outputs().get(0).id()] =
                        added(step, operation, values[step.inputs().get(0).id()], sizes);
            } else {
                compare(step, operation, values, sizes);
            }
        }
    }

    private void runLoop(Step step, Operation operation, CombinedTape body, Object[] values, Map<String, Long> sizes) {
        LoopProgram loop = operation.get("body", LoopProgram.class);
        List<TapeValue> inputs = body.tape().inputs();
        List<TapeValue> outputs = body.tape().outputs();
        Object[] read = step.inputs().stream().map(input -> values[input.id()]).toArray();
        int ends = loop.states() + loop.finals();
        Object[] results = new Object[outputs.size()];
        System.arraycopy(read, 0, results, 0, loop.states());
        for (int i = ends; i < results.length; i++) {
            results[i] = new Sequence(new ArrayList<>());
        }
        long times = operation.size("times").at(sizes);
        for (long j = 0; j < times; j++) {
            Map<String, Long> inside = new LinkedHashMap<>(sizes);
            inside.put(loop.iteration(), j);
            Object[] scope = scope(body);
            for (int i = 0; i < inputs.size(); i++) {
                scope[inputs.get(i).id()] = i < loop.states() ? results[i] : read[i];
            }
            run(body, scope, inside);
            for (int i = 0; i < outputs.size(); i++) {
                Object value = scope[outputs.get(i).id()];
                if (i < ends) {
                    results[i] = value;
                } else {
                    ((Sequence) results[i]).values().add(value);
                }
            }
        }
        for (int i = loop.states(); i < results.length; i++) {
            int id = outputs.get(i).id();
            Object result = results[i];
            if (i < ends) {
                // The last value of a state is its first one if there are no iterations.
                result = IntStream.range(0, loop.states())
                        .filter(state -> outputs.get(state).id() == id)
                        .mapToObj(state -> results[state])
                        .findFirst()
                        .orElse(result);
            }
            values[step.outputs().get(i - loop.states()).id()] = result;
        }
    }

    /** The value of a step that the tape does not have: it reads one or several of a loop's or a split's values. */
    private static Object added(Step step, Operation operation, Object input, Map<String, Long> sizes) {
        if (!operation.name().equals("get")) {
            if (!operation.name().equals("flip")) {
                return input;
            }
            List<Object> reversed = new ArrayList<>(((Sequence) input).values());
            Collections.reverse(reversed);
            return new Sequence(reversed);
        }
        List<Size> numbers = operation.sizes(TracedIndex.NUMBERS);
        long first = numbers.get(0).at(sizes);
        if (input instanceof Pieces pieces) {
            return pieces.ids().get(first);
        }
        List<Object> all = ((Sequence) input).values();
        long end = numbers.size() == 1 ? first + 1 : numbers.get(1).at(sizes);
        if (first < 0 || end > all.size() || first > end) {
            throw differs(step, "reads steps " + first + " to " + (end - 1) + " of a loop of " + all.size());
        }
        return numbers.size() == 1
                ? all.get((int) first)
                : new Sequence(List.copyOf(all.subList((int) first, (int) end)));
    }

    /** Compares the next step of the tape with one of the program. */
    private void compare(Step step, Operation operation, Object[] values, Map<String, Long> sizes) {
        List<Object> expected = new ArrayList<>();
        boolean joins = false;
        for (TapeValue input : step.inputs()) {
            Object value = input == null ? null : values[input.id()];
            if (value instanceof Sequence sequence) {
                joins = true;
                expected.addAll(sequence.values());
            } else {
                expected.add(value);
            }
        }
        Step found = position < tape.steps().size() ? tape.steps().get(position) : null;
        if (joins && expected.size() == 1 && !isJoin(found)) {
            // DJL copies a single value, and Java code often does not concatenate it.
            boolean isCopied = found != null
                    && found.operation().equals("identity")
                    && isSame(expected.get(0), found.inputs().get(0), sizes);
            position += isCopied ? 1 : 0;
            values[step.outputs().get(0).id()] =
                    isCopied ? (Object) found.outputs().get(0).id() : expected.get(0);
            return;
        }
        if (found == null) {
            throw differs(step, "does not run");
        }
        if (joins ? !isJoin(found) : !found.operation().equals(step.operation())) {
            throw differs(found, "runs in place of " + step.operation());
        }
        if (found.inputs().size() != expected.size()) {
            throw differs(found, "reads " + found.inputs().size() + " arrays in place of " + expected.size());
        }
        for (int i = 0; i < expected.size(); i++) {
            if (!isSame(expected.get(i), found.inputs().get(i), sizes)) {
                throw differs(found, "reads another value");
            }
        }
        found.attributes().forEach((name, number) -> {
            if (!Expectation.matches(operation.attributes().get(name), number, sizes)) {
                throw differs(
                        found,
                        "has " + name + " "
                                + (number instanceof long[] numbers ? Arrays.toString(numbers) : number)
                                + " in place of " + operation.attributes().get(name));
            }
        });
        position++;
        requireOutputs(step, operation, found, values, sizes);
    }

    private static boolean isJoin(Step step) {
        return step != null && LoopTapes.JOINS.contains(step.operation());
    }

    private static void requireOutputs(
            Step step, Operation operation, Step found, Object[] values, Map<String, Long> sizes) {
        if (step.kind() == Step.Kind.SPREAD) {
            values[step.outputs().get(0).id()] = pieces(found);
            return;
        }
        if (found.outputs().size() != operation.outputs().size()) {
            throw differs(
                    found,
                    "returns " + found.outputs().size() + " arrays in place of "
                            + operation.outputs().size());
        }
        for (int i = 0; i < found.outputs().size(); i++) {
            TapeValue output = found.outputs().get(i);
            Operand expected = operation.outputs().get(i);
            long[] shape = output.shape().getShape();
            boolean isSame = expected.type() == output.elementType()
                    && expected.rank() == shape.length
                    && IntStream.range(0, shape.length)
                            .allMatch(axis -> !expected.shape().get(axis).isKnown()
                                    || expected.shape().get(axis).at(sizes) == shape[axis]);
            if (!isSame) {
                throw differs(
                        found, "returns an array of shape " + output.shape() + " in place of " + expected.shape());
            }
            values[step.outputs().get(i).id()] = output.id();
        }
    }

    private static Pieces pieces(Step split) {
        Map<Long, Integer> ids = new HashMap<>();
        long begin = 0;
        for (TapeValue piece : split.outputs()) {
            ids.put(begin, piece.id());
            int rank = piece.shape().dimension();
            begin += piece.shape().get(Math.floorMod(((Long) split.attributes().get("axis")).intValue(), rank));
        }
        return new Pieces(ids);
    }

    private boolean isSame(Object expected, TapeValue found, Map<String, Long> sizes) {
        if (expected instanceof Fixed fixed) {
            if (fixed.found == null && matches(fixed, found, sizes)) {
                fixed.found = found;
            }
            return fixed.found != null && fixed.found.id() == found.id();
        }
        return expected == null ? found == null : found != null && expected.equals(found.id());
    }

    private static boolean matches(Fixed expected, TapeValue found, Map<String, Long> sizes) {
        if (expected.number != null && expected.number.get("value") instanceof ConstantOfSize constant) {
            return found.kind() == TapeValue.Kind.CONSTANT
                    && constant.at(sizes).equals(DjlTensors.copyOf(found.array()));
        }
        if (expected.number != null) {
            return found.kind() == TapeValue.Kind.CONSTANT
                    && found.shape().dimension() == 0
                    && Expectation.matches(
                            expected.number.get("value"),
                            DjlTensors.copyOf(found.array()).doubles()[0],
                            sizes);
        }
        Operand operand = expected.operand;
        if (operand == null || !operand.isConstant()) {
            return false;
        }
        return found.kind() == TapeValue.Kind.PARAMETER
                ? operand.name().equals(found.name())
                : found.kind() == TapeValue.Kind.CONSTANT
                        && operand.constant().equals(DjlTensors.copyOf(found.array()));
    }
}
