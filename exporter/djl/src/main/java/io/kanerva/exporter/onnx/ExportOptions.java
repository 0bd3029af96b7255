package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.SamplingPlan;
import io.kanerva.exporter.trace.Statistics;
import io.kanerva.onnx.GraphRunner;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** How a model is exported. Immutable; {@code with...} makes a changed copy. */
public final class ExportOptions {
    private static final int MIN_OPSET = 13;
    private static final int DEFAULT_OPSET = 17;
    private static final int MAX_OPSET = 26;
    private static final int MIN_IR = 7;
    private static final int DEFAULT_IR = 8;
    private static final int MAX_IR = 13;
    private static final long DEFAULT_PROBE_BUDGET = 10_000;
    private static final long MAX_FILE_BYTES = 2_000_000_000;

    private int opset = DEFAULT_OPSET;
    private int irVersion = DEFAULT_IR;
    private String graphName = "graph";
    private long modelVersion = 1;
    private SortedMap<String, String> metadata = Collections.emptySortedMap();
    private Map<String, SamplingPlan.Limit> limits = Map.of();
    private Map<String, Sampler.Range> ranges = Map.of();
    private GraphRunner runner;
    private double tolerance = 1e-4;
    private Statistics statistics = Statistics.RUNNING;
    private long externalDataAbove = MAX_FILE_BYTES;
    private boolean writesErfOut;
    private boolean writesFunctions;
    private long probeBudget = DEFAULT_PROBE_BUDGET;

    private ExportOptions() {}

    private ExportOptions(ExportOptions other) {
        opset = other.opset;
        irVersion = other.irVersion;
        graphName = other.graphName;
        modelVersion = other.modelVersion;
        metadata = other.metadata;
        limits = other.limits;
        ranges = other.ranges;
        runner = other.runner;
        tolerance = other.tolerance;
        statistics = other.statistics;
        externalDataAbove = other.externalDataAbove;
        writesErfOut = other.writesErfOut;
        writesFunctions = other.writesFunctions;
        probeBudget = other.probeBudget;
    }

    /** Opset 17, IR version 8, model version 1, tolerance 1e-4, running statistics, one file up to 2 GB, no check. */
    public static ExportOptions defaults() {
        return new ExportOptions();
    }

    /** Sets the version of the operator set, 13 to 26; an operation that needs a newer one is an error. */
    public ExportOptions withOpset(int version) {
        require(
                version >= MIN_OPSET && version <= MAX_OPSET,
                "expected an opset from " + MIN_OPSET + " to " + MAX_OPSET + ", found " + version);
        return with(options -> options.opset = version);
    }

    /**
     * Sets the version of the file format, 7 to 13. Runtimes reject versions that are newer than they are; nothing here
     * needs a newer version.
     */
    public ExportOptions withIrVersion(int version) {
        require(
                version >= MIN_IR && version <= MAX_IR,
                "expected an IR version from " + MIN_IR + " to " + MAX_IR + ", found " + version);
        return with(options -> options.irVersion = version);
    }

    /** Sets the graph's name in the file. */
    public ExportOptions withGraphName(String name) {
        return with(options -> options.graphName = Objects.requireNonNull(name, "name"));
    }

    /** Sets the model's version number, at least 1. */
    public ExportOptions withModelVersion(long version) {
        require(version >= 1, "expected a model version of at least 1, found " + version);
        return with(options -> options.modelVersion = version);
    }

    /** Sets the entries of metadata_props, for example the model's provenance. */
    public ExportOptions withMetadata(Map<String, String> properties) {
        return with(options -> options.metadata = Collections.unmodifiableSortedMap(new TreeMap<>(properties)));
    }

    /**
     * Limits the sizes of a dynamic dimension. The model is right for all sizes within the limits, or the export fails.
     * Other dimensions are compared up to 2,048, or to the largest size that the block accepts if that is less.
     *
     * @param min at least 1; sizes 0 and 1 are never traced, but 1 is checked if it is allowed
     * @param max at least 2
     */
    public ExportOptions withDimensionLimit(String dimension, long min, long max) {
        return withLimit(dimension, new SamplingPlan.Limit(min, max));
    }

    /** Like {@link #withDimensionLimit(String, long, long)}, without a largest size. */
    public ExportOptions withDimensionLimit(String dimension, long min) {
        return withLimit(dimension, SamplingPlan.Limit.from(min));
    }

    private ExportOptions withLimit(String dimension, SamplingPlan.Limit limit) {
        Map<String, SamplingPlan.Limit> more = new TreeMap<>(limits);
        more.put(dimension, limit);
        return with(options -> options.limits = Map.copyOf(more));
    }

    /**
     * Sets the range of an input's values: from low (inclusive) to high (exclusive). Other inputs are standard normal,
     * or 0 and 1 for integers.
     */
    public ExportOptions withInputRange(String input, double low, double high) {
        Map<String, Sampler.Range> more = new TreeMap<>(ranges);
        more.put(input, new Sampler.Range(low, high));
        return with(options -> options.ranges = Map.copyOf(more));
    }

    /**
     * Runs the finished model with this runtime, at sizes that were never traced, and compares it with the block.
     * Without a runtime, only the block is run at these sizes, and the sizes and numbers recorded in the model, but not
     * its values, are compared with the block's.
     */
    public ExportOptions withCheck(GraphRunner graphRunner) {
        return with(options -> options.runner = Objects.requireNonNull(graphRunner, "graphRunner"));
    }

    /**
     * Runs the finished model with ONNX Runtime, or another {@link GraphRunner} that {@link java.util.ServiceLoader}
     * finds.
     *
     * @throws IllegalStateException if there is none on the class path
     */
    public ExportOptions withCheck() {
        return withCheck(GraphRunner.installed()
                .orElseThrow(() -> new IllegalStateException("withCheck() found no runtime on the class path; add the "
                        + "dependency com.microsoft.onnxruntime:onnxruntime, or pass a GraphRunner")));
    }

    /**
     * Sets the maximum difference d between the model's output y and the block's r: d &lt;= max * max(1, |r|). For an
     * output of float16, max is at least two units of the last place, 2^-9. Integers and booleans must be equal.
     */
    public ExportOptions withTolerance(double max) {
        require(max >= 0, "expected a tolerance of at least 0, found " + max);
        return with(options -> options.tolerance = max);
    }

    /** Sets the statistics that batch normalisations use. */
    public ExportOptions withStatistics(Statistics choice) {
        return with(options -> options.statistics = Objects.requireNonNull(choice, "choice"));
    }

    /**
     * Sets the size above which a model's weights go into a separate file next to the model.
     *
     * @param bytes 0 to 2,000,000,000; a single ONNX file cannot be larger than 2 GiB
     */
    public ExportOptions withExternalDataAbove(long bytes) {
        require(
                bytes >= 0 && bytes <= MAX_FILE_BYTES,
                "expected a limit of 0 to " + MAX_FILE_BYTES + " bytes for weights in the model's file, found "
                        + bytes);
        return with(options -> options.externalDataAbove = bytes);
    }

    /**
     * Writes {@code erf()} of float32 out in operators that every runtime rounds alike, because some runtimes' Erf has
     * only five or six digits. This takes about twenty nodes and is within 9e-8 of the true value.
     */
    public ExportOptions withErfWrittenOut() {
        return with(options -> options.writesErfOut = true);
    }

    /**
     * Writes blocks that repeat, such as the layers of a transformer, once: as functions of the model. Their nodes then
     * appear in the graph as one call per block. ONNX Runtime puts the nodes back in when it loads the model; some
     * other runtimes take no functions. Needs IR version 8 or newer.
     */
    public ExportOptions withFunctions() {
        return with(options -> options.writesFunctions = true);
    }

    /**
     * Sets how much is spent on the search for sizes at which the block computes differently than at the small sizes at
     * which it is traced: the number of operations that are recorded there, 10,000 by default, some 0.1 seconds. The
     * sizes that the search covers are the model's {@linkplain OnnxModel#proven proven sizes}; with more, it covers
     * more of the sizes in between. An operation that has to be computed on large arrays counts several times.
     *
     * @param operations at least 0
     */
    public ExportOptions withProbeBudget(long operations) {
        require(operations >= 0, "expected a budget of at least 0 operations, found " + operations);
        return with(options -> options.probeBudget = operations);
    }

    private ExportOptions with(Consumer<ExportOptions> change) {
        ExportOptions options = new ExportOptions(this);
        change.accept(options);
        return options;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    public int opset() {
        return opset;
    }

    public int irVersion() {
        return irVersion;
    }

    public String graphName() {
        return graphName;
    }

    public long modelVersion() {
        return modelVersion;
    }

    public SortedMap<String, String> metadata() {
        return metadata;
    }

    public Map<String, SamplingPlan.Limit> limits() {
        return limits;
    }

    public Map<String, Sampler.Range> ranges() {
        return ranges;
    }

    public Optional<GraphRunner> runner() {
        return Optional.ofNullable(runner);
    }

    public double tolerance() {
        return tolerance;
    }

    public Statistics statistics() {
        return statistics;
    }

    public long externalDataAbove() {
        return externalDataAbove;
    }

    public long probeBudget() {
        return probeBudget;
    }

    boolean writesErfOut() {
        return writesErfOut;
    }

    boolean writesFunctions() {
        return writesFunctions;
    }
}
