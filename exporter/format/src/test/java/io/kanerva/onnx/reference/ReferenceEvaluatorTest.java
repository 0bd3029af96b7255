package io.kanerva.onnx.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The evaluator against numbers worked out by hand from the operators' specification. */
class ReferenceEvaluatorTest {
    private static AttributeProto ints(String name, long... values) {
        AttributeProto.Builder attribute =
                AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
        for (long value : values) {
            attribute.addInts(value);
        }
        return attribute.build();
    }

    private static AttributeProto integer(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeType.INT)
                .setI(value)
                .build();
    }

    private static float[] run(String operator, List<AttributeProto> attributes, Tensor... inputs) {
        Map<String, Tensor> given = new TreeMap<>();
        IntStream.range(0, inputs.length).forEach(i -> given.put("x" + i, inputs[i]));
        byte[] model = ModelProto.newBuilder()
                .setGraph(GraphProto.newBuilder()
                        .addNode(NodeProto.newBuilder()
                                .setOpType(operator)
                                .addAllInput(given.keySet())
                                .addOutput("y")
                                .addAllAttribute(attributes))
                        .addOutput(ValueInfoProto.newBuilder().setName("y")))
                .build()
                .toByteArray();
        double[] values = new ReferenceEvaluator().run(model, given).get("y").doubles();
        float[] floats = new float[values.length];
        IntStream.range(0, values.length).forEach(i -> floats[i] = (float) values[i]);
        return floats;
    }

    private static Tensor counting(long... shape) {
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        IntStream.range(0, values.length).forEach(i -> values[i] = i);
        return Tensor.of(values, shape);
    }

    @Test
    void aConvolutionSlidesOverPaddingWithStrides() {
        assertThat(run(
                        "Conv",
                        List.of(ints("pads", 1, 1, 1, 1), ints("strides", 2, 2)),
                        counting(1, 1, 3, 3),
                        Tensor.filled(ElementType.FLOAT32, 1, 1, 1, 3, 3)))
                .containsExactly(8, 12, 20, 24);
    }

    @Test
    void aGroupedConvolutionKeepsGroupsApart() {
        assertThat(run(
                        "Conv",
                        List.of(integer("group", 2)),
                        counting(1, 2, 1, 2),
                        Tensor.of(new float[] {10, 100}, 2, 1, 1, 1)))
                .containsExactly(0, 10, 200, 300);
    }

    @Test
    void poolsTakeWindowsThatAreOnlyBegunIfAsked() {
        assertThat(run("MaxPool", List.of(ints("kernel_shape", 2), ints("strides", 2)), counting(1, 1, 5)))
                .containsExactly(1, 3);
        assertThat(run(
                        "MaxPool",
                        List.of(ints("kernel_shape", 2), ints("strides", 2), integer("ceil_mode", 1)),
                        counting(1, 1, 5)))
                .containsExactly(1, 3, 4);
        assertThat(run("AveragePool", List.of(ints("kernel_shape", 2), ints("pads", 1, 0)), counting(1, 1, 2)))
                .containsExactly(0, 0.5f);
        assertThat(run(
                        "AveragePool",
                        List.of(ints("kernel_shape", 2), ints("pads", 1, 0), integer("count_include_pad", 1)),
                        Tensor.of(new float[] {3, 4}, 1, 1, 2)))
                .containsExactly(1.5f, 3.5f);
    }

    @Test
    void slicesGoBackwardsAndClamp() {
        assertThat(run(
                        "Slice",
                        List.of(),
                        counting(5),
                        Tensor.of(new long[] {-1}, 1),
                        Tensor.of(new long[] {Long.MIN_VALUE}, 1),
                        Tensor.of(new long[] {0}, 1),
                        Tensor.of(new long[] {-2}, 1)))
                .containsExactly(4, 2, 0);
        assertThat(run("Slice", List.of(), counting(5), Tensor.of(new long[] {3}, 1), Tensor.of(new long[] {99}, 1)))
                .containsExactly(3, 4);
    }

    @Test
    void productsBroadcastTheirBatches() {
        assertThat(run("MatMul", List.of(), counting(2, 1, 2), counting(2, 2))).containsExactly(2, 3, 6, 11);
        assertThat(run(
                        "Gemm",
                        List.of(integer("transB", 1)),
                        counting(1, 2),
                        counting(2, 2),
                        Tensor.of(new float[] {5, 7}, 2)))
                .containsExactly(6, 10);
    }

    @Test
    void reductionsAndSortedChoicesFollowTheirAxis() {
        assertThat(run("ReduceMean", List.of(ints("axes", 0), integer("keepdims", 0)), counting(2, 3)))
                .containsExactly(1.5f, 2.5f, 3.5f);
        assertThat(run("CumSum", List.of(integer("reverse", 1)), counting(3), Tensor.of(new long[] {0})))
                .containsExactly(3, 3, 2);
        assertThat(run("TopK", List.of(integer("axis", 0)), counting(3, 2), Tensor.of(new long[] {2}, 1)))
                .containsExactly(4, 5, 2, 3);
        assertThat(run("ArgMax", List.of(integer("axis", 1), integer("keepdims", 0)), counting(2, 3)))
                .containsExactly(2, 2);
        assertThat(run("Softmax", List.of(), Tensor.of(new float[] {0, (float) Math.log(3)}, 1, 2)))
                .containsExactly(0.25f, 0.75f);
        assertThat(run("LogSoftmax", List.of(), Tensor.of(new float[] {0, -2000}, 1, 2)))
                .containsExactly(0, -2000);
    }

    @Test
    void choicesGatherAndPadsPutElementsWhereTheyBelong() {
        assertThat(run("Gather", List.of(integer("axis", 1)), counting(2, 3), Tensor.of(new long[] {-1, 0}, 2)))
                .containsExactly(2, 0, 5, 3);
        assertThat(run("Pad", List.of(), counting(1, 2), Tensor.of(new long[] {0, 1, 1, 0}, 4), Tensor.of(new float[] {9
                })))
                .containsExactly(9, 0, 1, 9, 9, 9);
        assertThat(run("Transpose", List.of(ints("perm", 1, 0)), counting(2, 3)))
                .containsExactly(0, 3, 1, 4, 2, 5);
        assertThat(run(
                        "OneHot",
                        List.of(),
                        Tensor.of(new long[] {1, 0}, 2),
                        Tensor.of(new long[] {3}),
                        Tensor.of(new float[] {0, 1}, 2)))
                .containsExactly(0, 1, 0, 1, 0, 0);
    }
}
