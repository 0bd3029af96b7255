package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Sizes of results that follow from an operation's arguments. Strided sizes are not sums of products of dimensions and
 * cannot be inferred from numbers at a few sizes. A rule is accepted only if it fits all traced numbers.
 */
final class StrideRules {
    private static final Map<String, BiFunction<Operation, Integer, Size>> RULES = Map.of(
            "convolution",
            images((op, axis) -> windows(op, axis, extent(op, axis), at(op, "padding", axis), false)),
            "maxPool",
            images(StrideRules::pool),
            "avgPool",
            images(StrideRules::pool),
            "lpPool",
            images((op, axis) -> windows(op, axis, at(op, "kernel", axis), 0, op.flag("ceil"))),
            "interpolation",
            (op, axis) -> axis < 2 ? Size.unknown() : op.sizes("size").get(axis - 2),
            "concat",
            StrideRules::concat,
            "get",
            StrideRules::slice,
            "reshape",
            StrideRules::reshape);

    private StrideRules() {}

    /** The operations that have a rule of their own. */
    static Set<String> operations() {
        return RULES.keySet();
    }

    /** The size of a result's axis; unknown if no rule applies. */
    static Size of(Operation op, int axis) {
        BiFunction<Operation, Integer, Size> rule = RULES.get(op.name());
        return rule == null ? same(op.inputs(), axis) : rule.apply(op, axis);
    }

    /** A rule for the axes after batch and channel, with the same numbers at all sizes. */
    private static BiFunction<Operation, Integer, Size> images(BiFunction<Operation, Integer, Size> rule) {
        return (op, axis) -> axis < 2 || !isFixed(op) ? Size.unknown() : rule.apply(op, axis);
    }

    private static Size pool(Operation op, int axis) {
        return windows(op, axis, at(op, "kernel", axis), at(op, "padding", axis), op.flag("ceil"));
    }

    private static Size reshape(Operation op, int axis) {
        Size size = op.sizes("shape").get(axis);
        return size.is(-1) ? Size.unknown() : size;
    }

    /** Whether kernel, stride and so on are the same at all sizes, and not placeholders. */
    private static boolean isFixed(Operation op) {
        return op.attributes().values().stream()
                        .filter(List.class::isInstance)
                        .flatMap(list -> ((List<?>) list).stream())
                        .allMatch(number -> number instanceof Size size && size.isFixed())
                && (!op.attributes().containsKey("stride")
                        || op.sizes("stride").stream().allMatch(size -> size.value() > 0));
    }

    /** An argument's value for an axis after batch and channel. */
    private static long at(Operation op, String argument, int axis) {
        return op.sizes(argument).get(axis - 2).value();
    }

    /** The extent of a convolution's filter. */
    private static long extent(Operation op, int axis) {
        return (op.inputs().get(1).shape().get(axis).value() - 1) * at(op, "dilation", axis) + 1;
    }

    /**
     * The number of windows that fit. With ceil, a partial window counts if it begins inside the input or the padding
     * before it: both bounds are the input's size plus a number, divided by the stride, so the smaller number decides.
     */
    private static Size windows(Operation op, int axis, long extent, long padding, boolean isCeil) {
        long stride = at(op, "stride", axis);
        long space = 2 * padding - extent;
        return op.input()
                .shape()
                .get(axis)
                .plus(isCeil ? Math.min(space + stride - 1, padding - 1) : space)
                .floorDivided(stride)
                .plus(1);
    }

    private static Size concat(Operation op, int axis) {
        if (Math.floorMod(op.size("axis").value(), (long) op.input().rank()) != axis) {
            return same(op.inputs(), axis);
        }
        Size sum = Size.fixed(0);
        for (Operand input : op.inputs()) {
            sum = sum.plus(input.shape().get(axis));
        }
        return sum;
    }

    /** Slices from a fixed start to an open end; others are inferred from the traced numbers. */
    private static Size slice(Operation op, int axis) {
        Operand input = op.input();
        List<Size> numbers = op.sizes(TracedIndex.NUMBERS);
        int from = 0;
        int to = 0;
        int at = 0;
        for (Object kind : op.get(TracedIndex.KINDS, List.class)) {
            if (kind.equals("slice")) {
                boolean isOpen = numbers.get(at + 1).is(TracedIndex.OPEN);
                Size start = numbers.get(at).is(TracedIndex.OPEN) ? Size.fixed(0) : numbers.get(at);
                Size step = numbers.get(at + 2);
                if (to == axis) {
                    boolean hasRule =
                            isOpen && start.isFixed() && start.value() >= 0 && step.isFixed() && step.value() > 0;
                    return !hasRule
                            ? Size.unknown()
                            : input.shape()
                                    .get(from)
                                    .plus(step.value() - 1 - start.value())
                                    .floorDivided(step.value());
                }
                at += 3;
                from++;
                to++;
            } else if (kind.equals("all")) {
                if (to == axis) {
                    return input.shape().get(from);
                }
                from++;
                to++;
            } else if (kind.equals("fixed")) {
                from++;
                at++;
            } else if (kind.equals("new")) {
                to++;
            } else {
                return Size.unknown();
            }
        }
        return Size.unknown();
    }

    /** Most operations keep sizes in place: takes a strided size from the input that has one at this axis. */
    private static Size same(List<Operand> inputs, int axis) {
        return inputs.stream()
                .filter(input -> input != null && axis < input.rank())
                .map(input -> input.shape().get(axis))
                .filter(Size::hasStrides)
                .findFirst()
                .orElse(Size.unknown());
    }
}
