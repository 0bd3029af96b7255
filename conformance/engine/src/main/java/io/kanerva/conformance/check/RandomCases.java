package io.kanerva.conformance.check;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.conformance.compare.Precision;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TensorShapeProto.Dimension;
import io.kanerva.onnx.proto.ValueInfoProto;
import io.kanerva.runtime.NormalSampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Fresh inputs for a model whose inputs are float32: standard normal numbers from a seed. */
public final class RandomCases {

    /** A gigabyte of made-up numbers is more than any check is worth. */
    private static final long MOST_VALUES = 1 << 28;

    private RandomCases() {}

    /**
     * Writes the inputs of one case and describes it.
     *
     * @param graph what tables call the model
     * @param sizes of its named dimensions; a dimension without a name is 2
     * @param unit names of inputs that must lie in (0, 1): those numbers go through the logistic function
     * @param scratch where the inputs are written
     * @return empty if an input is not float32, for which normal numbers mean nothing
     * @throws IOException if the model cannot be read or the inputs cannot be written
     */
    public static Optional<Case> make(
            String graph,
            Path model,
            Map<String, Integer> sizes,
            Set<String> unit,
            long seed,
            Optional<Tolerance> tolerance,
            Path scratch)
            throws IOException {
        byte[] bytes = Files.readAllBytes(model);
        List<ValueInfoProto> inputs = inputs(model, bytes);
        if (inputs.stream()
                .anyMatch(input -> input.getType().getTensorType().getElemType() != ElementType.FLOAT32.number())) {
            return Optional.empty();
        }
        NormalSampler sampler = new NormalSampler(seed);
        Path folder = Files.createDirectories(
                scratch.resolve("%s-random-%d".formatted(graph.replaceAll("[^\\w.-]", "_"), seed)));
        List<String> named = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            List<Dimension> dimensions =
                    inputs.get(i).getType().getTensorType().getShape().getDimList();
            int[] shape = shape(model, inputs.get(i).getName(), dimensions, sizes);
            dimensions.stream()
                    .filter(Dimension::hasDimParam)
                    .map(dimension -> dimension.getDimParam() + "=" + size(dimension, sizes))
                    .filter(text -> !named.contains(text))
                    .forEach(named::add);
            float[] values = sampler.tensor(shape).data();
            if (unit.contains(inputs.get(i).getName())) {
                for (int j = 0; j < values.length; j++) {
                    values[j] = (float) (1 / (1 + Math.exp(-values[j])));
                }
            }
            long[] longShape = Arrays.stream(shape).asLongStream().toArray();
            Tensor.of(inputs.get(i).getName(), values, longShape).write(folder.resolve("input_" + i + ".pb"));
        }
        String label = ("random " + seed + " " + String.join(" ", named)).strip();
        return Optional.of(new Case(graph, label, model, Precision.of(bytes), folder, List.of(), tolerance));
    }

    private static List<ValueInfoProto> inputs(Path model, byte[] bytes) throws IOException {
        try {
            ModelProto proto = ModelProto.parseFrom(bytes);
            Set<String> initialised = proto.getGraph().getInitializerList().stream()
                    .map(TensorProto::getName)
                    .collect(Collectors.toSet());
            return proto.getGraph().getInputList().stream()
                    .filter(input -> !initialised.contains(input.getName()))
                    .toList();
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(
                    "%s: expected an ONNX model, found other bytes (%s)".formatted(model, e.getMessage()), e);
        }
    }

    private static int[] shape(Path model, String input, List<Dimension> dimensions, Map<String, Integer> sizes)
            throws IOException {
        long[] shape = dimensions.stream()
                .mapToLong(dimension -> size(dimension, sizes))
                .toArray();
        long values = 1;
        for (long size : shape) {
            values = size < 0 || size > MOST_VALUES || values > MOST_VALUES ? Long.MAX_VALUE : values * size;
        }
        if (values > MOST_VALUES) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "%s: input '%s': expected a shape of at most %,d values to make up, found %s; --vectors gives other inputs",
                    model,
                    input,
                    MOST_VALUES,
                    Arrays.toString(shape)));
        }
        return Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
    }

    private static long size(Dimension dimension, Map<String, Integer> sizes) {
        return dimension.hasDimValue() ? dimension.getDimValue() : sizes.getOrDefault(dimension.getDimParam(), 2);
    }
}
