package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The shape of graphs after the passes; that they still compute the same is checked on every export. */
class PassTest {
    @Test
    void transposesInARowBecomeOne() {
        assertThat(operators(exportFunction(x -> x.transpose(1, 2, 0).transpose(2, 1, 0), input("x", "B", 4, 6))))
                .containsExactly("Transpose");
    }

    @Test
    void transposesThatCancelLeaveNothingBehind() {
        assertThat(operators(exportFunction(
                        x -> x.transpose(1, 2, 0).transpose(2, 0, 1).exp(), input("x", "B", 4, 6))))
                .containsExactly("Exp");
    }

    @Test
    void reshapesInARowBecomeOne() {
        OnnxModel model = exportFunction(
                x -> x.reshape(x.getShape().get(0) * x.getShape().get(1), 6)
                        .reshape(x.getShape().get(0) * x.getShape().get(1), 2, 3),
                input("x", "B", "T", 6));
        assertThat(operators(model)).containsExactly("Reshape");
        assertThat(model.toText()).contains("Reshape(x, [-1, 2, 3])");
    }

    @Test
    void whatIsComputedTwiceIsComputedOnce() {
        assertThat(operators(exportFunction(x -> x.exp().add(x.exp()), input("x", "B", 6))))
                .containsExactly("Exp", "Add");
    }

    @Test
    void whatNoOutputNeedsIsGone() {
        OnnxModel model = exportFunction(
                x -> {
                    x.mul(x.getManager().arange(600f).reshape(100, 6).get(3)).exp();
                    return x.neg();
                },
                input("x", "B", 6));
        assertThat(operators(model)).containsExactly("Neg");
        assertThat(model.proto().getGraph().getInitializerList()).isEmpty();
    }

    @Test
    void operationsOnConstantsAreFolded() {
        OnnxModel model =
                exportFunction(x -> x.add(x.getManager().arange(6f).mul(2).exp().sum()), input("x", "B", 6));
        assertThat(operators(model)).containsExactly("Add");
    }

    @Test
    void anArrayThatIsReturnedTwiceKeepsBothNames() {
        OnnxModel model = OnnxExporter.export(
                new LambdaBlock(list -> {
                    NDArray y = list.singletonOrThrow().exp();
                    return new NDList(y, y, list.singletonOrThrow());
                }),
                List.of(input("x", "B", 6)),
                List.of("a", "b", "c"),
                Exports.CHECKED);
        assertThat(operators(model)).containsExactly("Exp", "Identity", "Identity");
    }
}
