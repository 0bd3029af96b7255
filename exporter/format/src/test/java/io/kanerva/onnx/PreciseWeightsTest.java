package io.kanerva.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.onnx.PreciseWeights.Sample;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.TypeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PreciseWeightsTest {
    private static final int SIZE = 16;

    private final OrtRunner runner = new OrtRunner();

    @Test
    void theLayerWhoseRoundingTakesTheBudgetIsKeptAndTheOthersAreNot() {
        ModelProto model = sumOfThree(0.1f, 100, 1);
        Sample sample = sample(model);
        assertThat(share(WeightPacking.pack(model, WeightType.FLOAT16, Set.of()), sample))
                .isGreaterThan(1);
        Set<String> kept = PreciseWeights.of(model, List.of(sample), runner, 0.9);
        assertThat(kept).containsExactly("layer1/weight");
        ModelProto packed = WeightPacking.pack(model, WeightType.FLOAT16, kept);
        assertThat(share(packed, sample)).isPositive().isLessThan(1);
        assertThat(packed.getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly("layer0/weight/half", "layer1/weight", "layer2/weight/half");
    }

    @Test
    void nothingIsKeptWhereAllMayBeRounded() {
        ModelProto model = sumOfThree(0.1f, 0.2f, 0.3f);
        assertThat(PreciseWeights.of(model, List.of(sample(model)), runner, 0.9))
                .isEmpty();
    }

    @Test
    void onlyWeightsOfLayersCountAsWeights() {
        assertThat(WeightPacking.weights(sumOfThree(1, 1, 1)))
                .containsExactly("layer0/weight", "layer1/weight", "layer2/weight");
    }

    private Sample sample(ModelProto model) {
        Map<String, Tensor> inputs = Map.of("x", Tensor.of(random(4 * SIZE, 9, 1), 4, SIZE));
        return new Sample(inputs, runner.run(model.toByteArray(), inputs));
    }

    private double share(ModelProto model, Sample sample) {
        return PreciseWeights.share(sample.outputs(), runner.run(model.toByteArray(), sample.inputs()));
    }

    /** y = x A + x B + x C, each matrix of numbers of one size. */
    private static ModelProto sumOfThree(float... sizes) {
        GraphProto.Builder graph =
                GraphProto.newBuilder().setName("sum").addInput(value("x")).addOutput(value("y"));
        for (int i = 0; i < sizes.length; i++) {
            graph.addInitializer(Tensor.of("layer" + i + "/weight", random(SIZE * SIZE, i, sizes[i]), SIZE, SIZE)
                    .toProto());
            graph.addNode(NodeProto.newBuilder()
                    .setOpType("MatMul")
                    .addInput("x")
                    .addInput("layer" + i + "/weight")
                    .addOutput("part" + i));
        }
        graph.addNode(NodeProto.newBuilder()
                .setOpType("Sum")
                .addInput("part0")
                .addInput("part1")
                .addInput("part2")
                .addOutput("y"));
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(graph)
                .build();
    }

    private static ValueInfoProto value(String name) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder().setElemType(ElementType.FLOAT32.number())))
                .build();
    }

    private static float[] random(int count, long seed, float size) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = size * (float) random.nextGaussian();
        }
        return values;
    }
}
