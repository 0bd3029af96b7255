package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.InputSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interpolation in all modes, types and opsets, to larger and smaller images of fixed and dynamic sizes. */
@Tag("long")
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

    /** From even and odd sizes to larger, smaller and mixed ones; the engine never aligns corners, asked or not. */
    private static NDList sample(NDArray x, int mode) {
        NDArrayEx resizing = x.getNDArrayInternal();
        long height = x.getShape().get(2);
        return new NDList(
                resizing.interpolation(new long[] {3, 3}, mode, true),
                resizing.interpolation(new long[] {5, 18}, mode, false),
                resizing.interpolation(new long[] {2 * height, 27}, mode, true),
                resizing.interpolation(new long[] {2 * height + 1, 4}, mode, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 19, 22, 25})
    void otherOpsetsSayTheSame(int opset) {
        MODES.forEach((type, modes) -> modes.forEach(mode -> {
            OnnxModel fixed = export(x -> sample(x, mode), opset, input("x", type, 2, 1, 6, 9));
            OnnxModel dynamic = export(x -> sample(x, mode), opset, input("x", type, 2, 1, "H", 9));
            assertThat(fixed.checks()).isNotEmpty();
            assertThat(dynamic.checks()).hasSizeGreaterThan(1);
        }));
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
    void whereTheEngineRepeatsTheFirstRowOfAColumnTheGraphDoesToo() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray column = manager.create(new float[] {0, 1, 2, 3}, new Shape(1, 1, 4, 1));
            float[] smaller = resized(column, BILINEAR, 2, 1).toFloatArray();
            assertThat(smaller[0]).isEqualTo(smaller[1]); // The second is 16 / 7.
        }
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64, DataType.UINT8)) {
            for (int mode : new int[] {BILINEAR, BICUBIC}) {
                for (int opset : new int[] {13, 18}) {
                    export(x -> new NDList(resized(x, mode, 3, 1)), opset, input("x", type, "N", 5, "H", 4));
                    OnnxModel halved = export(
                            x -> new NDList(resized(
                                    x,
                                    mode,
                                    x.getShape().get(2) + 2,
                                    (x.getShape().get(3) + 1) / 2)),
                            opset,
                            input("x", type, "N", "C", "H", "W"));
                    assertThat(halved.checks()).anyMatch(check -> check.sizes().get("W") == 1);
                }
                export(
                        x -> new NDList(
                                resized(x.swapAxes(2, 3), mode, 1, 3).swapAxes(2, 3),
                                resized(x, mode, 6, 1),
                                resized(x, mode, 1, 1)),
                        18,
                        input("x", type, 2, 5, 6, 4));
            }
        }
        export(x -> new NDList(resized(x, BILINEAR, 3, 1)), 18, input("x", DataType.UINT8, 2, 4, 6, 5));
        export(x -> new NDList(resized(x, NEAREST, 3, 1), resized(x, AREA, 3, 1)), 18, input("x", 2, 5, 6, 4));
    }

    @Test
    void aWidthThatFallsToOneIsAColumnToo() {
        Function<NDArray, NDArray> thumbnail = x -> resized(
                x,
                BILINEAR,
                8,
                Math.max(1, x.getShape().get(3) * 8 / x.getShape().get(2)));
        ExportOptions options = ExportOptions.defaults()
                .withOpset(18)
                .withDimensionLimit("H", 4, 64)
                .withDimensionLimit("W", 4, 64);
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(thumbnail), List.of(input("x", 1, 1, "H", "W")), List.of("y"), options);
        for (int height : new int[] {5, 31, 63}) {
            float[] values = new float[4 * height];
            for (int i = 0; i < values.length; i++) {
                values[i] = i % 7;
            }
            Exports.requireAgreement(model, thumbnail, values, 1, 1, height, 4);
        }
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
