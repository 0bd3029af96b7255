package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.onnx.proto.TensorShapeProto;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sizes behind strides over a dynamic height, width or length are computed in the graph from the inputs' shapes. */
class StridesTest {
    private static final ExportOptions IMAGES =
            CHECKED.withTolerance(1e-4).withDimensionLimit("H", 9, 70).withDimensionLimit("W", 9, 70);

    private static Block convolution(int filters, int kernel, int stride, int padding) {
        return Conv2d.builder()
                .setKernelShape(new Shape(kernel, kernel))
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .setFilters(filters)
                .build();
    }

    private static OnnxModel export(Block block) {
        initialised(block, 2, 3, 24, 27);
        return OnnxExporter.export(block, List.of(input("x", "N", 3, "H", "W")), List.of("y"), IMAGES);
    }

    private static List<String> outputShape(OnnxModel model) {
        return model.proto().getGraph().getOutput(0).getType().getTensorType().getShape().getDimList().stream()
                .map(StridesTest::text)
                .toList();
    }

    private static String text(TensorShapeProto.Dimension dimension) {
        return dimension.hasDimValue() ? Long.toString(dimension.getDimValue()) : dimension.getDimParam();
    }

    @Test
    void anOutputBehindStridesSaysHowLargeItIs() {
        OnnxModel model =
                export(new SequentialBlock().add(convolution(4, 3, 2, 1)).add(convolution(5, 3, 2, 1)));
        assertThat(outputShape(model)).containsExactly("N", "5", "floor((H+3)/4)", "floor((W+3)/4)");
        assertThat(operators(model)).containsExactly("Conv", "Conv");
    }

    @Test
    void patchesOfAnImageOfAnySizeBecomeWordsOfATransformer() {
        OnnxModel model = export(new SequentialBlock()
                .add(convolution(8, 4, 4, 0))
                .addSingleton(x -> x.reshape(
                                x.getShape().get(0),
                                8,
                                x.getShape().get(2) * x.getShape().get(3))
                        .transpose(0, 2, 1))
                .add(new TransformerEncoderBlock(8, 2, 16, 0, Activation::relu)));
        assertThat(outputShape(model)).containsExactly("N", "floor(H/4)*floor(W/4)", "8");
    }

    @Test
    void aProductOfASizeBehindAStrideAndAnotherOneIsFound() {
        OnnxModel model = export(new SequentialBlock()
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(3, 2))
                        .optStride(new Shape(2, 1))
                        .optPadding(new Shape(1, 0))
                        .setFilters(4)
                        .build())
                .addSingleton(x -> x.reshape(
                                x.getShape().get(0),
                                4,
                                x.getShape().get(2) * x.getShape().get(3))
                        .transpose(0, 2, 1)));
        assertThat(outputShape(model)).containsExactly("N", "W*floor((H+1)/2)-1*floor((H+1)/2)", "4");
    }

    @Test
    void whatWasMadeSmallerIsMadeAsLargeAgainAsWhatItJoins() {
        Block down = new SequentialBlock()
                .add(convolution(4, 3, 2, 1))
                .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2), new Shape(0, 0), true));
        Block block = new ParallelBlock(
                parts -> {
                    NDArray large = parts.get(0).singletonOrThrow();
                    long[] size = {large.getShape().get(2), large.getShape().get(3)};
                    NDArray small =
                            parts.get(1).singletonOrThrow().getNDArrayInternal().interpolation(size, 1, false);
                    return new NDList(NDArrays.concat(new NDList(large, small), 1));
                },
                List.of(convolution(2, 3, 1, 1), down));
        assertThat(outputShape(export(block))).containsExactly("N", "6", "H", "W");
    }

    @Test
    void twiceASizeBehindAStrideIsAWholeScale() {
        OnnxModel model = export(new SequentialBlock()
                .add(convolution(4, 3, 2, 1))
                .addSingleton(x -> x.getNDArrayInternal()
                        .interpolation(
                                new long[] {
                                    2 * x.getShape().get(2), 2 * x.getShape().get(3)
                                },
                                1,
                                false)));
        assertThat(outputShape(model)).containsExactly("N", "4", "2*floor((H+1)/2)", "2*floor((W+1)/2)");
        assertThat(operators(model)).containsExactly("Conv", "Resize");
    }

    @Test
    void aWholeScaleIsOneWhereFewSizesAreAllowed() {
        Block block = new SequentialBlock()
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(2, 3))
                        .optStride(new Shape(2, 1))
                        .setFilters(2)
                        .build())
                .addSingleton(x -> x.getNDArrayInternal()
                        .interpolation(
                                new long[] {
                                    2 * x.getShape().get(2), 2 * x.getShape().get(3)
                                },
                                1,
                                false));
        initialised(block, 2, 1, 5, 6);
        OnnxModel model = OnnxExporter.export(
                block,
                List.of(input("x", "N", 1, "H", "W")),
                List.of("y"),
                CHECKED.withDimensionLimit("N", 1, 9)
                        .withDimensionLimit("H", 5, 13)
                        .withDimensionLimit("W", 6, 14));
        assertThat(outputShape(model)).containsExactly("N", "2", "2*floor(H/2)", "2*W-4");
    }

    @Test
    void aSizeThatTheLimitsLeaveNoChoiceIsANumber() {
        Block block = new SequentialBlock()
                .add(convolution(2, 3, 16, 1))
                .addSingleton(x -> x.getNDArrayInternal()
                        .interpolation(
                                new long[] {
                                    2 * x.getShape().get(2), 2 * x.getShape().get(3)
                                },
                                1,
                                false));
        initialised(block, 2, 3, 5, 6);
        OnnxModel model = OnnxExporter.export(
                block,
                List.of(input("x", "N", 3, "H", "W")),
                List.of("y"),
                CHECKED.withDimensionLimit("H", 5, 13).withDimensionLimit("W", 6, 30));
        assertThat(outputShape(model)).containsExactly("N", "2", "2", "2*floor((W+15)/16)");
    }

    @Test
    void windowsThatAreOnlyBegunCountAsTheEngineCountsThem() {
        for (int padding = 0; padding < 2; padding++) {
            Shape pads = new Shape(padding, padding);
            OnnxModel model = export(new SequentialBlock()
                    .add(Pool.maxPool2dBlock(new Shape(3, 2), new Shape(2, 3), pads, true))
                    .addSingleton(x -> x.reshape(
                            x.getShape().get(0),
                            -1,
                            x.getShape().get(2) * x.getShape().get(3))));
            assertThat(outputShape(model)).doesNotContain("").first().isEqualTo("N");
        }
    }

    @Test
    void slicesInStepsHaveKnownSizes() {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(x -> x.get(":, 1::2")
                        .add(x.getManager()
                                .arange((int) (x.getShape().get(1) / 2))
                                .reshape(-1, 1))),
                List.of(input("x", "N", "T", 3)),
                List.of("y"),
                CHECKED.withDimensionLimit("T", 2, 40));
        assertThat(outputShape(model)).containsExactly("N", "floor(T/2)", "3");
    }

    @Test
    void aLengthBehindAStrideScalesAMean() {
        Block block = new SequentialBlock()
                .add(Conv1d.builder()
                        .setKernelShape(new Shape(5))
                        .optStride(new Shape(3))
                        .setFilters(4)
                        .build())
                .addSingleton(x -> x.sum(new int[] {2}).div(x.getShape().get(2)));
        initialised(block, 2, 3, 20);
        OnnxModel model = OnnxExporter.export(
                block, List.of(input("x", "N", 3, "T")), List.of("y"), CHECKED.withDimensionLimit("T", 5, 60));
        assertThat(operators(model)).contains("Shape", "Div");
    }

    @Test
    void theBitsOfASizeAreRefusedWithTheirPlace() {
        assertThatThrownBy(() -> OnnxExporter.export(
                        LambdaBlock.singleton(
                                x -> x.get(":, :{}", Long.bitCount(x.getShape().get(1)))),
                        List.of(input("x", "N", "T")),
                        List.of("y"),
                        CHECKED.withDimensionLimit("T", 2, 60)))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("a number in the index of get ")
                .hasMessageContaining("StridesTest.java");
    }

    @Test
    void withoutARuntimeTheBlockIsRunAtFurtherSizesAllTheSame() {
        assertThatThrownBy(() -> OnnxExporter.export(
                        LambdaBlock.singleton(
                                x -> x.mul(Long.toString(x.getShape().get(0)).hashCode() % 7)),
                        List.of(input("x", "N", 3)),
                        List.of("y"),
                        ExportOptions.defaults()))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("mul's other changes with the sizes of the inputs")
                .hasMessageContaining("StridesTest.java");
    }

    @Test
    void aNumberThatIsTheSameAtTheFirstSizesIsNotFrozen() {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(
                        x -> x.sum(new int[] {0}).mul((x.getShape().get(0) + 4) / 3)),
                List.of(input("x", "N", 6)),
                List.of("y"),
                CHECKED);
        assertThat(operators(model)).contains("Shape", "Div");
    }
}
