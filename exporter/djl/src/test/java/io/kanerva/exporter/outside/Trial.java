package io.kanerva.exporter.outside;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.reference.ReferenceEvaluator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Exports a block, runs the graph, and says what became of it. */
final class Trial {
    private static final long SEED = 17;
    /** The reference evaluator is slow: it runs inputs of no more elements than this. */
    private static final long REFERENCE_ELEMENTS = 3_000;

    private static final OrtRunner RUNTIME = new OrtRunner();
    private static final GraphRunner REFERENCE = new ReferenceEvaluator();

    private Trial() {}

    enum Kind {
        AGREES,
        REFUSED,
        WRONG,
        CRASHED
    }

    /**
     * @param text for a refusal, its message; for a fault, what happened
     * @param model if it was exported
     * @param difference largest absolute one between block and ONNX Runtime
     * @param toReference largest absolute one between ONNX Runtime and the reference evaluator
     * @param points at which block and graph were compared
     */
    record Outcome(Kind kind, String text, OnnxModel model, double difference, double toReference, List<Point> points) {
        static Outcome fault(Kind kind, String text) {
            return new Outcome(kind, text, null, 0, 0, List.of());
        }
    }

    /** Inputs and the block's outputs at some sizes. */
    record Point(Map<String, Long> sizes, List<Tensor> inputs, List<Tensor> outputs) {}

    static Outcome of(OutsideBlock outside, ExportOptions defaults) {
        Engine.getInstance().setRandomSeed(11);
        try (NDManager manager = NDManager.newBaseManager()) {
            Block block = outside.block().apply(manager);
            settle(block);
            ExportOptions options = outside.options()
                    .apply(defaults.withGraphName(outside.name())
                            .withTolerance(outside.tolerance())
                            .withCheck(RUNTIME));
            OnnxModel model;
            try {
                model = OnnxExporter.export(block, outside.inputs(), List.of(), options);
            } catch (ExportException e) {
                return Outcome.fault(Kind.REFUSED, String.join("; ", e.problems()));
            } catch (RuntimeException | AssertionError | StackOverflowError e) {
                return Outcome.fault(Kind.CRASHED, e.toString());
            }
            return compare(outside, block, model);
        }
    }

    private static Outcome compare(OutsideBlock outside, Block block, OnnxModel model) {
        byte[] bytes = model.toBytes();
        double largest = 0;
        double toReference = 0;
        List<Point> points = new ArrayList<>();
        for (Map<String, Long> sizes : outside.points()) {
            Map<String, Tensor> feeds = new LinkedHashMap<>();
            Sampler sampler = new Sampler(outside.ranges());
            outside.inputs().forEach(input -> feeds.put(input.name(), sampler.sample(input, sizes, SEED)));
            List<Tensor> expected;
            try {
                expected = Comparison.compute(block, outside.inputs(), feeds);
            } catch (RuntimeException e) {
                return Outcome.fault(Kind.WRONG, "the list of sizes has " + sizes + ", where the block fails: " + e);
            }
            points.add(new Point(sizes, List.copyOf(feeds.values()), expected));
            try {
                List<Tensor> found = List.copyOf(RUNTIME.run(bytes, feeds).values());
                largest = Math.max(largest, Comparison.difference(expected, found, outside.tolerance()));
                if (points.size() <= 2 && elements(feeds) <= REFERENCE_ELEMENTS) {
                    List<Tensor> others =
                            List.copyOf(REFERENCE.run(bytes, feeds).values());
                    toReference = Math.max(toReference, Comparison.difference(others, found, outside.tolerance()));
                }
            } catch (Comparison.Difference e) {
                return Outcome.fault(Kind.WRONG, "at " + sizes + " " + e.getMessage());
            } catch (RuntimeException | AssertionError e) {
                return Outcome.fault(Kind.CRASHED, "at " + sizes + " the graph fails: " + e.getMessage());
            }
        }
        if (points.stream().allMatch(point -> point.outputs().stream().allMatch(Trial::isConstant))) {
            return Outcome.fault(Kind.WRONG, "every output is constant, which shows nothing");
        }
        return new Outcome(Kind.AGREES, "", model, largest, toReference, points);
    }

    private static boolean isConstant(Tensor tensor) {
        return Arrays.stream(tensor.doubles()).distinct().count() < 2 && tensor.size() > 1;
    }

    private static long elements(Map<String, Tensor> feeds) {
        return feeds.values().stream().mapToLong(Tensor::size).sum();
    }

    /** Fresh biases and normalisations change nothing, which would hide a mistake in them. */
    private static void settle(Block block) {
        Random random = new Random(SEED);
        for (Parameter parameter : block.getParameters().values()) {
            boolean isPositive =
                    parameter.getType() == Parameter.Type.RUNNING_VAR || parameter.getType() == Parameter.Type.GAMMA;
            if (isPositive
                    || parameter.getType() == Parameter.Type.BIAS
                    || parameter.getType() == Parameter.Type.BETA
                    || parameter.getType() == Parameter.Type.RUNNING_MEAN) {
                float[] values = new float[(int) parameter.getArray().size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = isPositive ? 0.5f + random.nextFloat() : 0.3f * (float) random.nextGaussian();
                }
                parameter.getArray().set(values);
            }
        }
    }
}
