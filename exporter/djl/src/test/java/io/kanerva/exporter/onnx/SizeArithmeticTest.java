package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers that Java computes from sizes; the graph computes the same ones at sizes far from the traced ones. */
@Tag("long")
class SizeArithmeticTest {
    @TempDir
    private Path folder;

    private static Arguments number(String formula, BiFunction<Long, Long, Number> number) {
        return Arguments.of(formula, (UnaryOperator<NDArray>)
                x -> x.mul(number.apply(x.getShape().get(0), x.getShape().get(1))));
    }

    private static Arguments part(String formula, BiFunction<Long, Long, String> index) {
        return Arguments.of(formula, (UnaryOperator<NDArray>)
                x -> x.get(index.apply(x.getShape().get(0), x.getShape().get(1))));
    }

    private static Arguments padded(String formula, BiFunction<Long, Long, Long> padding) {
        return Arguments.of(formula, (UnaryOperator<NDArray>) x -> x.pad(
                new Shape(0, padding.apply(x.getShape().get(0), x.getShape().get(1))), 0));
    }

    static Stream<Arguments> formulas() {
        return Stream.of(
                number("sqrt(T)", (n, t) -> Math.sqrt(t)),
                number("(float) sqrt(T)", (n, t) -> (float) Math.sqrt(t)),
                number("1 / T", (n, t) -> 1.0 / t),
                number("1 / (float) sqrt(T)", (n, t) -> 1f / (float) Math.sqrt(t)),
                number("log(T + 1)", (n, t) -> Math.log(t + 1)),
                number("log2(T)", (n, t) -> Math.log(t) / Math.log(2)),
                number("floor(log2(T))", (n, t) -> (int) (Math.log(t) / Math.log(2))),
                number("ceil(log2(T))", (n, t) -> Math.ceil(Math.log(t) / Math.log(2))),
                number("T^-0.25", (n, t) -> Math.pow(t, -0.25)),
                number("2^-T", (n, t) -> Math.pow(2, -t)),
                number("1 / (T sqrt(48))", (n, t) -> 1 / (t * Math.sqrt(48))),
                number("1 / (T sqrt(N))", (n, t) -> 1 / (t * Math.sqrt(n))),
                number("(float) T / N", (n, t) -> (float) t / n),
                number("0.1 T", (n, t) -> 0.1 * t),
                number("T / 3.0", (n, t) -> t / 3.0),
                number("0.1 T + 0.5", (n, t) -> 0.1 * t + 0.5),
                number("1 / max(1, T - 1)", (n, t) -> 1.0 / Math.max(1, t - 1)),
                number("T (T - 1) / 2", (n, t) -> t * (t - 1) / 2),
                number("T (T + 1) (2 T + 1) / 6", (n, t) -> t * (t + 1) * (2 * t + 1) / 6),
                number("(T - N) / 2", (n, t) -> (t - n) / 2),
                number("T / N", (n, t) -> t / n),
                number("N T / 2", (n, t) -> n * t / 2),
                number("ceil(T / 4.0)", (n, t) -> Math.ceil(t / 4.0)),
                number("T % 3", (n, t) -> t % 3),
                number("between 3 and 10", (n, t) -> Math.max(3, Math.min(10, t))),
                part("the last 4 steps", (n, t) -> ":, " + Math.max(0, t - 4) + ":"),
                part("the first 4 steps", (n, t) -> ":, :" + Math.min(t, 4)),
                part("(long) sqrt(T) steps", (n, t) -> ":, :" + (long) Math.sqrt(t)),
                part("a power of two", (n, t) -> ":, :" + Long.highestOneBit(t)),
                padded("to a power of two", (n, t) -> (t == 1 ? 1 : 2 * Long.highestOneBit(t - 1)) - t),
                padded("to a multiple of 8", (n, t) -> (8 - t % 8) % 8),
                padded("to a multiple of 7", (n, t) -> (t + 6) / 7 * 7 - t));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("formulas")
    void aNumberMadeOfSizesIsComputedInTheGraph(String formula, UnaryOperator<NDArray> function) throws IOException {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(function::apply), List.of(input("x", "N", "T")), List.of("y"), CHECKED);
        Path file = folder.resolve("model.onnx");
        model.write(file);
        for (long[] shape : new long[][] {{3, 1}, {2, 16}, {7, 41}, {1, 300}}) {
            try (NDManager manager = NDManager.newBaseManager()) {
                NDArray x = manager.arange(1, 1 + shape[0] * shape[1], 1, DataType.FLOAT32)
                        .reshape(shape);
                NDArray expected = function.apply(x);
                Tensor found = new OrtRunner()
                        .run(file, Map.of("x", Tensor.of(x.toFloatArray(), shape)))
                        .get("y");
                assertThat(found.shape()).isEqualTo(expected.getShape().getShape());
                float[] values = expected.toFloatArray();
                for (int i = 0; i < values.length; i++) {
                    assertThat(found.floats()[i]).isCloseTo(values[i], withPercentage(1e-4));
                }
            }
        }
    }

    @Test
    void aNumberInFloat64HasAllItsDigits() {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(x -> x.div(Math.sqrt(x.getShape().get(1)))),
                List.of(input("x", DataType.FLOAT64, "N", "T")),
                List.of("y"),
                CHECKED.withTolerance(1e-15));
        assertThat(Exports.largestDifference(model)).isLessThan(1e-15);
    }

    @Test
    void severalStepsWithOneNumberAgree() {
        Exports.exportFunction(
                x -> {
                    long length = x.getShape().get(1);
                    long side = (long) Math.sqrt(length);
                    return x.get(":, :{}", side * side)
                            .reshape(x.getShape().get(0), side, side)
                            .sum(new int[] {2})
                            .div(side * Math.sqrt(side));
                },
                input("x", "N", "T"));
    }

    @Test
    void aFunctionThatIsNotKnownIsRefusedWithItsPlace() {
        assertThatThrownBy(() -> Exports.exportFunction(
                        x -> x.mul(Long.bitCount(x.getShape().get(1))), input("x", "N", "T")))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining(
                        "mul's other changes with the sizes of the inputs, and no formula for it was found")
                .hasMessageContaining("SizeArithmeticTest.java");
    }

    @Test
    void aStepIsNotTakenForALine() {
        Function<NDArray, NDArray> step = x -> x.mul(x.getShape().get(1) > 7 ? 2 : 1);
        OnnxModel model = Exports.exportFunction(step, input("x", "N", "T"));
        for (int length : new int[] {1, 7, 8, 20}) {
            Exports.requireAgreement(model, step, ones(2 * length), 2, length);
        }
    }

    private static float[] ones(int count) {
        float[] ones = new float[count];
        Arrays.fill(ones, 1);
        return ones;
    }
}
