package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.LoopTapes.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A loop whose iterations are being written; what later steps read of it becomes a result. */
final class EmittedLoop {
    private final LoopTapes tapes;
    private final LoopPart part;
    /** By tape and iteration. */
    private final List<List<List<Step>>> steps;

    private final List<State> states = new ArrayList<>();
    private final List<Captured> captured = new ArrayList<>();
    private final List<Result> finals = new ArrayList<>();
    private final List<Result> collected = new ArrayList<>();

    /**
     * A value that an iteration hands on.
     *
     * @param lag how many iterations before it was computed
     * @param initial for each tape, the value at the first iteration
     * @param inputs by tape and iteration
     * @param previous the state that it takes over; null if the step {@code offset} of the iteration computes it
     */
    private record State(
            int lag, int offset, int output, TapeValue[] initial, List<List<TapeValue>> inputs, State previous) {}

    private record Captured(TapeValue[] values, List<List<TapeValue>> inputs) {}

    /**
     * What later steps read.
     *
     * @param state whose last value it is; null for the values of the step {@code offset}
     * @param values by tape
     */
    private record Result(int offset, int output, State state, TapeValue[] values) {}

    EmittedLoop(LoopTapes tapes, LoopPart part) {
        this.tapes = tapes;
        this.part = part;
        this.steps = each((k, j) -> new ArrayList<>());
    }

    LoopPart part() {
        return part;
    }

    /** A step of the tape. */
    Step original(int tape, int iteration, int offset) {
        return tapes.step(tape, part.at()[tape] + iteration * part.length() + offset);
    }

    private TapeValue original(int tape, int iteration, int offset, int output) {
        return original(tape, iteration, offset).outputs().get(output);
    }

    <T> List<List<T>> each(BiFunction<Integer, Integer, T> ofIteration) {
        List<List<T>> all = new ArrayList<>();
        for (int k = 0; k < tapes.count(); k++) {
            List<T> ofTape = new ArrayList<>();
            for (int j = 0; j < part.times()[k]; j++) {
                ofTape.add(ofIteration.apply(k, j));
            }
            all.add(ofTape);
        }
        return all;
    }

    void forEach(BiConsumer<Integer, Integer> action) {
        each((k, j) -> {
            action.accept(k, j);
            return k;
        });
    }

    void add(int tape, int iteration, Step step) {
        steps.get(tape).get(iteration).add(step);
    }

    /** Values from outside, by tape and iteration. */
    List<List<TapeValue>> captured(TapeValue[] values) {
        for (Captured known : captured) {
            if (areSame(known.values(), values)) {
                return known.inputs();
            }
        }
        captured.add(new Captured(values, each((k, j) -> input(values[k]))));
        return captured.get(captured.size() - 1).inputs();
    }

    private static TapeValue input(TapeValue like) {
        return new TapeValue(-1, TapeValue.Kind.INPUT, "", like.array(), like.site());
    }

    private static boolean areSame(TapeValue[] a, TapeValue[] b) {
        return IntStream.range(0, a.length).allMatch(k -> a[k] == b[k]);
    }

    /**
     * A value of an earlier iteration, by tape and iteration.
     *
     * @param lag how many iterations before
     * @param source the step that computes it
     * @param initial the values that the first iterations read, by iteration and tape
     */
    List<List<TapeValue>> state(int lag, Source source, List<TapeValue[]> initial) {
        return chain(lag, lag, source.offset(), source.output(), initial).inputs();
    }

    private State chain(int at, int lag, int offset, int output, List<TapeValue[]> initial) {
        TapeValue[] first = initial.get(lag - at);
        State previous = at == 1 ? null : chain(at - 1, lag, offset, output, initial);
        for (State known : states) {
            if (known.lag() == at
                    && known.offset() == offset
                    && known.output() == output
                    && known.previous() == previous
                    && areSame(known.initial(), first)) {
                return known;
            }
        }
        List<List<TapeValue>> inputs =
                each((k, j) -> input(j < at ? initial.get(lag - at + j)[k] : original(k, j - at, offset, output)));
        states.add(new State(at, offset, output, first, inputs, previous));
        return states.get(states.size() - 1);
    }

    /**
     * For each tape, the value that an iteration near the last computes; empty if none hands it on to the end. As the
     * last value of a state, it is right without iterations, too.
     *
     * @param back how many iterations before the last, 0 for the last one
     */
    Optional<TapeValue[]> handedOn(int offset, int output, int back) {
        Optional<State> state = states.stream()
                .filter(each -> each.offset() == offset && each.output() == output && each.lag() == back + 1)
                .findFirst();
        if (back > 0 && state.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(result(
                finals,
                offset,
                output,
                state.orElse(null),
                () -> IntStream.range(0, tapes.count())
                        .mapToObj(k -> original(k, part.times()[k] - 1 - back, offset, output))
                        .toArray(TapeValue[]::new)));
    }

    /** For each tape, the values of all iterations along a new first axis. */
    TapeValue[] collected(int offset, int output) {
        return result(collected, offset, output, null, () -> {
            TapeValue[] all = new TapeValue[tapes.count()];
            for (int k = 0; k < all.length; k++) {
                TapeValue first = original(k, 0, offset, output);
                long[] shape = first.shape().getShape();
                for (int j = 1; j < part.times()[k]; j++) {
                    TapeValue other = original(k, j, offset, output);
                    LoopEmission.require(Arrays.equals(shape, other.shape().getShape()));
                }
                all[k] = LoopValues.like(first, LoopValues.with(part.times()[k], shape));
            }
            return all;
        });
    }

    private static TapeValue[] result(
            List<Result> results, int offset, int output, State state, Supplier<TapeValue[]> values) {
        for (Result known : results) {
            if (known.offset() == offset && known.output() == output && known.state() == state) {
                return known.values();
            }
        }
        results.add(new Result(offset, output, state, values.get()));
        return results.get(results.size() - 1).values();
    }

    /** The loop as a step of a tape, with what was read of it so far. */
    Step step(int tape) {
        List<Tape> iterations = IntStream.range(0, part.times()[tape])
                .mapToObj(j -> iteration(tape, j))
                .toList();
        return new Step(
                "loop",
                Stream.concat(
                                states.stream().map(State::initial),
                                captured.stream().map(Captured::values))
                        .map(values -> values[tape])
                        .toList(),
                Map.of(
                        "times",
                        (long) part.times()[tape],
                        "body",
                        new LoopBody(states.size(), finals.size(), iterations)),
                Stream.concat(finals.stream(), collected.stream())
                        .map(result -> result.values()[tape])
                        .toList(),
                original(tape, 0, 0).site(),
                Step.Kind.RECORDED);
    }

    private TapeValue next(State state, int k, int j) {
        return state.previous() == null
                ? original(k, j, state.offset(), state.output())
                : state.previous().inputs().get(k).get(j);
    }

    private Tape iteration(int k, int j) {
        Stream<TapeValue> next = states.stream().map(state -> next(state, k, j));
        Stream<TapeValue> results = Stream.concat(finals.stream(), collected.stream())
                .map(result -> result.state() == null
                        ? original(k, j, result.offset(), result.output())
                        : next(result.state(), k, j));
        return TapeNumbers.of(
                Stream.concat(
                                states.stream().map(State::inputs),
                                captured.stream().map(Captured::inputs))
                        .map(inputs -> inputs.get(k).get(j))
                        .toList(),
                steps.get(k).get(j),
                Stream.concat(next, results).toList());
    }
}
