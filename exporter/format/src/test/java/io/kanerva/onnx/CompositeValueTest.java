package io.kanerva.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.kanerva.onnx.proto.MapProto;
import io.kanerva.onnx.proto.OptionalProto;
import io.kanerva.onnx.proto.SequenceProto;
import io.kanerva.onnx.proto.TypeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompositeValueTest {
    private static final TypeProto SEQUENCE = TypeProto.newBuilder()
            .setSequenceType(TypeProto.Sequence.getDefaultInstance())
            .build();
    private static final TypeProto OPTIONAL = TypeProto.newBuilder()
            .setOptionalType(TypeProto.Optional.getDefaultInstance())
            .build();

    @TempDir
    Path temporary;

    @Test
    void aSequenceThatThePythonPackageWroteIsItsElements() throws IOException {
        // onnx 1.22.0: numpy_helper.from_list([numpy.float32([1, 2]), numpy.float32([3])], "y").SerializeToString()
        byte[] bytes = HexFormat.of().parseHex("0a017910011a0e080210014a080000803f000000401a0a080110014a0400004040");
        List<Tensor> parts = CompositeValue.read(Files.write(temporary.resolve("y.pb"), bytes), SEQUENCE, "y");
        assertThat(parts).extracting(Tensor::name).containsExactly("y.size", "y[0]", "y[1]");
        assertThat(parts)
                .containsExactly(
                        Tensor.of(new long[] {2}), Tensor.of(new float[] {1, 2}, 2), Tensor.of(new float[] {3}, 1));
    }

    @Test
    void aMapIsItsKeysInOrderAndTheirValues() throws IOException {
        SequenceProto values = SequenceProto.newBuilder()
                .setElemType(1)
                .addTensorValues(Tensor.of(new float[] {7}).toProto())
                .addTensorValues(Tensor.of(new float[] {5}).toProto())
                .build();
        SequenceProto numbers = SequenceProto.newBuilder()
                .setElemType(4)
                .addMapValues(MapProto.newBuilder()
                        .setKeyType(7)
                        .addKeys(9)
                        .addKeys(-1)
                        .setValues(values))
                .build();
        assertThat(read(numbers, SEQUENCE))
                .containsExactly(
                        Tensor.of(new long[] {1}), Tensor.of(new long[] {-1, 9}, 2), Tensor.of(new float[] {5, 7}, 2));
        SequenceProto words = SequenceProto.newBuilder()
                .addMapValues(MapProto.newBuilder()
                        .addStringKeys(ByteString.copyFromUtf8("b"))
                        .addStringKeys(ByteString.copyFromUtf8("a"))
                        .setValues(values))
                .build();
        List<Tensor> parts = read(words, SEQUENCE);
        assertThat(parts).extracting(Tensor::name).containsExactly("y.size", "y[0].keys", "y[0].values");
        assertThat(parts.get(1).strings()).extracting(ByteString::toStringUtf8).containsExactly("a", "b");
        assertThat(parts.get(2).floats()).containsExactly(5, 7);
    }

    @Test
    void anOptionalIsItsValueOrSaysThatItHasNone() throws IOException {
        Tensor value = Tensor.of(new float[] {1}, 1);
        assertThat(read(
                        OptionalProto.newBuilder()
                                .setElemType(1)
                                .setTensorValue(value.toProto())
                                .build(),
                        OPTIONAL))
                .containsExactly(value);
        assertThat(read(OptionalProto.newBuilder().setElemType(0).build(), OPTIONAL))
                .containsExactly(Tensor.filled(ElementType.BOOL, 0));
    }

    @Test
    void whatIsNoValueOfTheTypeIsRefused() throws IOException {
        Path file = Files.write(temporary.resolve("y.pb"), new byte[] {1, 2, 3});
        assertThatThrownBy(() -> CompositeValue.read(file, SEQUENCE, "y"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("y.pb: expected a value of the model's type, found other bytes");
        SequenceProto odd = SequenceProto.newBuilder()
                .addMapValues(MapProto.newBuilder().addKeys(1))
                .build();
        assertThatThrownBy(() -> read(odd, SEQUENCE)).hasMessageContaining("a map of 1 keys and 0 values");
    }

    private List<Tensor> read(MessageLite message, TypeProto type) throws IOException {
        return CompositeValue.read(Files.write(temporary.resolve("m.pb"), message.toByteArray()), type, "y");
    }
}
