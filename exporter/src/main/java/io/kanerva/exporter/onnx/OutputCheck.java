package io.kanerva.exporter.onnx;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.Tensor;
import io.kanerva.exporter.trace.Tracer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compares a model with its block on sizes that were never traced. */
final class OutputCheck {
    private static final long SEED = 2;

    private final Block block;
    private final List<InputSpec> inputs;
    private final List<String> outputNames;
    private final ExportOptions options;

    OutputCheck(Block block, List<InputSpec> inputs, List<String> outputNames, ExportOptions options) {
        this.block = block;
        this.inputs = inputs;
        this.outputNames = outputNames;
        this.options = options;
    }

    /**
     * Runs both and compares every output.
     *
     * @throws ExportException naming output, sizes and both values if a difference is larger than the tolerance
     */
    List<OnnxModel.Check> check(OnnxModel model, Tracer tracer, Sampler sampler) {
        byte[] bytes = model.toBytes();
        List<OnnxModel.Check> checks = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Map<String, Long> sizes : tracer.plan().checks()) {
            Map<String, Tensor> given = new LinkedHashMap<>();
            inputs.forEach(input -> given.put(input.name(), sampler.sample(input, sizes, SEED)));
            try (NDManager manager = NDManager.newBaseManager(tracer.device())) {
                NDList arrays = new NDList();
                given.forEach((name, tensor) -> {
                    NDArray array = tensor.toArray(manager);
                    array.setName(name);
                    arrays.add(array);
                });
                NDList expected = forward(manager, arrays, sizes);
                Map<String, Tensor> found = options.runner().orElseThrow().run(bytes, given);
                for (int i = 0; i < outputNames.size(); i++) {
                    String name = outputNames.get(i);
                    checks.add(compare(name, sizes, Tensor.copyOf(expected.get(i)), found.get(name), problems));
                }
            }
        }
        if (!problems.isEmpty()) {
            throw new ExportException(problems);
        }
        return checks;
    }

    private NDList forward(NDManager manager, NDList arrays, Map<String, Long> sizes) {
        try {
            return block.forward(new ParameterStore(manager, false), arrays, false);
        } catch (RuntimeException e) {
            throw new ExportException(List.of("the block itself fails with " + sizes + " (" + e.getMessage()
                    + "); if such sizes cannot occur, say so with a dimension limit"), e);
        }
    }

    private OnnxModel.Check compare(String name, Map<String, Long> sizes, Tensor expected, Tensor found, List<String> problems) {
        if (!Arrays.equals(expected.shape(), found.shape()) || expected.type() != found.type()) {
            problems.add("output " + name + " with " + sizes + ": the block computes " + expected + ", the model " + found);
            return new OnnxModel.Check(sizes, name, Double.NaN);
        }
        double[] reference = expected.doubles();
        double[] values = found.doubles();
        double largest = 0;
        int worst = -1;
        for (int i = 0; i < values.length; i++) {
            double difference = values[i] == reference[i] || Double.isNaN(values[i]) && Double.isNaN(reference[i]) ? 0
                    : Math.abs(values[i] - reference[i]);
            largest = Math.max(largest, difference);
            if (!(difference <= options.tolerance() * Math.max(1, Math.abs(reference[i]))) && worst < 0) {
                worst = i;
            }
        }
        if (worst >= 0) {
            problems.add("output " + name + " with " + sizes + ": element " + worst + " is " + reference[worst]
                    + " in the block and " + values[worst] + " in the model, more than the tolerance " + options.tolerance()
                    + " apart");
        }
        return new OnnxModel.Check(sizes, name, largest);
    }
}
