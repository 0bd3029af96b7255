package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.exporter.trace.Tracer;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.TensorShapeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares a model with its block at sizes that were not traced. */
final class OutputCheck {
    private static final long SEED = 2;

    private final List<InputSpec> inputs;
    private final List<String> outputNames;
    private final ExportOptions options;

    OutputCheck(List<InputSpec> inputs, List<String> outputNames, ExportOptions options) {
        this.inputs = inputs;
        this.outputNames = outputNames;
        this.options = options;
    }

    /**
     * Runs both and compares every output.
     *
     * @throws ExportException naming output, sizes and both values if a difference exceeds the tolerance
     */
    List<OnnxModel.Check> check(OnnxModel model, Tracer tracer, Sampler sampler) {
        try {
            Path folder = Files.createTempDirectory("onnx-check");
            try {
                model.write(folder.resolve("model.onnx"));
                return check(folder.resolve("model.onnx"), model, tracer, sampler);
            } finally {
                try (Stream<Path> files = Files.walk(folder)) {
                    files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<OnnxModel.Check> check(Path file, OnnxModel model, Tracer tracer, Sampler sampler) {
        List<OnnxModel.Check> checks = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Map<String, Long> sizes : tracer.runs()) {
            Map<String, Tensor> feeds = sample(sampler, sizes);
            List<Tensor> expected = compute(tracer, feeds, sizes);
            Map<String, Tensor> found;
            try {
                found = options.runner().orElseThrow().run(file, feeds);
            } catch (RuntimeException e) {
                throw new ExportException(List.of("the model fails with " + sizes + " (" + e.getMessage() + ")"));
            }
            for (int i = 0; i < outputNames.size(); i++) {
                String name = outputNames.get(i);
                requireDeclared(model.proto().getGraph().getOutput(i), found.get(name), problems);
                checks.add(compare(name, sizes, expected.get(i), found.get(name), problems));
            }
        }
        if (!problems.isEmpty()) {
            throw new ExportException(problems);
        }
        return checks;
    }

    /** A runtime may return an output of another shape than the model declares, but users rely on the declaration. */
    private static void requireDeclared(ValueInfoProto output, Tensor found, List<String> problems) {
        List<TensorShapeProto.Dimension> declared =
                output.getType().getTensorType().getShape().getDimList();
        long[] shape = found.shape();
        boolean isSame = declared.size() == shape.length;
        for (int i = 0; isSame && i < shape.length; i++) {
            isSame = !declared.get(i).hasDimValue() || declared.get(i).getDimValue() == shape[i];
        }
        if (!isSame) {
            problems.add("output " + output.getName() + " is declared as ["
                    + declared.stream()
                            .map(d -> d.hasDimValue()
                                    ? Long.toString(d.getDimValue())
                                    : d.getDimParam().isEmpty() ? "?" : d.getDimParam())
                            .collect(Collectors.joining(", "))
                    + "], but the model computes " + found);
        }
    }

    private Map<String, Tensor> sample(Sampler sampler, Map<String, Long> sizes) {
        Map<String, Tensor> feeds = new LinkedHashMap<>();
        inputs.forEach(input -> feeds.put(input.name(), sampler.sample(input, sizes, SEED)));
        return feeds;
    }

    private static List<Tensor> compute(Tracer tracer, Map<String, Tensor> feeds, Map<String, Long> sizes) {
        try {
            return tracer.compute(feeds);
        } catch (RuntimeException e) {
            throw new ExportException(
                    List.of("with " + sizes + " the block fails (" + e.getMessage()
                            + "); if such sizes cannot occur, limit them with withDimensionLimit"),
                    e);
        }
    }

    private OnnxModel.Check compare(
            String name, Map<String, Long> sizes, Tensor expected, Tensor found, List<String> problems) {
        if (!Arrays.equals(expected.shape(), found.shape()) || expected.type() != found.type()) {
            problems.add(
                    "output " + name + " with " + sizes + ": the block computes " + expected + ", the model " + found);
            return new OnnxModel.Check(sizes, name, Double.NaN);
        }
        if (expected.type().isNumeric() && !expected.type().isFloat()) {
            return compareExactly(name, sizes, expected, found, problems);
        }
        double tolerance = Math.max(options.tolerance(), 2 * expected.type().precision());
        double[] reference = expected.doubles();
        double[] values = found.doubles();
        double largest = 0;
        int worst = -1;
        for (int i = 0; i < values.length; i++) {
            double difference = values[i] == reference[i] || Double.isNaN(values[i]) && Double.isNaN(reference[i])
                    ? 0
                    : Math.abs(values[i] - reference[i]);
            largest = Math.max(largest, difference);
            boolean isClose = difference == 0 || difference <= tolerance * Math.max(1, Math.abs(reference[i]));
            if (!isClose && worst < 0) {
                worst = i;
            }
        }
        if (worst >= 0) {
            problems.add("output " + name + " with " + sizes + ": element " + worst + " is " + reference[worst]
                    + " in the block and " + values[worst] + " in the model, more than the tolerance "
                    + tolerance
                    + " apart");
        }
        return new OnnxModel.Check(sizes, name, largest);
    }

    /** Integers and booleans, of which no tolerance is fair: 20,001 is not nearly 20,000 where it is an index. */
    private static OnnxModel.Check compareExactly(
            String name, Map<String, Long> sizes, Tensor expected, Tensor found, List<String> problems) {
        List<Object> reference = expected.elements();
        List<Object> values = found.elements();
        double largest = 0;
        for (int i = 0; i < values.size(); i++) {
            if (!values.get(i).equals(reference.get(i))) {
                if (largest == 0) {
                    problems.add("output " + name + " with " + sizes + ": element " + i + " is " + reference.get(i)
                            + " in the block and " + values.get(i) + " in the model, and "
                            + expected.type() + " must be equal");
                }
                boolean areNumbers = values.get(i) instanceof Long;
                double difference = areNumbers ? (double) (long) values.get(i) - (long) reference.get(i) : 1;
                largest = Math.max(largest, Math.max(1, Math.abs(difference)));
            }
        }
        return new OnnxModel.Check(sizes, name, largest);
    }
}
