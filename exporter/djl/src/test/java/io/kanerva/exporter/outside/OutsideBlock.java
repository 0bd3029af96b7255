package io.kanerva.exporter.outside;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Sampler;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A block as somebody outside this project wrote it, reduced to what matters to an export.
 *
 * @param name unique
 * @param origin whose it is, or what it follows
 * @param inputs in the syntax of {@link InputSpec#parse}
 * @param sizes of each dynamic dimension, at which block and graph are compared: the first of all, the second of all
 * @param ranges of inputs that are not standard normal or 0 and 1
 * @param options changes of the default ones
 * @param block makes the block, initialised, with the manager that lives as long as it
 * @param tolerance largest accepted difference, times the value where that is above 1
 * @param refusal what the refusal's message must say, and why no exporter could do better; empty if it exports
 */
record OutsideBlock(
        String name,
        Origin origin,
        List<InputSpec> inputs,
        Map<String, List<Long>> sizes,
        Map<String, Sampler.Range> ranges,
        UnaryOperator<ExportOptions> options,
        Function<NDManager, Block> block,
        double tolerance,
        Refusal refusal) {
    private static final List<List<Long>> DEFAULT_SIZES = List.of(
            List.of(1L, 3L, 33L, 2L),
            List.of(65L, 1L, 10L, 200L),
            List.of(9L, 100L, 2L, 33L),
            List.of(2L, 7L, 5L, 34L));

    /**
     * @param message a part of the refusal's message
     * @param reason why
     */
    record Refusal(String message, String reason) {}

    static OutsideBlock of(String name, Origin origin, Function<NDManager, Block> block, String... inputs) {
        return new OutsideBlock(
                name,
                origin,
                Arrays.stream(inputs).map(InputSpec::parse).toList(),
                Map.of(),
                Map.of(),
                UnaryOperator.identity(),
                block,
                1e-4,
                null);
    }

    /** Sizes of a dimension to compare at; others have default ones. */
    OutsideBlock at(String dimension, long... values) {
        Map<String, List<Long>> more = new HashMap<>(sizes);
        more.put(dimension, Arrays.stream(values).boxed().toList());
        return new OutsideBlock(name, origin, inputs, more, ranges, options, block, tolerance, refusal);
    }

    /** A dimension's limits, and sizes within them to compare at. */
    OutsideBlock within(String dimension, long min, long max, long... values) {
        return at(dimension, values).with(o -> o.withDimensionLimit(dimension, min, max));
    }

    OutsideBlock reading(String input, double low, double high) {
        return comparing(input, low, high).with(o -> o.withInputRange(input, low, high));
    }

    /** Values of an input at the comparison only, which the export does not know of. */
    OutsideBlock comparing(String input, double low, double high) {
        Map<String, Sampler.Range> more = new HashMap<>(ranges);
        more.put(input, new Sampler.Range(low, high));
        return new OutsideBlock(name, origin, inputs, sizes, more, options, block, tolerance, refusal);
    }

    OutsideBlock with(UnaryOperator<ExportOptions> change) {
        return new OutsideBlock(
                name, origin, inputs, sizes, ranges, o -> change.apply(options.apply(o)), block, tolerance, refusal);
    }

    OutsideBlock tolerating(double difference) {
        return new OutsideBlock(name, origin, inputs, sizes, ranges, options, block, difference, refusal);
    }

    /** That it cannot be exported, by a message with these words, for this reason. */
    OutsideBlock refused(String message, String reason) {
        return new OutsideBlock(
                name, origin, inputs, sizes, ranges, options, block, tolerance, new Refusal(message, reason));
    }

    /** Points of sizes to compare at: each dimension's first, each one's second and so on, the shorter lists again. */
    List<Map<String, Long>> points() {
        List<String> dimensions = inputs.stream()
                .flatMap(input -> input.shape().stream())
                .filter(d -> d.isNamed())
                .map(d -> d.name())
                .distinct()
                .toList();
        Map<String, List<Long>> chosen = new LinkedHashMap<>();
        for (String dimension : dimensions) {
            chosen.put(
                    dimension, sizes.getOrDefault(dimension, DEFAULT_SIZES.get(chosen.size() % DEFAULT_SIZES.size())));
        }
        int count = chosen.values().stream().mapToInt(List::size).max().orElse(1);
        LinkedHashSet<Map<String, Long>> points = new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            Map<String, Long> point = new LinkedHashMap<>();
            for (Map.Entry<String, List<Long>> entry : chosen.entrySet()) {
                point.put(
                        entry.getKey(),
                        entry.getValue().get(i % entry.getValue().size()));
            }
            points.add(point);
        }
        return List.copyOf(points);
    }

    @Override
    public String toString() {
        return name;
    }
}
