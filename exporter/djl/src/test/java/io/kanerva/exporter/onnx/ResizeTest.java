package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.InputSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Interpolation in all modes, types and opsets, to larger and smaller images of fixed and dynamic sizes. */
class ResizeTest {
    private static final int NEAREST = 0;
    private static final int BILINEAR = 1;
    private static final int AREA = 2;
    private static final int BICUBIC = 3;
    /** The types that the engine takes. */
    private static final Map<DataType, List<Integer>> MODES = Map.of(
            DataType.FLOAT32, List.of(NEAREST, BILINEAR, AREA, BICUBIC),
            DataType.FLOAT64, List.of(NEAREST, BILINEAR, AREA, BICUBIC),
            DataType.UINT8, List.of(NEAREST, BILINEAR, BICUBIC),
            DataType.FLOAT16, List.of(NEAREST, AREA));

    private static NDArray resized(NDArray x, int mode, long... sizes) {
        return x.getNDArrayInternal().interpolation(sizes, mode, mode == BICUBIC);
    }

    private static OnnxModel export(Function<NDArray, NDList> function, int opset, InputSpec input) {
        ExportOptions options = Exports.CHECKED.withOpset(opset).withTolerance(2e-5);
        return OnnxExporter.export(
                new LambdaBlock(list -> function.apply(list.singletonOrThrow())),
                List.of(input),
                List.of(),
                input.type() == DataType.UINT8 ? options.withInputRange("x", 0, 256) : options);
    }

    private static NDList fixed(NDArray x, int mode) {
        long[][] sizes = {{3, 3}, {4, 5}, {12, 18}, {9, 4}, {1, 1}, {5, 18}, {6, 9}};
        return new NDList(
                Arrays.stream(sizes).map(size -> resized(x, mode, size)).toArray(NDArray[]::new));
    }

    private static NDList dynamic(NDArray x, int mode) {
        long height = x.getShape().get(2);
        long width = x.getShape().get(3);
        return new NDList(
                resized(x, mode, 3, 3),
                resized(x, mode, 7, 11),
                resized(x, mode, 2 * height, 2 * width),
                resized(x, mode, 2 * height, 5),
                resized(x, mode, (height + 1) / 2, width),
                resized(x, mode, width, height));
    }

    @TestFactory
    Stream<DynamicTest> everyModeAndTypeAgreesWithTheEngineInEveryFormOfResize() {
        return Stream.of(13, 18)
                .flatMap(opset -> MODES.entrySet().stream()
                        .flatMap(entry -> entry.getValue().stream()
                                .map(mode -> DynamicTest.dynamicTest(
                                        "%s, mode %d, opset %d".formatted(entry.getKey(), mode, opset), () -> {
                                            export(
                                                    x -> fixed(x, mode),
                                                    opset,
                                                    input("x", entry.getKey(), "N", 2, 6, 9));
                                            export(
                                                    x -> dynamic(x, mode),
                                                    opset,
                                                    input("x", entry.getKey(), "N", 2, "H", "W"));
                                        }))));
    }

    @Test
    void sequencesAndVolumesAreResizedToo() {
        for (int mode : new int[] {NEAREST, AREA}) {
            export(x -> new NDList(resized(x, mode, 4), resized(x, mode, 12)), 13, input("x", "N", 2, "L"));
            export(
                    x -> new NDList(resized(x, mode, 2, 3, 4), resized(x, mode, 4, 6, 10), resized(x, mode, 1, 6, 2)),
                    13,
                    input("x", "N", 2, 4, 3, 5));
        }
    }

    @Test
    void whatResizeSaysIsOneNode() {
        OnnxModel larger = export(
                x -> new NDList(resized(x, BILINEAR, 2 * x.getShape().get(2), 18)), 13, input("x", "N", 2, "H", 9));
        assertThat(operators(larger)).endsWith("Resize").doesNotContain("MatMul");
        OnnxModel smaller = export(x -> new NDList(resized(x, BILINEAR, 3, 3)), 18, input("x", "N", 2, "H", "W"));
        assertThat(smaller.toText()).contains("Resize(").contains("antialias=1").contains("exclude_outside=1");
        OnnxModel repeated = export(x -> new NDList(resized(x, NEAREST, 8, 8)), 13, input("x", "N", 2, 4, 4));
        assertThat(operators(repeated)).containsExactly("Resize");
        OnnxModel mean = export(x -> new NDList(resized(x, AREA, 2, 2)), 13, input("x", "N", 2, 4, 4));
        assertThat(operators(mean)).containsExactly("AveragePool");
    }

    @Test
    void theNearestElementIsTheOneThatTheEnginesRoundingFinds() {
        // In float32, 41 * (1 / 41) is less than 1: the engine repeats the first element 42 times.
        OnnxModel model = export(x -> new NDList(resized(x, NEAREST, 1, 82)), 13, input("x", "N", 1, 1, 2));
        assertThat(operators(model)).containsExactly("Gather");
        export(x -> new NDList(resized(x, NEAREST, 1, 41 * x.getShape().get(3))), 13, input("x", "N", 1, 1, "W"));
    }

    @Test
    void resizeTakesImagesWithChannelsLast() {
        export(
                x -> new NDList(
                        x.getNDArrayInternal().resize(4, 7, BILINEAR),
                        x.getNDArrayInternal().resize(10, 3, BICUBIC),
                        x.get(0).getNDArrayInternal().resize(4, 7, AREA)),
                13,
                input("x", "N", 5, 6, 3));
        export(
                x -> new NDList(x.getNDArrayInternal().resize(4, 7, NEAREST)),
                13,
                input("x", DataType.UINT8, "N", 5, 6, 3));
        assertThatThrownBy(() -> exportFunction(
                        x -> x.getNDArrayInternal().resize(4, 7, BILINEAR), input("x", DataType.UINT8, "N", 5, 6, 3)))
                .hasMessageContaining("resize of a uint8 array by interpolation 1 cannot be exported: it truncates")
                .hasMessageContaining("(in LambdaBlock at ResizeTest");
    }
}
