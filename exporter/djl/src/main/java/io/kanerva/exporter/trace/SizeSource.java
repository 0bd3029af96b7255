package io.kanerva.exporter.trace;

import io.kanerva.exporter.trace.size.Size;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where the size of a dynamic dimension is found when a model runs: in the size s of an input's axis, as {@code (s -
 * offset) / factor}, or its square root.
 *
 * @param input the input's position
 * @param axis the input's axis
 * @param offset expressed in other dimensions, 0 where the dimension stands alone
 * @param factor expressed in other dimensions, 1 where the dimension stands alone
 * @param isSquare whether the quotient is the dimension's square
 */
public record SizeSource(int input, int axis, Size offset, Size factor, boolean isSquare) {
    /**
     * The sources of all dimensions in the shapes of a model's inputs.
     *
     * @throws IllegalArgumentException if a dimension cannot be computed from the inputs' sizes
     */
    public static Map<String, SizeSource> of(List<List<Size>> shapes) {
        Map<String, SizeSource> found = new LinkedHashMap<>();
        List<String> names = shapes.stream()
                .flatMap(List::stream)
                .flatMap(Size::dimensions)
                .distinct()
                .toList();
        for (boolean isMore = true; isMore; ) {
            isMore = false;
            for (String name : names) {
                if (!found.containsKey(name)) {
                    best(name, shapes, found).ifPresent(source -> found.put(name, source));
                    isMore |= found.containsKey(name);
                }
            }
        }
        names.stream().filter(name -> !found.containsKey(name)).findFirst().ifPresent(name -> {
            throw new IllegalArgumentException("the size " + name + " cannot be computed from the inputs' sizes "
                    + shapes + "; give it a dimension such as " + name + " or 2*" + name + "+1 in one of them");
        });
        return found;
    }

    /** The source of a dimension, where it stands alone if possible. */
    private static Optional<SizeSource> best(String name, List<List<Size>> shapes, Map<String, SizeSource> known) {
        SizeSource found = null;
        for (int input = 0; input < shapes.size(); input++) {
            for (int axis = 0; axis < shapes.get(input).size(); axis++) {
                Size size = shapes.get(input).get(axis);
                if (size.equals(Size.named(name))) {
                    return Optional.of(new SizeSource(input, axis, Size.fixed(0), Size.fixed(1), false));
                }
                boolean isSolvable = size.dimensions().allMatch(d -> d.equals(name) || known.containsKey(d));
                if (found == null && isSolvable && size.dimensions().anyMatch(name::equals)) {
                    Size once = size.coefficient(name, 1);
                    Size twice = size.coefficient(name, 2);
                    boolean isLinear = twice.is(0) && size.coefficient(name, 3).is(0);
                    if (isLinear || once.is(0) && size.coefficient(name, 3).is(0)) {
                        found = new SizeSource(
                                input, axis, size.coefficient(name, 0), isLinear ? once : twice, !isLinear);
                    }
                }
            }
        }
        return Optional.ofNullable(found);
    }
}
