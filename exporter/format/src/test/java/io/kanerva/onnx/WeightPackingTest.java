package io.kanerva.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.TensorShapeProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class WeightPackingTest {
    private static final int IN = 16;
    private static final int OUT = 8;

    @ParameterizedTest
    @CsvSource({
        "0, 0000",
        "-0.0, 8000",
        "1, 3c00",
        "-2, c000",
        "65504, 7bff",
        "0.1, 2e66",
        "0.33333334, 3555",
        "6.1035156e-5, 0400",
        "6.0975552e-5, 03ff",
        "5.9604645e-8, 0001",
        "2.9802322e-8, 0000",
        "2.9802326e-8, 0001",
        "1e-10, 0000",
        "1.00048828125, 3c00",
        "1.00146484375, 3c02"
    })
    void numbersBecomeTheNearestHalves(float value, String bits) {
        assertThat("%04x".formatted(HalfFloat.of(value) & 0xFFFF)).isEqualTo(bits);
    }

    @Test
    void everyFiniteHalfComesBackFromItsFloat() {
        for (int bits = 0; bits < 0x10000; bits++) {
            if ((bits & 0x7C00) != 0x7C00) {
                assertThat(HalfFloat.of(HalfFloat.toFloat((short) bits))).isEqualTo((short) bits);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightType.class,
            names = {"FLOAT16", "INT8"})
    void aPackedLayerComputesTheSameToItsTypesPrecision(WeightType type) {
        float[] weights = weights(1);
        Tensor input = Tensor.of(random(3 * IN, 2), 3, IN);
        for (ModelProto model : new ModelProto[] {matMul(weights), gemm(weights)}) {
            ModelProto packed = WeightPacking.pack(model, type, Set.of());
            float[] expected = run(model, input);
            float[] found = run(packed, input);
            for (int i = 0; i < expected.length; i++) {
                // Half precision keeps 11 bits; int8 is at most half of a 127th of its channel's largest weight off, 16
                // times.
                double budget = type == WeightType.FLOAT16 ? 16 * 3 * 0x1p-11 : 16 * 3 * 0.5 / 127;
                assertThat((double) found[i]).isCloseTo(expected[i], within(budget));
            }
            assertThat(found).isNotEqualTo(expected);
            assertThat(packed.getGraph().getInitializerList())
                    .filteredOn(tensor -> tensor.getName().startsWith("dense/weight/"))
                    .first()
                    .satisfies(tensor -> assertThat(tensor.getRawData().size())
                            .isEqualTo(IN * OUT * (type == WeightType.INT8 ? 1 : 2)));
            assertThat(packed.getGraph().getInitializerList())
                    .filteredOn(tensor -> tensor.getName().startsWith("constant_"))
                    .hasSize(1)
                    .allSatisfy(tensor -> assertThat(tensor.getDataType()).isEqualTo(ElementType.FLOAT32.number()));
        }
    }

    @Test
    void eachOutputChannelHasAScaleOfItsOwn() {
        float[] weights = weights(3);
        for (int i = 0; i < IN; i++) {
            weights[i * OUT] *= 1000; // one channel of much larger weights must not cost the others their bits
            weights[i * OUT + 1] = 0;
        }
        Tensor input = Tensor.of(random(IN, 4), 1, IN);
        float[] expected = run(matMul(weights), input);
        float[] found = run(WeightPacking.pack(matMul(weights), WeightType.INT8, Set.of()), input);
        for (int channel = 1; channel < OUT; channel++) {
            assertThat(found[channel]).isCloseTo(expected[channel], within(0.2f));
        }
    }

    @Test
    void aWeightThatIsNoHalfOrNoNumberIsNamed() {
        float[] large = weights(5);
        large[7] = 1e6f;
        assertThatThrownBy(() -> WeightPacking.pack(matMul(large), WeightType.FLOAT16, Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight 'dense/weight': expected values of at most 65504.0 for "
                        + "half precision, found 1000000.0");
        large[7] = Float.NaN;
        assertThatThrownBy(() -> WeightPacking.pack(matMul(large), WeightType.INT8, Set.of()))
                .hasMessage("weight 'dense/weight': expected finite values, found NaN");
    }

    @Test
    void float32IsTheModelItself() {
        ModelProto model = matMul(weights(6));
        assertThat(WeightPacking.pack(model, WeightType.FLOAT32, Set.of())).isSameAs(model);
    }

    private static float[] run(ModelProto model, Tensor input) {
        return new OrtRunner()
                .run(model.toByteArray(), Map.of("x", input))
                .get("y")
                .floats();
    }

    /** y = x W + c with W [IN, OUT]. */
    private static ModelProto matMul(float[] weights) {
        return model(
                Tensor.of(weights, IN, OUT),
                NodeProto.newBuilder()
                        .setOpType("MatMul")
                        .addInput("x")
                        .addInput("dense/weight")
                        .addOutput("product")
                        .build());
    }

    /** The same with W transposed. */
    private static ModelProto gemm(float[] weights) {
        float[] transposed = new float[IN * OUT];
        for (int i = 0; i < IN * OUT; i++) {
            transposed[i % OUT * IN + i / OUT] = weights[i];
        }
        AttributeProto rows = AttributeProto.newBuilder()
                .setName("transB")
                .setType(AttributeProto.AttributeType.INT)
                .setI(1)
                .build();
        return model(
                Tensor.of(transposed, OUT, IN),
                NodeProto.newBuilder()
                        .setOpType("Gemm")
                        .addInput("x")
                        .addInput("dense/weight")
                        .addOutput("product")
                        .addAttribute(rows)
                        .build());
    }

    private static ModelProto model(Tensor weight, NodeProto layer) {
        GraphProto graph = GraphProto.newBuilder()
                .setName("layer")
                .addInput(info("x", IN))
                .addOutput(info("y", OUT))
                .addInitializer(weight.named("dense/weight").toProto())
                .addInitializer(
                        Tensor.of("constant_0", random(OUT * IN, 9), IN, OUT).toProto())
                .addNode(layer)
                .addNode(NodeProto.newBuilder()
                        .setOpType("MatMul")
                        .addInput("x")
                        .addInput("constant_0")
                        .addOutput("fixed"))
                .addNode(NodeProto.newBuilder()
                        .setOpType("Add")
                        .addInput("product")
                        .addInput("fixed")
                        .addOutput("y"))
                .build();
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
                .setGraph(graph)
                .build();
    }

    private static ValueInfoProto info(String name, int columns) {
        TensorShapeProto shape = TensorShapeProto.newBuilder()
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"))
                .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(columns))
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape)))
                .build();
    }

    private static float[] weights(long seed) {
        return random(IN * OUT, seed);
    }

    private static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
