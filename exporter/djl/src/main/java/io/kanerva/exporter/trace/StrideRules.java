package io.kanerva.exporter.trace;

import java.util.List;
import java.util.Map;

/**
 * Sizes of results that follow from an operation's arguments: those behind strides are no sums of products, and cannot
 * be told from the numbers seen at a few sizes. What a rule says is believed only where it meets all that was seen.
 */
final class StrideRules {
    private StrideRules() {}

    /** The size of a result's axis; unknown if no rule is about it. */
    static Size of(String operation, List<Operand> inputs, Map<String, Object> attributes, int axis) {
        return switch (operation) {
            case "convolution" ->
                axis < 2
                        ? Size.unknown()
                        : windows(
                                inputs.get(0),
                                axis,
                                attributes,
                                (inputs.get(1).shape().get(axis).value() - 1) * at(attributes, "dilation", axis) + 1,
                                false);
            case "maxPool", "avgPool", "lpPool" ->
                axis < 2
                        ? Size.unknown()
                        : windows(
                                inputs.get(0),
                                axis,
                                attributes,
                                at(attributes, "kernel", axis),
                                Boolean.TRUE.equals(attributes.get("ceil")));
            case "interpolation" ->
                axis < 2 ? Size.unknown() : sizes(attributes, "size").get(axis - 2);
            case "concat" -> concat(inputs, attributes, axis);
            case "get" -> slice(inputs.get(0), attributes, axis);
            case "reshape" -> {
                Size size = sizes(attributes, "shape").get(axis);
                yield size.is(-1) ? Size.unknown() : size;
            }
            default -> same(inputs, axis);
        };
    }

    @SuppressWarnings("unchecked")
    private static List<Size> sizes(Map<String, Object> attributes, String name) {
        return (List<Size>) attributes.get(name);
    }

    /** A whole number for each axis behind batch and channel. */
    private static long at(Map<String, Object> attributes, String name, int axis) {
        return sizes(attributes, name).get(axis - 2).value();
    }

    /**
     * How many windows fit. One that is only begun counts (with ceil) if it begins inside the input or the padding
     * before it: both bounds are the input's size and a number over the stride, so the smaller number decides.
     */
    private static Size windows(Operand input, int axis, Map<String, Object> attributes, long reach, boolean isCeil) {
        long stride = at(attributes, "stride", axis);
        long padding = attributes.containsKey("padding") ? at(attributes, "padding", axis) : 0;
        long room = 2 * padding - reach;
        return input.shape()
                .get(axis)
                .plus(isCeil ? Math.min(room + stride - 1, padding - 1) : room)
                .floorDivided(stride)
                .plus(1);
    }

    private static Size concat(List<Operand> inputs, Map<String, Object> attributes, int axis) {
        int rank = inputs.get(0).rank();
        if (Math.floorMod(((Size) attributes.get("axis")).value(), (long) rank) != axis) {
            return same(inputs, axis);
        }
        Size sum = Size.fixed(0);
        for (Operand input : inputs) {
            sum = sum.plus(input.shape().get(axis));
        }
        return sum;
    }

    /** Slices from a fixed start to an open end; others follow from the numbers. */
    private static Size slice(Operand input, Map<String, Object> attributes, int axis) {
        List<Size> numbers = sizes(attributes, "numbers");
        int from = 0;
        int to = 0;
        int at = 0;
        for (Object kind : (List<?>) attributes.get("kinds")) {
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

    /**
     * Most operations keep sizes where they are: a size behind strides is taken over from the input that has it at this
     * axis.
     */
    private static Size same(List<Operand> inputs, int axis) {
        return inputs.stream()
                .filter(input -> input != null && axis < input.rank())
                .map(input -> input.shape().get(axis))
                .filter(Size::hasStrides)
                .findFirst()
                .orElse(Size.unknown());
    }
}
