package io.kanerva.exporter.zoo;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.SamplingPlan;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.OrtRunner;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * One network of the zoo at one setting.
 *
 * @param name unique in the zoo
 * @param block makes the network, not initialised
 * @param inputs its inputs
 * @param outputs names of its outputs
 * @param limits smallest and largest sizes of dynamic dimensions that cannot have any size
 * @param ranges of inputs that are not standard normal or 0 and 1
 * @param tolerance largest accepted absolute difference from the block
 */
record ZooNetwork(
        String name,
        Supplier<Block> block,
        List<InputSpec> inputs,
        List<String> outputs,
        Map<String, SamplingPlan.Limit> limits,
        Map<String, Sampler.Range> ranges,
        double tolerance) {
    private static final long SEED = 11;
    private static final int SETTLING_STEPS = 5;
    private static final int SETTLING_SIZE = 4;

    static ZooNetwork of(String name, Supplier<Block> block, InputSpec... inputs) {
        return new ZooNetwork(name, block, List.of(inputs), List.of("y"), Map.of(), Map.of(), 1e-5);
    }

    ZooNetwork giving(String... names) {
        return new ZooNetwork(name, block, inputs, List.of(names), limits, ranges, tolerance);
    }

    ZooNetwork within(String dimension, long smallest, long largest) {
        Map<String, SamplingPlan.Limit> more = new HashMap<>(limits);
        more.put(dimension, new SamplingPlan.Limit(smallest, largest));
        return new ZooNetwork(name, block, inputs, outputs, more, ranges, tolerance);
    }

    ZooNetwork reading(String input, double low, double high) {
        Map<String, Sampler.Range> more = new HashMap<>(ranges);
        more.put(input, new Sampler.Range(low, high));
        return new ZooNetwork(name, block, inputs, outputs, limits, more, tolerance);
    }

    ZooNetwork tolerating(double difference) {
        return new ZooNetwork(name, block, inputs, outputs, limits, ranges, difference);
    }

    /** The network with reproducible random weights, and statistics as if it had been trained. */
    Block initialised(NDManager manager) {
        Engine.getInstance().setRandomSeed((int) SEED);
        Block made = block.get();
        Map<String, Long> sizes = settlingSizes();
        made.initialize(
                manager,
                DataType.FLOAT32,
                inputs.stream().map(input -> input.shapeAt(sizes)).toArray(Shape[]::new));
        settle(made, sizes);
        return made;
    }

    /**
     * Fresh normalisations change nothing, which would hide a mistake in them: they get random scales and shifts, and
     * the statistics of a few batches of noise.
     */
    private void settle(Block made, Map<String, Long> sizes) {
        Random random = new Random(SEED);
        boolean hasStatistics = false;
        for (Parameter parameter : made.getParameters().values()) {
            boolean isScale = parameter.getType() == Parameter.Type.GAMMA;
            if (isScale || parameter.getType() == Parameter.Type.BETA) {
                float[] values = new float[(int) parameter.getArray().size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = isScale ? 0.75f + 0.5f * random.nextFloat() : 0.2f * (float) random.nextGaussian();
                }
                // Copied into the parameter's own memory: set(Buffer) would make it share Java's, by a call that
                // PyTorch warns of.
                try (NDArray source = parameter.getArray().getManager().create(values, parameter.getShape())) {
                    parameter.getArray().set(new NDIndex(":"), source);
                }
            }
            hasStatistics |= parameter.getType() == Parameter.Type.RUNNING_VAR;
        }
        Sampler sampler = new Sampler(ranges);
        for (int step = 0; hasStatistics && step < SETTLING_STEPS; step++) {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDList batch = new NDList();
                for (InputSpec input : inputs) {
                    NDArray array = DjlTensors.toArray(sampler.sample(input, sizes, SEED + step), scope);
                    array.setName(input.name());
                    batch.add(array);
                }
                made.forward(new ParameterStore(scope, false), batch, true);
            }
        }
    }

    private Map<String, Long> settlingSizes() {
        return inputs.stream()
                .flatMap(input -> input.shape().stream())
                .filter(d -> d.isNamed())
                .map(d -> d.name())
                .distinct()
                .collect(Collectors.toMap(
                        d -> d, d -> limits.containsKey(d) ? limits.get(d).max() : SETTLING_SIZE));
    }

    ExportOptions options() {
        ExportOptions options = ExportOptions.defaults()
                .withGraphName(name)
                .withTolerance(tolerance)
                .withCheck(new OrtRunner());
        for (Map.Entry<String, SamplingPlan.Limit> limit : limits.entrySet()) {
            options = options.withDimensionLimit(
                    limit.getKey(), limit.getValue().min(), limit.getValue().max());
        }
        for (Map.Entry<String, Sampler.Range> range : ranges.entrySet()) {
            options = options.withInputRange(
                    range.getKey(), range.getValue().low(), range.getValue().high());
        }
        return options;
    }

    /** Exports the network and compares it with the answers of a runner at sizes that were not traced. */
    OnnxModel export(Block initialised, GraphRunner runner) {
        return OnnxExporter.export(initialised, inputs, outputs, options().withCheck(runner));
    }

    @Override
    public String toString() {
        return name;
    }
}
