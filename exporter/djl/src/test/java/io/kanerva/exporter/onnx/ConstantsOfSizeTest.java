package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.SamplingPlan.Limit;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Constants that Java makes for each size: the graph computes those that it can at any size, and slices tables. */
@Tag("long")
class ConstantsOfSizeTest {
    private static final NDArray TABLE = NDManager.newBaseManager().randomNormal(new Shape(1, 60));

    /** An element from its position. */
    @FunctionalInterface
    private interface Element {
        double at(int row, int column);
    }

    private static int length(NDArray x) {
        return (int) x.getShape().get(1);
    }

    private static NDArray matrix(NDArray x, int rows, int columns, Element element) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) element.at(i / columns, i % columns);
        }
        return x.getManager().create(values, new Shape(rows, columns));
    }

    private static NDArray row(NDArray x, Element element) {
        return matrix(x, 1, length(x), element);
    }

    private static NDArray square(NDArray x, Element element) {
        return matrix(x, length(x), length(x), element);
    }

    private static Arguments constant(String name, UnaryOperator<NDArray> function) {
        return Arguments.of(name, function);
    }

    static Stream<Arguments> constants() {
        return Stream.of(
                constant("ones", x -> x.add(matrix(x, (int) x.getShape().get(0), length(x), (i, j) -> 1))),
                constant("1/T", x -> x.matMul(square(x, (i, j) -> 1f / length(x)))),
                constant("positions", x -> x.add(row(x, (i, j) -> j))),
                constant("positions from the end", x -> x.add(row(x, (i, j) -> length(x) - 1 - j))),
                constant(
                        "integers",
                        x -> x.add(x.getManager()
                                .create(LongStream.range(0, length(x)).toArray()))),
                constant("differences", x -> x.matMul(square(x, (i, j) -> j - i + length(x) - 1))),
                constant("reversed identity", x -> x.matMul(square(x, (i, j) -> i + j == length(x) - 1 ? 1 : 0))),
                constant("i/T", x -> x.mul(row(x, (i, j) -> (float) j / length(x)))),
                constant("(i+0.5)/T", x -> x.mul(row(x, (i, j) -> (j + 0.5) / length(x)))),
                constant(
                        "falling range",
                        x -> x.get(new NDIndex(":, {}", x.getManager().arange(length(x) - 1, -1, -1)))),
                constant("causal mask", x -> x.expandDims(1).add(square(x, (i, j) -> j > i ? -1e9 : 0))),
                constant("identity", x -> x.matMul(square(x, (i, j) -> i == j ? 1 : 0))),
                constant("band", x -> x.matMul(square(x, (i, j) -> Math.abs(i - j) < 3 ? 1 : 0))),
                constant("clipped differences", x -> x.matMul(square(x, (i, j) -> Math.max(-2, Math.min(2, j - i))))),
                constant(
                        "sizes",
                        x -> x.sum(new int[] {0, 1}, true).mul(x.getManager().create(new float[] {
                            length(x), 2, 1f / length(x)
                        }))),
                constant("linspace", x -> x.mul(x.getManager().linspace(1f / length(x), 1f, length(x)))),
                constant("hanning window", x -> x.mul(x.getManager().hanningWindow(length(x)))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("constants")
    void aConstantIsComputedForAnySize(String name, UnaryOperator<NDArray> function) {
        OnnxModel model = Exports.exportFunction(function::apply, input("x", "N", "T"));
        assertThat(model.checks()).isNotEmpty();
    }

    @Test
    void aTableIsSlicedWhereItsEndIsKnown() {
        ExportOptions limited = CHECKED.withDimensionLimit("T", 1, 60);
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(x -> x.add(TABLE.get(":, :{}", length(x)))),
                List.of(input("x", "N", "T")),
                List.of("y"),
                limited);
        assertThat(Exports.operators(model)).contains("Slice");
        assertThat(model.checks()).extracting(check -> check.sizes().get("T")).contains(60L);
        OnnxExporter.export(
                LambdaBlock.singleton(x -> x.add(row(x, (i, j) -> Math.sin(j / 7.0)))),
                List.of(input("x", "N", "T")),
                List.of("y"),
                limited);
    }

    @Test
    void aTableWithoutAnEndGoesUpToTheLargestSizeThatIsProven() {
        Function<NDArray, NDArray> function = x -> x.add(row(x, (i, j) -> Math.sin(j / 7.0)));
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(function),
                List.of(input("x", "N", "T")),
                List.of("y"),
                ExportOptions.defaults().withProbeBudget(2000));
        assertThat(model.proven().ranges()).containsEntry("T", new Limit(1, 2048));
        Exports.requireAgreement(model, function, new float[2048], 1, 2048);
        Exports.requireAgreement(model, function, new float[1200], 2, 600);
    }

    @Test
    void aTableEndsEarlierWhereItWouldBeTooLarge() {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(x -> x.matMul(square(x, (i, j) -> Math.sin(i * j + i)))),
                List.of(input("x", "N", "T")),
                List.of("y"),
                ExportOptions.defaults().withProbeBudget(2000));
        assertThat(model.proven().ranges()).containsEntry("T", new Limit(1, 1024));
        assertThat(model.unproven())
                .anySatisfy(sentence -> assertThat(sentence)
                        .startsWith("T ends at 1024, where a table of Java numbers ends that is in the model"));
    }

    @Test
    void numbersWithoutARuleAreRefused() {
        assertThatThrownBy(() -> OnnxExporter.export(
                        LambdaBlock.singleton(x -> {
                            Random random = new Random(length(x));
                            return x.add(row(x, (i, j) -> random.nextFloat()));
                        }),
                        List.of(input("x", "N", "T")),
                        List.of("y"),
                        CHECKED.withDimensionLimit("T", 1, 60)))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("a constant made from Java numbers has other values or another shape");
    }

    @Test
    void aRealNumberInAFixedShapeIsNotFrozen() {
        Exports.exportFunction(
                x -> x.sum(new int[] {0, 1}, true)
                        .add(x.getManager().full(new Shape(1, 3), 1f / length(x), DataType.FLOAT32)),
                input("x", "N", "T"));
    }
}
