package io.kanerva.exporter.trace;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says why a block's {@code forward} failed while it was recorded, and what helps. */
final class BlockFailure {
    private static final Pattern CAST_OF_RECORDING = Pattern.compile("\\$Proxy\\d+ cannot be cast to class ([\\w.$]+)");
    /** Sizes that are tried in addition, for blocks that need larger ones, such as a kernel of 50. */
    private static final List<Long> LARGER = List.of(64L, 256L);

    private static final int MAX_LISTED = 3;

    private final Block block;
    private final List<InputSpec> inputs;
    private final SamplingPlan plan;
    private final Map<String, SamplingPlan.Limit> limits;
    private final Predicate<Map<String, Long>> runs;

    /**
     * Prepares an explanation.
     *
     * @param runs whether the block itself, with the engine's arrays, runs at given sizes
     */
    BlockFailure(
            Block block,
            List<InputSpec> inputs,
            SamplingPlan plan,
            Map<String, SamplingPlan.Limit> limits,
            Predicate<Map<String, Long>> runs) {
        this.block = block;
        this.inputs = inputs;
        this.plan = plan;
        this.limits = limits;
        this.runs = runs;
    }

    /** One sentence about an exception at some sizes of the dynamic dimensions. */
    String explain(RuntimeException e, Map<String, Long> sizes) {
        Matcher cast = CAST_OF_RECORDING.matcher(String.valueOf(e.getMessage()));
        if (e instanceof ClassCastException && cast.find()) {
            return "the block casts an array to " + cast.group(1)
                    + ", the engine's own class, and so leaves the recording; use the methods of "
                    + "NDArray, NDManager and getNDArrayInternal(), or make the step "
                    + "one operation, a CompositeOperation";
        }
        String reason = reason(e);
        if (runs.test(sizes)) {
            return "the block runs, but not when it is recorded: " + reason;
        }
        Set<Map<String, Long>> others = others(sizes);
        Optional<Map<String, Long>> other = others.stream().filter(runs).findFirst();
        if (other.isPresent()) {
            return "the block fails with " + sizes + ", and runs with " + other.get() + ": " + reason
                    + "; if such sizes cannot occur, exclude them with a dimension limit";
        }
        String shapes =
                inputs.stream().map(input -> input.name() + " " + input.shape()).collect(Collectors.joining(" and "));
        String tried = sizes.isEmpty()
                ? ""
                : Stream.concat(Stream.of(sizes), others.stream())
                        .limit(MAX_LISTED)
                        .map(Map::toString)
                        .collect(Collectors.joining(", ", " at every size that was tried, such as ", ""));
        return "the block fails with " + shapes + tried + expected() + ": " + reason;
    }

    /** The exception's class and the first line of its message; an engine's goes on with its own stack. */
    static String reason(Throwable e) {
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return e.getClass().getSimpleName() + ": " + message;
    }

    private Set<Map<String, Long>> others(Map<String, Long> sizes) {
        Set<Map<String, Long>> others = new LinkedHashSet<>(plan.checks());
        others.add(plan.traces().get(0));
        others.add(plan.traces().get(plan.traces().size() - 1));
        for (long size : LARGER) {
            Map<String, Long> larger = new LinkedHashMap<>(sizes);
            larger.replaceAll((name, old) -> {
                SamplingPlan.Limit limit = limits.get(name);
                return limit == null ? size : Math.max(limit.min(), Math.min(limit.max(), size));
            });
            others.add(larger);
        }
        others.remove(sizes);
        return others;
    }

    /** The shapes that the block was initialised for, if it knows them and they are others. */
    private String expected() {
        Shape[] initialised;
        try {
            initialised = block.getInputShapes();
        } catch (RuntimeException e) {
            return "";
        }
        List<Shape> shapes = initialised == null ? List.of() : List.of(initialised);
        boolean isSame = shapes.size() == inputs.size();
        for (int i = 0; isSame && i < shapes.size(); i++) {
            isSame = fits(shapes.get(i), inputs.get(i));
        }
        return shapes.isEmpty() || isSame ? "" : "; it was initialised for " + shapes;
    }

    private static boolean fits(Shape shape, InputSpec input) {
        if (shape.dimension() != input.shape().size()) {
            return false;
        }
        // The first axis is usually a batch, of any size.
        for (int i = 1; i < shape.dimension(); i++) {
            Dimension dimension = input.shape().get(i);
            if (!dimension.isNamed() && shape.get(i) > 0 && shape.get(i) != dimension.size()) {
                return false;
            }
        }
        return true;
    }
}
