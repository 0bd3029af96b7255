package io.kanerva.exporter.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Finds Java loops in recordings of a block at several sizes: where the tapes differ in how often they repeat the same
 * steps, the repetitions become the iterations of one step {@code loop}.
 *
 * <p>The tapes are aligned from the first step on. At the step where they differ, a loop must have ended in the tape
 * that repeats it least: the steps before are searched for two equal sequences in a row, from which every tape is
 * followed as long as it repeats them. Only the kind of the steps, the lines that called them and where they read their
 * values count here; {@link TapeComparison} determines the numbers.
 */
final class LoopFinder {
    /** A search that is not over by then is given up. */
    private static final int MAX_TRIES = 2000;

    private final LoopTapes tapes;
    private int tries;

    private LoopFinder(List<Tape> tapes) {
        this.tapes = new LoopTapes(tapes);
    }

    /**
     * The same recordings with their loops as steps {@code loop}.
     *
     * @param tapes of the same block, two or more, in which every loop runs at least twice
     * @return one tape for each; empty if they differ in another way than in the number of iterations
     */
    static Optional<List<Tape>> roll(List<Tape> tapes) {
        LoopFinder finder = new LoopFinder(tapes);
        return finder.search(new ArrayList<>(), new int[tapes.size()]);
    }

    /** Whether tapes have the same operations on the same values, which differ in numbers only. */
    static boolean areAlike(List<Tape> tapes) {
        return tapes.stream()
                .allMatch(tape -> AlikeTapes.firstDifference(tapes.get(0).steps(), tape.steps()) < 0);
    }

    /** Continues an alignment of the tapes from given positions. */
    private Optional<List<Tape>> search(List<LoopPart> parts, int[] positions) {
        while (tapes.areSimilar(positions)) {
            parts.add(LoopPart.step(positions.clone()));
            Arrays.setAll(positions, k -> positions[k] + 1);
        }
        if (tapes.areAtEnd(positions)) {
            return LoopEmission.emit(tapes, parts).filter(LoopFinder::areAlike);
        }
        int end = parts.size();
        int begin = end;
        while (begin > 0 && !parts.get(begin - 1).isLoop()) {
            begin--;
        }
        for (int length = 1; 2 * length <= end - begin; length++) {
            for (int start = begin; start + 2 * length <= end; start++) {
                if (!isRepeated(parts, start, length)) {
                    continue;
                }
                Optional<List<Tape>> found =
                        withLoop(parts.subList(0, start), parts.get(start).at(), length);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private boolean isRepeated(List<LoopPart> parts, int start, int length) {
        return IntStream.range(start, start + length)
                .allMatch(i -> tapes.kind(0, parts.get(i).at()[0])
                        == tapes.kind(0, parts.get(i + length).at()[0]));
    }

    private Optional<List<Tape>> withLoop(List<LoopPart> before, int[] start, int length) {
        boolean varies = IntStream.range(0, tapes.count())
                        .map(k -> tapes.similar(k, start[k], length))
                        .distinct()
                        .count()
                > 1;
        if (!varies || tries++ > MAX_TRIES) {
            return Optional.empty();
        }
        int[] times = IntStream.range(0, tapes.count())
                .map(k -> tapes.repetitions(k, start[k], length, before))
                .toArray();
        boolean isLoop = Arrays.stream(times).min().orElseThrow() >= 2
                && Arrays.stream(times).distinct().count() > 1;
        if (!isLoop) {
            return Optional.empty();
        }
        List<LoopPart> parts = new ArrayList<>(before);
        parts.add(new LoopPart(start, length, times));
        return search(
                parts,
                IntStream.range(0, tapes.count())
                        .map(k -> start[k] + length * times[k])
                        .toArray());
    }
}
