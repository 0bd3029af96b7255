package io.kanerva.conformance.check;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.MapProto;
import io.kanerva.onnx.proto.OptionalProto;
import io.kanerva.onnx.proto.SequenceProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TypeProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/** One made-up input: a tensor of any element type, or a sequence, a map or an optional of such tensors. */
final class MadeUpValue {
    /** Of a sequence or a map. */
    private static final int ELEMENTS = 3;

    /** ONNX's numbers for what a sequence or an optional holds. */
    private static final int TENSOR = 1;

    private static final int SEQUENCE = 3;
    private static final int MAP = 4;

    private static final List<String> WORDS = List.of("", "a", "word", "two words", "Großes Ä", "日本", "0", "-1.5");

    private final Random random;
    private final DoubleSupplier numbers;
    private final long[] shape;

    /**
     * @param numbers for numeric element types
     * @param shape of each tensor
     */
    MadeUpValue(Random random, DoubleSupplier numbers, long... shape) {
        this.random = random;
        this.numbers = numbers;
        this.shape = shape;
    }

    /** The type of the tensors that a value consists of; one without an element type if it has others or none. */
    static TypeProto.Tensor leaf(TypeProto type) {
        return switch (type.getValueCase()) {
            case TENSOR_TYPE -> type.getTensorType();
            case SEQUENCE_TYPE -> leaf(type.getSequenceType().getElemType());
            case OPTIONAL_TYPE -> leaf(type.getOptionalType().getElemType());
            case MAP_TYPE -> leaf(type.getMapType().getValueType());
            default -> TypeProto.Tensor.getDefaultInstance();
        };
    }

    /** The kind of a value that cannot be made up. */
    static String describe(TypeProto type, int element) {
        return switch (type.getValueCase()) {
            case SPARSE_TENSOR_TYPE -> "a sparse tensor";
            case VALUE_NOT_SET -> "none";
            default -> "element type " + element;
        };
    }

    /** The value, in the form of the ONNX project's test data. */
    MessageLite of(TypeProto type, String name) {
        return switch (type.getValueCase()) {
            case SEQUENCE_TYPE -> sequence(type.getSequenceType().getElemType(), name);
            case MAP_TYPE -> map(type.getMapType(), name);
            case OPTIONAL_TYPE -> optional(type.getOptionalType().getElemType(), name);
            default ->
                tensor(type.getTensorType().getElemType(), shape).named(name).toProto();
        };
    }

    private SequenceProto sequence(TypeProto element, String name) {
        SequenceProto.Builder sequence = SequenceProto.newBuilder().setName(name);
        for (int i = 0; i < ELEMENTS; i++) {
            MessageLite one = of(element, "");
            if (one instanceof TensorProto tensor) {
                sequence.setElemType(TENSOR).addTensorValues(tensor);
            } else if (one instanceof SequenceProto inner) {
                sequence.setElemType(SEQUENCE).addSequenceValues(inner);
            } else if (one instanceof MapProto map) {
                sequence.setElemType(MAP).addMapValues(map);
            }
        }
        return sequence.build();
    }

    /** A map, whose values are of one element each. */
    private MapProto map(TypeProto.Map type, String name) {
        MapProto.Builder map = MapProto.newBuilder().setName(name).setKeyType(type.getKeyType());
        SequenceProto.Builder values = SequenceProto.newBuilder();
        int element = leaf(type.getValueType()).getElemType();
        for (int i = 0; i < ELEMENTS; i++) {
            if (type.getKeyType() == ElementType.STRING.number()) {
                map.addStringKeys(ByteString.copyFromUtf8(WORDS.get(i + 1)));
            } else {
                map.addKeys(i);
            }
            values.setElemType(TENSOR).addTensorValues(tensor(element).toProto());
        }
        return map.setValues(values).build();
    }

    private OptionalProto optional(TypeProto element, String name) {
        OptionalProto.Builder optional = OptionalProto.newBuilder().setName(name);
        MessageLite value = of(element, name);
        if (value instanceof SequenceProto sequence) {
            optional.setElemType(SEQUENCE).setSequenceValue(sequence);
        } else if (value instanceof TensorProto tensor) {
            optional.setElemType(TENSOR).setTensorValue(tensor);
        }
        return optional.build();
    }

    private Tensor tensor(int element, long... shape) {
        ElementType type = ElementType.of(element).orElseThrow();
        int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        if (type == ElementType.STRING) {
            List<ByteString> words = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                words.add(ByteString.copyFromUtf8(WORDS.get(random.nextInt(WORDS.size()))));
            }
            return Tensor.of(words, shape);
        }
        if (type.isNumeric()) {
            return Tensor.of(type, numbers, shape);
        }
        ByteBuffer bytes =
                ByteBuffer.allocate(Math.toIntExact(type.bytes(count))).order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case COMPLEX64 -> {
                for (int i = 0; i < 2 * count; i++) {
                    bytes.putFloat((float) numbers.getAsDouble());
                }
            }
            case COMPLEX128 -> {
                for (int i = 0; i < 2 * count; i++) {
                    bytes.putDouble(numbers.getAsDouble());
                }
            }
            case FLOAT8E4M3FN -> bytes.put(eightBits(count, 0x80, 5, 3));
            case FLOAT8E4M3FNUZ -> bytes.put(eightBits(count, 0x80, 6, 3));
            case FLOAT8E5M2 -> bytes.put(eightBits(count, 0x80, 13, 2));
            case FLOAT8E5M2FNUZ -> bytes.put(eightBits(count, 0x80, 14, 2));
            case FLOAT8E8M0 -> bytes.put(eightBits(count, 0, 125, 0));
            default -> bytes.put(packed(type, count)); // any bits are a number in types of less than a byte
        }
        return Tensor.over(type, bytes.flip(), shape);
    }

    /** Numbers between 1/4 and 4, and below 0 where there is a sign: any mantissa, and one of four exponents. */
    private byte[] eightBits(int count, int sign, int exponent, int mantissaBits) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            int magnitude = (exponent + random.nextInt(4)) << mantissaBits | random.nextInt(1 << mantissaBits);
            bytes[i] = (byte) ((random.nextBoolean() ? sign : 0) | magnitude);
        }
        return bytes;
    }

    /** Random bits, with zeros after the last element. */
    private byte[] packed(ElementType type, int count) {
        byte[] bytes = new byte[Math.toIntExact(type.bytes(count))];
        random.nextBytes(bytes);
        int bits = (int) type.bytes(8);
        int rest = count % (8 / bits);
        if (rest > 0) {
            bytes[bytes.length - 1] &= (byte) ((1 << rest * bits) - 1);
        }
        return bytes;
    }
}
