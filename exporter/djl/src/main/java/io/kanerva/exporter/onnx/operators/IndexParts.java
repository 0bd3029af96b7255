package io.kanerva.exporter.onnx.operators;

import io.kanerva.exporter.onnx.Value;
import io.kanerva.exporter.trace.Operand;
import io.kanerva.exporter.trace.Operation;
import io.kanerva.exporter.trace.size.Size;
import java.util.ArrayList;
import java.util.List;

/**
 * An index on the tape, in the order of its parts' application: slices, then single positions (which remove axes), then
 * new axes, then arrays of positions and masks.
 *
 * @param slices of axes of the indexed array
 * @param positions single positions on axes of the indexed array
 * @param newAxes among the axes that remain after the positions
 * @param arrays in order, with their axes among the remaining ones, including new axes
 * @param rank after slices, positions and new axes
 */
record IndexParts(
        List<SlicePart> slices, List<PositionPart> positions, List<Long> newAxes, List<ArrayPart> arrays, int rank) {
    /** The tracer's value for an open end of a slice. */
    static final long OPEN = Long.MAX_VALUE;

    /** Elements from start to end (exclusive) in steps. */
    record SlicePart(long axis, Size start, Size end, Size step) {}

    /** One element. */
    record PositionPart(int axis, Size position) {}

    /**
     * An array.
     *
     * @param kind {@code take}, {@code mask} or {@code pick}
     * @param axis the first axis that it indexes
     * @param axes the number of axes that it indexes; more than 1 for masks only
     */
    record ArrayPart(String kind, int axis, int axes, Value value, Operand operand) {}

    /** The index of a {@code get} or {@code set}, whose second and further inputs are the index's arrays. */
    static IndexParts of(Operation op, List<Value> in) {
        List<Size> numbers = op.sizes("numbers");
        List<SlicePart> slices = new ArrayList<>();
        List<PositionPart> positions = new ArrayList<>();
        List<Long> newAxes = new ArrayList<>();
        List<ArrayPart> arrays = new ArrayList<>();
        int from = 0;
        int to = 0;
        int at = 0;
        for (Object kind : op.get("kinds", List.class)) {
            switch ((String) kind) {
                case "new" -> newAxes.add((long) to++);
                case "fixed" -> positions.add(new PositionPart(from++, numbers.get(at++)));
                case "slice" -> {
                    Size start = numbers.get(at);
                    slices.add(new SlicePart(
                            from++, start.is(OPEN) ? Size.fixed(0) : start, numbers.get(at + 1), numbers.get(at + 2)));
                    at += 3;
                    to++;
                }
                case "all" -> {
                    from++;
                    to++;
                }
                default -> {
                    Operand operand = op.inputs().get(1 + arrays.size());
                    int axes = kind.equals("mask") ? operand.rank() : 1;
                    arrays.add(new ArrayPart((String) kind, to, axes, in.get(1 + arrays.size()), operand));
                    from += axes;
                    to += axes;
                }
            }
        }
        return new IndexParts(slices, positions, newAxes, arrays, to);
    }
}
