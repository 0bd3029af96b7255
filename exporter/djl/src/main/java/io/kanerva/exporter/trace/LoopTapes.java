package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.TapeValue.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The tapes in which {@link LoopFinder} looks for loops: the kinds of their steps, and where values come from. */
final class LoopTapes {
    /** The number of iterations after which a value may still be read. */
    static final int MAX_LAG = 3;

    /** Operations that join any number of values. */
    static final Set<String> JOINS = Set.of("stack", "concat");

    private final List<Tape> tapes;
    private final int[][] kinds;
    /** For each tape, the step and the output that computed each value, by id; null for others. */
    private final List<int[][]> makers = new ArrayList<>();

    LoopTapes(List<Tape> tapes) {
        this.tapes = tapes;
        Map<Object, Integer> numbers = new HashMap<>();
        kinds = tapes.stream()
                .map(tape -> tape.steps().stream()
                        .mapToInt(step -> numbers.computeIfAbsent(kind(step), kind -> numbers.size()))
                        .toArray())
                .toArray(int[][]::new);
        for (Tape tape : tapes) {
            int[][] maker = new int[tape.values().size()][];
            for (int i = 0; i < tape.steps().size(); i++) {
                List<TapeValue> outputs = tape.steps().get(i).outputs();
                for (int o = 0; o < outputs.size(); o++) {
                    maker[outputs.get(o).id()] = new int[] {i, o};
                }
            }
            makers.add(maker);
        }
    }

    /** What the same step has in common in all iterations and at all sizes. */
    private static Object kind(Step step) {
        boolean isSplit = step.operation().equals("split");
        Map<String, Object> attributes = new HashMap<>(step.attributes());
        attributes.replaceAll((name, value) ->
                value instanceof long[] numbers ? numbers.length : value instanceof Number ? "number" : value);
        return List.of(
                step.operation(),
                step.site().blocks(),
                step.site().line(),
                JOINS.contains(step.operation())
                        ? ""
                        : step.inputs().stream().map(LoopTapes::type).toList(),
                isSplit ? "" : step.outputs().stream().map(LoopTapes::type).toList(),
                attributes);
    }

    private static Object type(TapeValue value) {
        return value == null ? "" : List.of(value.type(), value.shape().dimension());
    }

    int count() {
        return tapes.size();
    }

    Tape tape(int index) {
        return tapes.get(index);
    }

    Step step(int tape, int position) {
        return tapes.get(tape).steps().get(position);
    }

    int kind(int tape, int position) {
        return kinds[tape][position];
    }

    /** Whether the tapes have steps of the same kind at given positions. */
    boolean areSimilar(int[] positions) {
        return IntStream.range(0, positions.length)
                .allMatch(k -> positions[k] < kinds[k].length && kinds[k][positions[k]] == kinds[0][positions[0]]);
    }

    boolean areAtEnd(int[] positions) {
        return IntStream.range(0, positions.length).allMatch(k -> positions[k] == kinds[k].length);
    }

    /** The step that computed a value, and which of its outputs it is; null for inputs, parameters and constants. */
    int[] maker(int tape, TapeValue value) {
        return makers.get(tape)[value.id()];
    }

    /** How often a tape repeats steps of the same kind from a position on. */
    int similar(int tape, int start, int length) {
        int end = start + length;
        while (end < kinds[tape].length && kinds[tape][end] == kinds[tape][end - length]) {
            end++;
        }
        return (end - start) / length;
    }

    /** How often a tape repeats the steps from a position on, with values handed on in the same way each time. */
    int repetitions(int tape, int start, int length, List<LoopPart> before) {
        int times = similar(tape, start, length);
        for (int offset = 0; offset < length; offset++) {
            int from = start + offset;
            List<List<Source>> sources = IntStream.range(0, times)
                    .mapToObj(j -> sources(tape, from + j * length, start + j * length, start, length, before))
                    .toList();
            int slots = sources.get(0).size();
            times = (int) sources.stream()
                    .limit(times)
                    .takeWhile(each -> each.size() == slots)
                    .count();
            for (int slot = 0; slot < slots; slot++) {
                int index = slot;
                times = repetitions(sources.stream()
                        .limit(times)
                        .map(each -> each.get(index))
                        .toList());
            }
        }
        return times;
    }

    private static int repetitions(List<Source> sources) {
        return Stream.of(Rule.values())
                .mapToInt(rule -> (int) IntStream.range(0, sources.size())
                        .takeWhile(j -> rule.fits(sources, j))
                        .count())
                .max()
                .orElseThrow();
    }

    /** How a step of a loop may read a value, over the iterations. */
    enum Rule {
        /** From the same iteration. */
        INNER {
            @Override
            boolean fits(List<Source> sources, int j) {
                return sources.get(j).kind() == Source.Kind.INNER
                        && sources.get(j).equals(sources.get(0));
            }
        },
        /** The same value from outside. */
        SAME {
            @Override
            boolean fits(List<Source> sources, int j) {
                return sources.get(j).isOutside() && sources.get(j).equals(sources.get(0));
            }
        },
        /** From the iteration before, or an initial value. */
        LAG_1 {
            @Override
            boolean fits(List<Source> sources, int j) {
                return isHandedOn(sources, j, 1);
            }
        },
        /** From the second iteration before. */
        LAG_2 {
            @Override
            boolean fits(List<Source> sources, int j) {
                return isHandedOn(sources, j, 2);
            }
        },
        LAG_3 {
            @Override
            boolean fits(List<Source> sources, int j) {
                return isHandedOn(sources, j, MAX_LAG);
            }
        },
        /** An element of what another loop or a split computed, or a constant made from Java numbers. */
        ELEMENT {
            @Override
            boolean fits(List<Source> sources, int j) {
                Source source = sources.get(j);
                Source first = sources.get(0);
                return source.kind() == first.kind()
                        && (source.kind() == Source.Kind.CONSTANT
                                || source.kind() == Source.Kind.ELEMENT && source.isFrom(first));
            }
        };

        abstract boolean fits(List<Source> sources, int j);

        /** The number of iterations between the one that computes a value and the one that reads it. */
        int lag() {
            return this == LAG_1 ? 1 : this == LAG_2 ? 2 : this == LAG_3 ? MAX_LAG : 0;
        }

        private static boolean isHandedOn(List<Source> sources, int j, int lag) {
            if (sources.size() <= lag) {
                return false;
            }
            Source handed = sources.get(lag);
            Source source = sources.get(j);
            return handed.kind() == Source.Kind.BACK
                    && handed.lag() == lag
                    && (j < lag
                            ? source.isOutside()
                                    && source.values().size() == 1
                                    && type(source.value()).equals(type(handed.value()))
                            : source.equals(handed));
        }
    }

    /**
     * Where a step of a loop reads a value, or several values in a row of one loop that a list joins.
     *
     * @param values the values
     * @param part the part that computes an {@code ELEMENT} or a {@code RUN}
     * @param offset the step of the iteration that computes it, if it comes from a loop
     * @param output the step's output
     * @param lag the number of iterations ago, for {@code BACK}
     */
    record Source(Kind kind, int part, int offset, int output, int lag, List<TapeValue> values) {
        enum Kind {
            INNER,
            BACK,
            /** A value from outside, or an absent one. */
            OUTER,
            CONSTANT,
            /** One of the values that a loop before, or a split into a varying number of pieces, computes. */
            ELEMENT,
            /** Several of them, one after the other. */
            RUN
        }

        boolean isOutside() {
            return kind != Kind.INNER && kind != Kind.BACK;
        }

        TapeValue value() {
            return values.get(0);
        }

        /** Whether it is computed by the same step of a loop's iteration, or by the same split. */
        boolean isFrom(Source other) {
            return part == other.part && offset == other.offset && output == other.output;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Source source
                    && kind == source.kind
                    && isFrom(source)
                    && lag == source.lag
                    && (!isOutside() || ids().equals(source.ids()));
        }

        private List<Integer> ids() {
            return values.stream().map(value -> value == null ? -1 : value.id()).toList();
        }

        @Override
        public int hashCode() {
            return Objects.hash(kind, part, offset, output, lag);
        }
    }

    /**
     * Where a step reads its values.
     *
     * @param iteration position of the first step of its iteration
     * @param start position of the first step of the loop
     * @param length the number of steps of an iteration; 0 for a step outside loops
     * @param before the parts before the loop or the step
     */
    List<Source> sources(int tape, int position, int iteration, int start, int length, List<LoopPart> before) {
        Step step = step(tape, position);
        List<Source> sources = new ArrayList<>();
        for (TapeValue value : step.inputs()) {
            Source source = source(tape, value, iteration, start, length, before);
            int last = sources.size() - 1;
            if (JOINS.contains(step.operation()) && last >= 0 && continues(tape, sources.get(last), source, before)) {
                List<TapeValue> run = new ArrayList<>(sources.get(last).values());
                run.add(value);
                sources.set(last, new Source(Source.Kind.RUN, source.part(), source.offset(), source.output(), 0, run));
            } else {
                sources.add(source);
            }
        }
        return sources;
    }

    Source source(int tape, TapeValue value, int iteration, int start, int length, List<LoopPart> before) {
        List<TapeValue> values = new ArrayList<>();
        values.add(value);
        int[] maker = value == null ? null : maker(tape, value);
        if (maker == null) {
            boolean isConstant = value != null && value.kind() == Kind.CONSTANT;
            return new Source(isConstant ? Source.Kind.CONSTANT : Source.Kind.OUTER, -1, -1, -1, 0, values);
        }
        int at = maker[0];
        if (length > 0 && at >= iteration) {
            return new Source(Source.Kind.INNER, -1, at - iteration, maker[1], 0, values);
        }
        if (length > 0 && at >= start) {
            int offset = (at - start) % length;
            int lag = (iteration - start) / length - (at - start) / length;
            return new Source(Source.Kind.BACK, -1, offset, maker[1], lag, values);
        }
        int part = part(tape, at, before);
        if (before.get(part).isLoop()) {
            int offset = (at - before.get(part).at()[tape]) % before.get(part).length();
            return new Source(Source.Kind.ELEMENT, part, offset, maker[1], 0, values);
        }
        if (isSpread(before.get(part))) {
            return new Source(Source.Kind.ELEMENT, part, -1, -1, 0, values);
        }
        return new Source(Source.Kind.OUTER, -1, -1, -1, 0, values);
    }

    /** Whether a part is a split into pieces whose number varies between the tapes. */
    boolean isSpread(LoopPart part) {
        return !part.isLoop()
                && step(0, part.at()[0]).operation().equals("split")
                && IntStream.range(0, count())
                                .map(k -> step(k, part.at()[k]).outputs().size())
                                .distinct()
                                .count()
                        > 1;
    }

    /** Whether a value of a loop follows the last of others, in the order of the iterations or against it. */
    private boolean continues(int tape, Source run, Source next, List<LoopPart> before) {
        if (next.kind() != Source.Kind.ELEMENT
                || run.kind() != Source.Kind.ELEMENT && run.kind() != Source.Kind.RUN
                || !run.isFrom(next)
                || !before.get(next.part()).isLoop()) {
            return false;
        }
        LoopPart loop = before.get(next.part());
        int count = run.values().size();
        int step = iteration(tape, next.value(), loop)
                - iteration(tape, run.values().get(count - 1), loop);
        return count == 1
                ? Math.abs(step) == 1
                : step
                        == iteration(tape, run.values().get(1), loop)
                                - iteration(tape, run.values().get(0), loop);
    }

    /** The iteration of a loop that computed a value. */
    int iteration(int tape, TapeValue value, LoopPart loop) {
        return (maker(tape, value)[0] - loop.at()[tape]) / loop.length();
    }

    private static int part(int tape, int position, List<LoopPart> parts) {
        int low = 0;
        int high = parts.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) / 2;
            if (parts.get(middle).at()[tape] <= position) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
