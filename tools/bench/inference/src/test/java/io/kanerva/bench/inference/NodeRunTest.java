package io.kanerva.bench.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class NodeRunTest {

    @Test
    void aConvolutionCountsEachOutputInputChannelAndKernelPosition() {
        NodeRun convolution = node(
                "Conv",
                List.of(List.of(64L, 10L, 7L, 7L), List.of(48L, 10L, 3L, 3L), List.of(48L)),
                List.of(64L, 48L, 7L, 7L));

        assertThat(convolution.multiplyAdds()).isEqualTo(64L * 48 * 7 * 7 * 10 * 3 * 3);
        assertThat(convolution.group()).isEqualTo("n: 10 to 48 channels, 3 x 3, onto 7 x 7");
    }

    @Test
    void aGroupedConvolutionCountsTheChannelsOfAGroup() {
        NodeRun depthwise =
                node("Conv", List.of(List.of(1L, 8L, 5L, 5L), List.of(8L, 1L, 3L, 3L)), List.of(1L, 8L, 3L, 3L));

        assertThat(depthwise.multiplyAdds()).isEqualTo(8L * 3 * 3 * 3 * 3);
    }

    @Test
    void aMatrixProductCountsEachOutputAndColumnEvenWithAPackedWeight() {
        assertThat(node("Gemm", List.of(List.of(64L, 32L), List.of(16L)), List.of(64L, 16L))
                        .multiplyAdds())
                .isEqualTo(64 * 16 * 32);
        assertThat(node("MatMul", List.of(List.of(2L, 3L, 4L), List.of(4L, 5L)), List.of(2L, 3L, 5L))
                        .multiplyAdds())
                .isEqualTo(2 * 3 * 5 * 4);
    }

    @Test
    void otherOperatorsCountNothingAndLayoutConversionsAreOneGroup() {
        NodeRun reorder = node("ReorderInput", List.of(List.of(64L, 48L, 7L, 7L)), List.of(64L, 48L, 7L, 7L));

        assertThat(reorder.multiplyAdds()).isZero();
        assertThat(reorder.group())
                .isEqualTo(node("ReorderOutput", List.of(List.of()), List.of()).group());
        assertThat(node("Add", List.of(List.of(), List.of(2L)), List.of(2L)).group())
                .isEqualTo("Add");
    }

    @Test
    void insufficientShapesAreRejected() {
        assertThatThrownBy(() -> node("Conv", List.of(List.of(1L, 8L, 5L, 5L)), List.of(1L, 8L, 3L, 3L))
                        .multiplyAdds())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("node n: expected the shapes of a convolution's input and weight, found [[1, 8, 5, 5]]");
        assertThatThrownBy(() -> node("Gemm", List.of(List.of(32L, 64L)), List.of(64L, 16L))
                        .multiplyAdds())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("found [32, 64]");
    }

    private static NodeRun node(String operator, List<List<Long>> inputs, List<Long> output) {
        return new NodeRun("n", operator, inputs, List.of(output), 1);
    }
}
