package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.LoopTapes.Rule;
import io.kanerva.exporter.trace.LoopTapes.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Writes tapes anew, with their loops as steps {@code loop}. */
final class LoopEmission {
    private final LoopTapes tapes;
    private final List<LoopPart> parts;
    private final Map<Integer, EmittedLoop> loops = new HashMap<>();
    /** For each tape, its steps; those of loops are complete when all later steps are known. */
    private final List<List<Supplier<Step>>> steps = new ArrayList<>();
    /** The inputs of splits that are written as one slice for each piece that is read. */
    private final Map<Integer, TapeValue[]> spread = new HashMap<>();

    private final Map<List<Object>, TapeValue[]> known = new HashMap<>();

    private LoopEmission(LoopTapes tapes, List<LoopPart> parts) {
        this.tapes = tapes;
        this.parts = parts;
        IntStream.range(0, tapes.count()).forEach(k -> steps.add(new ArrayList<>()));
    }

    /** The parts do not fit together in the same way in all tapes. */
    static final class Irregular extends RuntimeException {
        Irregular() {
            super("", null, false, false);
        }
    }

    /** The tapes with loops; empty if a loop's values are read in a way that is not the same in all tapes. */
    static Optional<List<Tape>> emit(LoopTapes tapes, List<LoopPart> parts) {
        if (parts.stream().noneMatch(LoopPart::isLoop)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new LoopEmission(tapes, parts).emit());
        } catch (Irregular e) {
            return Optional.empty();
        }
    }

    private List<Tape> emit() {
        for (int i = 0; i < parts.size(); i++) {
            if (parts.get(i).isLoop()) {
                emitLoop(i);
            } else {
                emitStep(i);
            }
        }
        int count = tapes.tape(0).outputs().size();
        List<TapeValue[]> outputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            outputs.add(outer(sources(k -> {
                Tape tape = tapes.tape(k);
                require(tape.outputs().size() == count);
                return tapes.source(k, tape.outputs().get(index), 0, 0, 0, parts);
            })));
        }
        return IntStream.range(0, tapes.count())
                .mapToObj(k -> TapeNumbers.of(
                        tapes.tape(k).inputs(),
                        steps.get(k).stream().map(Supplier::get).toList(),
                        outputs.stream().map(values -> values[k]).toList()))
                .toList();
    }

    static void require(boolean isRegular) {
        if (!isRegular) {
            throw new Irregular();
        }
    }

    private Source[] sources(IntFunction<Source> ofTape) {
        return IntStream.range(0, tapes.count()).mapToObj(ofTape).toArray(Source[]::new);
    }

    private void emitStep(int index) {
        LoopPart part = parts.get(index);
        List<List<Source>> read = IntStream.range(0, tapes.count())
                .mapToObj(k -> tapes.sources(k, part.at()[k], 0, 0, 0, parts.subList(0, index)))
                .toList();
        require(read.stream().allMatch(sources -> sources.size() == read.get(0).size()));
        Step first = tapes.step(0, part.at()[0]);
        boolean joins = read.get(0).stream().anyMatch(source -> source.kind() == Source.Kind.RUN);
        List<TapeValue[]> inputs = new ArrayList<>();
        for (int slot = 0; slot < read.get(0).size(); slot++) {
            int at = slot;
            inputs.add(input(sources(k -> read.get(k).get(at)), first, joins));
        }
        if (tapes.isSpread(part)) {
            TapeValue[] pieces = values(k -> LoopValues.copy(inputs.get(0)[k]));
            spread.put(index, pieces);
            for (int k = 0; k < tapes.count(); k++) {
                Step step = tapes.step(k, part.at()[k]);
                add(
                        k,
                        new Step(
                                step.operation(),
                                List.of(inputs.get(0)[k]),
                                step.attributes(),
                                List.of(pieces[k]),
                                step.site(),
                                Step.Kind.SPREAD));
            }
            return;
        }
        for (int k = 0; k < tapes.count(); k++) {
            Step step = tapes.step(k, part.at()[k]);
            int tape = k;
            List<TapeValue> values =
                    new ArrayList<>(inputs.stream().map(each -> each[tape]).toList());
            add(k, step(joins ? "concat" : step.operation(), values, step.attributes(), step.outputs(), step));
        }
    }

    private static Step step(
            String operation,
            List<TapeValue> inputs,
            Map<String, Object> attributes,
            List<TapeValue> outputs,
            Step at) {
        return new Step(operation, inputs, attributes, outputs, at.site(), at.kind());
    }

    private void add(int tape, Step step) {
        steps.get(tape).add(() -> step);
    }

    /** What a step reads; for a list of a loop's values, the part of a concatenation that stands for them. */
    private TapeValue[] input(Source[] sources, Step first, boolean joins) {
        if (sources[0].kind() == Source.Kind.RUN) {
            return joined(sources, first);
        }
        TapeValue[] values = outer(sources);
        return joins && first.operation().equals("stack") ? expanded(values, first) : values;
    }

    /** The values outside loops for what each tape reads. */
    private TapeValue[] outer(Source[] sources) {
        Source first = sources[0];
        require(Arrays.stream(sources).allMatch(source -> source.kind() == first.kind() && source.isFrom(first)));
        require(first.kind() != Source.Kind.RUN);
        if (first.kind() != Source.Kind.ELEMENT) {
            return values(k -> sources[k].value());
        }
        if (!parts.get(first.part()).isLoop()) {
            TapeValue[] whole = spread.get(first.part());
            return computed(sources, k -> piece(whole[k], sources[k], k));
        }
        EmittedLoop loop = loops.get(first.part());
        LoopPart part = parts.get(first.part());
        int[] back = IntStream.range(0, sources.length)
                .map(k -> part.times()[k] - 1 - tapes.iteration(k, sources[k].value(), part))
                .toArray();
        if (Arrays.stream(back).allMatch(number -> number == back[0])) {
            Optional<TapeValue[]> handedOn = loop.handedOn(first.offset(), first.output(), back[0]);
            if (handedOn.isPresent()) {
                return handedOn.get();
            }
        }
        TapeValue[] all = loop.collected(first.offset(), first.output());
        return computed(sources, k -> element(all[k], sources[k], k));
    }

    /** The results of a step that is added for values that several steps may read. */
    private TapeValue[] computed(Source[] sources, IntFunction<Step> step) {
        List<Object> key = new ArrayList<>();
        Arrays.stream(sources).forEach(source -> key.add(source.value().id()));
        return known.computeIfAbsent(
                key,
                ids -> values(k -> {
                    Step made = step.apply(k);
                    add(k, made);
                    return made.outputs().get(0);
                }));
    }

    TapeValue[] values(IntFunction<TapeValue> ofTape) {
        return IntStream.range(0, tapes.count()).mapToObj(ofTape).toArray(TapeValue[]::new);
    }

    /** The value of an iteration, from those of all iterations. */
    private Step element(TapeValue all, Source source, int tape) {
        int[] maker = tapes.maker(tape, source.value());
        long iteration = tapes.iteration(tape, source.value(), parts.get(source.part()));
        return LoopValues.element(all, iteration, source.value(), tapes.step(tape, maker[0]));
    }

    private Step piece(TapeValue whole, Source source, int tape) {
        int[] maker = tapes.maker(tape, source.value());
        return LoopValues.piece(whole, tapes.step(tape, maker[0]), maker[1]);
    }

    private TapeValue[] expanded(TapeValue[] values, Step join) {
        return values(k -> {
            Step step = LoopValues.expanded(values[k], join);
            add(k, step);
            return step.outputs().get(0);
        });
    }

    /** Several values of a loop in a row, as a list joins them. */
    private TapeValue[] joined(Source[] sources, Step join) {
        Source first = sources[0];
        require(Arrays.stream(sources).allMatch(source -> source.kind() == first.kind() && source.isFrom(first)));
        LoopPart part = parts.get(first.part());
        TapeValue[] all = loops.get(first.part()).collected(first.offset(), first.output());
        int[] from = IntStream.range(0, tapes.count())
                .map(k -> tapes.iteration(k, sources[k].value(), part))
                .toArray();
        int[] to = IntStream.range(0, tapes.count())
                .map(k -> tapes.iteration(
                        k, sources[k].values().get(sources[k].values().size() - 1), part))
                .toArray();
        boolean isWhole = IntStream.range(0, tapes.count())
                .allMatch(k -> Math.min(from[k], to[k]) == 0 && Math.max(from[k], to[k]) == part.times()[k] - 1);
        boolean isBackwards = from[0] > to[0];
        require(IntStream.range(0, tapes.count()).allMatch(k -> from[k] > to[k] == isBackwards));
        return values(k -> {
            List<Step> made = LoopValues.joined(
                    all[k],
                    isWhole ? null : new long[] {Math.min(from[k], to[k]), Math.max(from[k], to[k]) + 1},
                    isBackwards,
                    join);
            made.forEach(step -> add(k, step));
            return made.isEmpty() ? all[k] : made.get(made.size() - 1).outputs().get(0);
        });
    }

    private void emitLoop(int index) {
        LoopPart part = parts.get(index);
        EmittedLoop loop = new EmittedLoop(tapes, part);
        for (int offset = 0; offset < part.length(); offset++) {
            emitStep(loop, offset, parts.subList(0, index));
        }
        loops.put(index, loop);
        for (int k = 0; k < tapes.count(); k++) {
            int tape = k;
            steps.get(k).add(() -> loop.step(tape));
        }
    }

    /** Adds a step of a loop's iteration. */
    private void emitStep(EmittedLoop loop, int offset, List<LoopPart> before) {
        LoopPart part = loop.part();
        List<List<List<Source>>> read = new ArrayList<>();
        for (int k = 0; k < tapes.count(); k++) {
            int tape = k;
            int start = part.at()[k];
            read.add(IntStream.range(0, part.times()[k])
                    .map(j -> start + j * part.length())
                    .mapToObj(at -> tapes.sources(tape, at + offset, at, start, part.length(), before))
                    .toList());
        }
        int slots = read.get(0).get(0).size();
        require(read.stream().flatMap(List::stream).allMatch(sources -> sources.size() == slots));
        Step first = tapes.step(0, part.at()[0] + offset);
        boolean joins = read.get(0).get(0).stream().anyMatch(source -> source.kind() == Source.Kind.RUN);
        List<List<List<TapeValue>>> inputs = new ArrayList<>();
        for (int slot = 0; slot < slots; slot++) {
            int at = slot;
            inputs.add(input(
                    loop,
                    read.stream()
                            .map(iterations -> iterations.stream()
                                    .map(sources -> sources.get(at))
                                    .toList())
                            .toList(),
                    first,
                    joins));
        }
        loop.forEach((k, j) -> {
            Step step = loop.original(k, j, offset);
            List<TapeValue> values = new ArrayList<>();
            inputs.forEach(each -> values.add(each.get(k).get(j)));
            loop.add(k, j, step(joins ? "concat" : step.operation(), values, step.attributes(), step.outputs(), step));
        });
    }

    /** What a step of a loop reads, in each tape and iteration. */
    private List<List<TapeValue>> input(EmittedLoop loop, List<List<Source>> read, Step first, boolean joins) {
        Rule rule = Stream.of(Rule.values())
                .filter(each -> read.stream()
                        .allMatch(sources -> IntStream.range(0, sources.size()).allMatch(j -> each.fits(sources, j))))
                .findFirst()
                .orElseThrow(Irregular::new);
        boolean expands = joins && first.operation().equals("stack");
        if (rule == Rule.SAME) {
            TapeValue[] values = input(sources(k -> read.get(k).get(0)), first, joins);
            return values[0] == null ? loop.each((k, j) -> null) : loop.captured(values);
        }
        require(!expands);
        if (rule == Rule.INNER) {
            Source one = read.get(0).get(0);
            require(read.stream().allMatch(sources -> sources.get(0).isFrom(one)));
            return loop.each((k, j) -> read.get(k).get(j).value());
        }
        if (rule.lag() > 0) {
            Source one = read.get(0).get(rule.lag());
            require(read.stream().allMatch(sources -> sources.get(rule.lag()).isFrom(one)));
            List<TapeValue[]> initial = IntStream.range(0, rule.lag())
                    .mapToObj(j -> outer(sources(k -> read.get(k).get(j))))
                    .toList();
            return loop.state(rule.lag(), one, initial);
        }
        Source one = read.get(0).get(0);
        require(read.stream()
                .allMatch(sources ->
                        sources.get(0).kind() == one.kind() && sources.get(0).isFrom(one)));
        if (one.kind() == Source.Kind.CONSTANT) {
            return loop.each((k, j) -> read.get(k).get(j).value());
        }
        boolean isSplit = !parts.get(one.part()).isLoop();
        List<List<TapeValue>> whole = loop.captured(
                isSplit ? spread.get(one.part()) : loops.get(one.part()).collected(one.offset(), one.output()));
        return loop.each((k, j) -> {
            Source source = read.get(k).get(j);
            TapeValue from = whole.get(k).get(j);
            Step step = isSplit ? piece(from, source, k) : element(from, source, k);
            loop.add(k, j, step);
            return step.outputs().get(0);
        });
    }
}
