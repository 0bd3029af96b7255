package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import io.kanerva.exporter.trace.InputSpec;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Operators of opset 23 for what a block computes in several operations; every graph is compared with its block. */
class PatternsTest {
    private static final NDArray WEIGHTS = NDManager.newBaseManager().create(new float[] {1, -0.5f, 2, 0.25f, 3, 1.5f});

    private static OnnxModel export(Block block, int opset, InputSpec... inputs) {
        return OnnxExporter.export(
                block,
                List.of(inputs),
                List.of("y"),
                Exports.CHECKED.withOpset(opset).withDimensionLimit("T", 2, 12));
    }

    private static NDArray power(NDArray x) {
        return x.square().mean(new int[] {-1}, true).add(1e-6f);
    }

    @TestFactory
    Stream<DynamicTest> aRootMeanSquareNormalisationIsOneNode() {
        return Stream.<UnaryOperator<NDArray>>of(
                        x -> x.div(power(x).sqrt()).mul(WEIGHTS),
                        x -> WEIGHTS.mul(x.mul(power(x).sqrt().pow(-1))),
                        x -> x.mul(power(x).pow(-0.5)).mul(WEIGHTS),
                        x -> x.div(x.pow(2).mean(new int[] {2}, true).add(1e-6f).sqrt())
                                .mul(WEIGHTS))
                .map(function -> DynamicTest.dynamicTest(
                        "form",
                        () -> assertThat(
                                        operators(export(LambdaBlock.singleton(function), 23, input("x", "N", "T", 6))))
                                .containsExactly("RMSNormalization")));
    }

    @Test
    void otherNormalisationsAndOlderOpsetsStayAsTheyAre() {
        Block block = LambdaBlock.singleton(x -> x.div(power(x).sqrt()).mul(WEIGHTS));
        assertThat(operators(export(block, 22, input("x", "T", 6)))).doesNotContain("RMSNormalization");
        Block overRows = LambdaBlock.singleton(
                x -> x.div(x.square().mean(new int[] {0}, true).add(1e-6f).sqrt()));
        assertThat(operators(export(overRows, 23, input("x", "T", 6)))).doesNotContain("RMSNormalization");
        Block ofAnother = LambdaBlock.singleton(x -> x.div(power(x.add(1)).sqrt()));
        assertThat(operators(export(ofAnother, 23, input("x", "T", 6)))).doesNotContain("RMSNormalization");
    }

    private static OnnxModel attention(int opset, Function<NDList, NDArray> function) {
        return export(
                new LambdaBlock(list -> new NDList(function.apply(list))),
                opset,
                input("q", "N", 2, "T", 4),
                input("k", "N", 2, "S", 4),
                input("v", "N", 2, "S", 3),
                input("mask", "N", 1, "T", "S"));
    }

    private static NDArray scores(NDList in) {
        return in.get(0).matMul(in.get(1).transpose(0, 1, 3, 2));
    }

    @TestFactory
    Stream<DynamicTest> anAttentionOfFourDimensionsIsOneNode() {
        return Stream.<Function<NDList, NDArray>>of(
                        in -> scores(in)
                                .div(2)
                                .softmax(-1)
                                .matMul(in.get(2))
                                .add(in.get(3).mean()),
                        in -> scores(in).mul(0.3).add(in.get(3)).softmax(-1).matMul(in.get(2)),
                        in -> in.get(3).add(scores(in)).softmax(3).matMul(in.get(2)))
                .map(function -> DynamicTest.dynamicTest("form", () -> {
                    assertThat(operators(attention(23, function)))
                            .contains("Attention")
                            .doesNotContain("Softmax", "MatMul", "Transpose");
                    assertThat(operators(attention(22, function))).contains("Softmax");
                }));
    }

    @Test
    void keysThatAreBroadcastStayAProduct() {
        OnnxModel model = attention(
                23,
                in -> in.get(0)
                        .matMul(in.get(1).get("0:1").transpose(0, 1, 3, 2))
                        .softmax(-1)
                        .matMul(in.get(2).get("0:1"))
                        .add(in.get(3).mean()));
        assertThat(operators(model)).contains("Softmax").doesNotContain("Attention");
    }

    @Test
    void djlsOwnAttentionIsOneNodeToo() {
        Block block = ScaledDotProductAttentionBlock.builder()
                .setEmbeddingSize(8)
                .setHeadCount(2)
                .optAttentionProbsDropoutProb(0)
                .build();
        Exports.initialised(block, 2, 5, 8);
        assertThat(operators(export(block, 23, input("x", "N", "T", 8)))).contains("Attention");
    }
}
