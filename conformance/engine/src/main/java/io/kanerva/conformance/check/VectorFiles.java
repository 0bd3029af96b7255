package io.kanerva.conformance.check;

import io.kanerva.conformance.runtime.TensorFolder;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.TensorShapeProto.Dimension;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;

/** Whether the files of a test_data_set folder can be what a graph takes and gives. */
final class VectorFiles {
    private VectorFiles() {}

    /**
     * Checks the files' numbers, and the inputs' names, types and sizes.
     *
     * @throws IOException if they cannot be the graph's; the message is one sentence
     */
    static void require(Path set, GraphProto graph) throws IOException {
        List<ValueInfoProto> inputs = Case.inputs(graph);
        int given = requireWithoutGaps(set, TensorFolder.INPUT);
        requireWithoutGaps(set, TensorFolder.OUTPUT);
        if (given > inputs.size()) {
            throw new IOException("%s: expected at most %d inputs, as the model has, found %d files"
                    .formatted(set, inputs.size(), given));
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            ValueInfoProto input = inputs.get(i);
            Path file = set.resolve(TensorFolder.INPUT + i + ".pb");
            if (!input.getType().hasTensorType()) {
                continue; // an optional one may be absent
            }
            if (i >= given) {
                throw new IOException(
                        "%s: expected a file for the model's input '%s', found none".formatted(file, input.getName()));
            }
            Tensor tensor = Tensor.read(file);
            names.add(tensor.name());
            if (!fits(input.getType().getTensorType(), tensor)) {
                throw new IOException("%s: expected %s for the model's input '%s', found %s"
                        .formatted(file, describe(input.getType().getTensorType()), input.getName(), tensor));
            }
        }
        requireOrder(set, "inputs", inputs, names);
        requireOrder(set, "outputs", graph.getOutputList(), names(set, graph.getOutputList()));
    }

    /** The names in the files of a graph's outputs; none if one of these is no tensor. */
    private static List<String> names(Path set, List<ValueInfoProto> outputs) throws IOException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            Path file = set.resolve(TensorFolder.OUTPUT + i + ".pb");
            if (!outputs.get(i).getType().hasTensorType()) {
                return List.of();
            }
            if (Files.exists(file)) {
                names.add(Tensor.read(file).name());
            }
        }
        return names;
    }

    /** The number of files with a prefix, which must be numbered from 0 on. */
    private static int requireWithoutGaps(Path set, String prefix) throws IOException {
        int count;
        try (Stream<Path> files = Files.list(set)) {
            count = (int) files.filter(file -> file.getFileName().toString().matches(prefix + "\\d+\\.pb"))
                    .count();
        }
        for (int i = 0; i < count; i++) {
            if (!Files.exists(set.resolve(prefix + i + ".pb"))) {
                throw new IOException("%s: expected %s0.pb to %s%d.pb, found no %s%d.pb among %d files"
                        .formatted(set, prefix, prefix, count - 1, prefix, i, count));
            }
        }
        return count;
    }

    /** Files whose names are the graph's, in another order, hold other values than their numbers say. */
    private static void requireOrder(Path set, String what, List<ValueInfoProto> declared, Collection<String> found)
            throws IOException {
        List<String> right = declared.stream().map(ValueInfoProto::getName).toList();
        if (found.size() > 1
                && !right.equals(List.copyOf(found))
                && new HashSet<>(right).equals(new HashSet<>(found))) {
            throw new IOException("%s: expected %s in the model's order (%s), found files named %s"
                    .formatted(set, what, String.join(", ", right), String.join(", ", found)));
        }
    }

    private static boolean fits(TypeProto.Tensor type, Tensor tensor) {
        if (type.getElemType() != 0 && type.getElemType() != tensor.type().number()) {
            return false;
        }
        long[] shape = tensor.shape();
        List<Dimension> dimensions = type.getShape().getDimList();
        boolean fits = !type.hasShape() || dimensions.size() == shape.length;
        for (int i = 0; fits && type.hasShape() && i < shape.length; i++) {
            // Some exporters write -1 or 0 for a dimension that is open.
            fits = dimensions.get(i).getDimValue() <= 0 || dimensions.get(i).getDimValue() == shape[i];
        }
        return fits;
    }

    private static String describe(TypeProto.Tensor type) {
        String element = Stream.of(ElementType.values())
                .filter(known -> known.number() == type.getElemType())
                .map(ElementType::toString)
                .findFirst()
                .orElse("any type");
        return type.hasShape()
                ? element
                        + type.getShape().getDimList().stream()
                                .map(one -> one.hasDimParam()
                                        ? one.getDimParam()
                                        : one.getDimValue() > 0 ? Long.toString(one.getDimValue()) : "?")
                                .toList()
                : element;
    }
}
