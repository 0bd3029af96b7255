package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.SamplingPlan;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a model is exported. Immutable; {@code with...} makes a changed copy.
 *
 * @param opset version of the operator set, 17 to 20
 * @param graphName the graph's name in the file
 * @param modelVersion the model's own version number, at least 1
 * @param metadata written into metadata_props, for example the model's provenance
 * @param limits sizes that dynamic dimensions may take, by name; others range over {@link SamplingPlan#DEFAULT_LIMIT}
 * @param ranges values that inputs may take, by name; others are standard normal, or 0 and 1 for whole numbers
 * @param runner runs the finished model on sizes that were never traced, to compare it with the block; if empty, the model is
 *     handed out unchecked
 * @param tolerance largest accepted difference d between the model's output y and the block's r: d &lt;= tolerance * max(1, |r|)
 */
public record ExportOptions(int opset, String graphName, long modelVersion, SortedMap<String, String> metadata,
        Map<String, SamplingPlan.Limit> limits, Map<String, Sampler.Range> ranges, Optional<GraphRunner> runner,
        double tolerance) {
    private static final int OLDEST_OPSET = 17;
    private static final int NEWEST_OPSET = 20;

    public ExportOptions {
        if (opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
            throw new IllegalArgumentException("expected an opset from " + OLDEST_OPSET + " to " + NEWEST_OPSET
                    + ", found " + opset);
        }
        if (modelVersion < 1) {
            throw new IllegalArgumentException("expected a model version of at least 1, found " + modelVersion);
        }
        if (!(tolerance >= 0)) {
            throw new IllegalArgumentException("expected a tolerance of at least 0, found " + tolerance);
        }
        metadata = Collections.unmodifiableSortedMap(new TreeMap<>(metadata));
        limits = Map.copyOf(limits);
        ranges = Map.copyOf(ranges);
    }

    /** Opset 17, model version 1, tolerance 1e-4, no check. */
    public static ExportOptions defaults() {
        return new ExportOptions(OLDEST_OPSET, "graph", 1, new TreeMap<>(), Map.of(), Map.of(), Optional.empty(), 1e-4);
    }

    public ExportOptions withOpset(int version) {
        return new ExportOptions(version, graphName, modelVersion, metadata, limits, ranges, runner, tolerance);
    }

    public ExportOptions withGraphName(String name) {
        return new ExportOptions(opset, name, modelVersion, metadata, limits, ranges, runner, tolerance);
    }

    public ExportOptions withModelVersion(long version) {
        return new ExportOptions(opset, graphName, version, metadata, limits, ranges, runner, tolerance);
    }

    public ExportOptions withMetadata(Map<String, String> properties) {
        return new ExportOptions(opset, graphName, modelVersion, new TreeMap<>(properties), limits, ranges, runner, tolerance);
    }

    /**
     * Says which sizes a dynamic dimension may take; tracing and checking stay inside.
     *
     * @param smallest at least 1; sizes 0 and 1 are never traced, but 1 is checked if it is allowed
     * @param largest at least 2
     */
    public ExportOptions withDimensionLimit(String dimension, long smallest, long largest) {
        Map<String, SamplingPlan.Limit> more = new TreeMap<>(limits);
        more.put(dimension, new SamplingPlan.Limit(smallest, largest));
        return new ExportOptions(opset, graphName, modelVersion, metadata, more, ranges, runner, tolerance);
    }

    /** Says which values an input may take: from low (included) to high (excluded). */
    public ExportOptions withInputRange(String input, double low, double high) {
        Map<String, Sampler.Range> more = new TreeMap<>(ranges);
        more.put(input, new Sampler.Range(low, high));
        return new ExportOptions(opset, graphName, modelVersion, metadata, limits, more, runner, tolerance);
    }

    /** Has the finished model run by this runtime and compared with the block. */
    public ExportOptions withCheck(GraphRunner graphRunner) {
        return new ExportOptions(opset, graphName, modelVersion, metadata, limits, ranges, Optional.of(graphRunner), tolerance);
    }

    public ExportOptions withTolerance(double largest) {
        return new ExportOptions(opset, graphName, modelVersion, metadata, limits, ranges, runner, largest);
    }
}
