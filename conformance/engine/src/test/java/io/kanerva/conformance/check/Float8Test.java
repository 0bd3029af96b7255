package io.kanerva.conformance.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.Answer;
import io.kanerva.conformance.runtime.Answer.Outputs;
import io.kanerva.conformance.runtime.JavaRuntime;
import io.kanerva.conformance.runtime.Job;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Float8Test {
    @TempDir
    private Path temporary;

    /** Its Cast reads every pattern of bits. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ"})
    void everyValueIsThatOfOnnxRuntime(ElementType type) throws IOException {
        byte[] bytes = new byte[256];
        for (int i = 0; i < 256; i++) {
            bytes[i] = (byte) i;
        }
        Tensor all = Tensor.ofBytes(type, bytes, 256).named("x");
        Path model =
                Files.write(temporary.resolve("cast.onnx"), cast(all).build().toByteArray());
        Path inputs = Files.createDirectory(temporary.resolve("inputs"));
        Answer answer = JavaRuntime.CPU
                .run(List.of(new Job(model, inputs, false)), done -> {})
                .get(0);
        assertThat(answer).isInstanceOf(Outputs.class);
        assertThat(Float8.of(type).values(all))
                .isEqualTo(((Outputs) answer).output(0).doubles());
    }

    @Test
    void aValueOfEightBitsAgreesWithOneThatWasNotRoundedAndNotWithAnother() {
        Tensor rounded = Tensor.ofBytes(ElementType.FLOAT8E5M2, new byte[] {0x3c, (byte) 0xc1, 0}, 3);
        assertThat(differs(rounded, 1.1f, -2.4f, 0)).isFalse();
        assertThat(differs(rounded, 1.4f, -2.4f, 0)).isTrue();
        assertThat(differs(rounded, 1.1f, 2.4f, 0)).isTrue();
        assertThat(differs(rounded, 1.1f, -2.4f, 0.01f)).isTrue();
    }

    private static boolean differs(Tensor rounded, float... values) {
        Tensor plain = Tensor.of("x", values, values.length);
        boolean differs =
                !Bisection.compared("x", rounded, plain, one -> Tolerance.BITS).within();
        assertThat(Bisection.compared("x", plain, rounded, one -> Tolerance.BITS)
                        .within())
                .isEqualTo(!differs);
        return differs;
    }

    private static ModelProto.Builder cast(Tensor values) {
        ModelProto.Builder model = ModelProto.newBuilder()
                .setIrVersion(9)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(19));
        ValueInfoProto.Builder output = ValueInfoProto.newBuilder().setName("y");
        output.getTypeBuilder().getTensorTypeBuilder().setElemType(ElementType.FLOAT32.number());
        model.getGraphBuilder()
                .setName("g")
                .addInitializer(values.toProto())
                .addOutput(output)
                .addNode(NodeProto.newBuilder()
                        .setOpType("Cast")
                        .addInput("x")
                        .addOutput("y")
                        .addAttribute(AttributeProto.newBuilder()
                                .setName("to")
                                .setType(AttributeType.INT)
                                .setI(ElementType.FLOAT32.number())));
        return model;
    }
}
