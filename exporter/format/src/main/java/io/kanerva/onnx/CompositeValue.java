package io.kanerva.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.proto.MapProto;
import io.kanerva.onnx.proto.OptionalProto;
import io.kanerva.onnx.proto.SequenceProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TypeProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Takes sequences, maps and optionals apart into named tensors, so that they can be compared element by element. A
 * sequence {@code y} is {@code y.size} (a scalar) and {@code y[0]}, {@code y[1]}, ...; a map is {@code y.keys}, sorted,
 * and {@code y.values} in that order; an optional is its value, or {@code y.present}, which is false.
 */
public final class CompositeValue {
    private CompositeValue() {}

    /** Whether values of a type are anything but one tensor. */
    public static boolean isComposite(TypeProto type) {
        return type.hasSequenceType() || type.hasMapType() || type.hasOptionalType();
    }

    /**
     * Reads a {@code .pb} file, the form of the ONNX project's test data.
     *
     * @param name of the value
     * @throws IOException if the file is unreadable or holds something else
     */
    public static List<Tensor> read(Path file, TypeProto type, String name) throws IOException {
        List<Tensor> tensors = new ArrayList<>();
        byte[] bytes = Files.readAllBytes(file);
        try {
            if (type.hasSequenceType()) {
                add(name, SequenceProto.parseFrom(bytes), tensors);
            } else if (type.hasMapType()) {
                add(name, MapProto.parseFrom(bytes), tensors);
            } else if (type.hasOptionalType()) {
                add(name, OptionalProto.parseFrom(bytes), tensors);
            } else {
                tensors.add(Tensor.of(TensorProto.parseFrom(bytes)).named(name));
            }
        } catch (InvalidProtocolBufferException | IllegalArgumentException | ArithmeticException e) {
            throw new IOException(
                    "%s: expected a value of the model's type, found other bytes (%s)".formatted(file, e.getMessage()),
                    e);
        }
        return tensors;
    }

    private static void add(String name, SequenceProto sequence, List<Tensor> tensors) {
        int size = sequence.getTensorValuesCount() + sequence.getSequenceValuesCount() + sequence.getMapValuesCount();
        tensors.add(size(name, size));
        for (int i = 0; i < size; i++) {
            String element = element(name, i);
            if (sequence.getTensorValuesCount() > 0) {
                tensors.add(Tensor.of(sequence.getTensorValues(i)).named(element));
            } else if (sequence.getSequenceValuesCount() > 0) {
                add(element, sequence.getSequenceValues(i), tensors);
            } else {
                add(element, sequence.getMapValues(i), tensors);
            }
        }
    }

    private static void add(String name, OptionalProto optional, List<Tensor> tensors) {
        if (optional.hasTensorValue()) {
            tensors.add(Tensor.of(optional.getTensorValue()).named(name));
        } else if (optional.hasSequenceValue()) {
            add(name, optional.getSequenceValue(), tensors);
        } else {
            tensors.add(Tensor.filled(ElementType.BOOL, 0).named(name + ".present"));
        }
    }

    private static void add(String name, MapProto map, List<Tensor> tensors) {
        List<Tensor> values =
                map.getValues().getTensorValuesList().stream().map(Tensor::of).toList();
        boolean strings = map.getStringKeysCount() > 0;
        int count = strings ? map.getStringKeysCount() : map.getKeysCount();
        if (values.size() != count) {
            throw new IllegalArgumentException("a map of %d keys and %d values".formatted(count, values.size()));
        }
        List<Integer> order = IntStream.range(0, count)
                .boxed()
                .sorted(
                        strings
                                ? Comparator.comparing(i -> map.getStringKeys(i).toStringUtf8())
                                : Comparator.comparing(map::getKeys))
                .toList();
        tensors.add(keys(
                name,
                strings
                        ? order.stream().map(map::getStringKeys).toList()
                        : order.stream().map(map::getKeys).toList()));
        tensors.add(joined(order.stream().map(values::get).toList()).named(name + ".values"));
    }

    /** The number of elements of a sequence. */
    static Tensor size(String name, int size) {
        return Tensor.filled(ElementType.INT64, size).named(name + ".size");
    }

    /** The name of an element of a sequence. */
    static String element(String name, int index) {
        return name + "[" + index + "]";
    }

    /** The sorted keys of a map, which are long or text. */
    static Tensor keys(String name, List<?> sorted) {
        boolean strings = sorted.stream().anyMatch(key -> key instanceof ByteString);
        return (strings
                        ? Tensor.of(sorted.stream().map(ByteString.class::cast).toList(), sorted.size())
                        : Tensor.of(sorted.stream().mapToLong(key -> (Long) key).toArray(), sorted.size()))
                .named(name + ".keys");
    }

    /** Values of one element each, as one tensor. */
    private static Tensor joined(List<Tensor> values) {
        if (values.isEmpty()) {
            return Tensor.of(new float[0], 0);
        }
        ElementType type = values.get(0).type();
        if (values.stream().anyMatch(value -> value.type() != type || value.size() != 1)) {
            throw new IllegalArgumentException("a map whose values are not of one element each");
        }
        if (type == ElementType.STRING) {
            return Tensor.of(
                    values.stream().map(value -> value.strings().get(0)).toList(), values.size());
        }
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(type.bytes(values.size())));
        values.forEach(value -> bytes.put(value.buffer()));
        return Tensor.over(type, bytes.flip(), values.size());
    }
}
