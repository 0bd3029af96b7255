package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.requireAgreement;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How many elements a mask selects, and numbers that Java computes from that, are read off them when the graph runs.
 */
class CountedSizesTest {
    private static final InputSpec X = input("x", "N", 3);

    private static Arguments counting(String name, Function<NDArray, NDArray> function) {
        return Arguments.of(name, function);
    }

    private static NDArray positive(NDArray x) {
        return x.booleanMask(x.gt(0));
    }

    static Stream<Arguments> functions() {
        return Stream.of(
                counting(
                        "a mean",
                        x -> positive(x).sum().div(Math.max(1, positive(x).size()))),
                counting("a mean of what was all in the traced values", x -> {
                    NDArray kept = x.booleanMask(x.gt(-6));
                    return kept.sum().div(kept.getShape().get(0) + 1);
                }),
                counting(
                        "through an index", x -> x.sum().div(1 + x.get(x.gt(-6)).size())),
                counting(
                        "columns",
                        x -> x.sum()
                                .div(1
                                        + x.get(":, {}", x.max(new int[] {0}).gt(-6))
                                                .size())),
                counting(
                        "what is not 0",
                        x -> x.round()
                                .nonzero()
                                .add(x.round().nonzero().getShape().get(0))),
                counting(
                        "different elements",
                        x -> x.sum()
                                .div(x.round()
                                        .unique(null, true, false, false)
                                        .get(0)
                                        .size())),
                counting("a share", x -> x.mul((double) positive(x).size() / x.size())),
                counting("a root", x -> x.div(Math.sqrt(1 + positive(x).size()))),
                counting(
                        "a number of Java",
                        x -> x.mul(x.getManager().create((float) positive(x).size()))),
                counting("a shape", x -> {
                    NDArray rows = x.get(x.get(":, 0").gt(0));
                    return rows.reshape(rows.getShape().get(0) * 3);
                }),
                counting(
                        "positions",
                        x -> positive(x)
                                .mul(x.getManager().arange((float) positive(x).size()))),
                counting(
                        "zeros",
                        x -> positive(x).concat(x.getManager().zeros(positive(x).getShape()), 0)),
                counting(
                        "padding",
                        x -> positive(x).pad(new Shape(0, x.size() - positive(x).size()), 0)),
                counting(
                        "a multiple of eight",
                        x -> positive(x).pad(new Shape(0, (8 - positive(x).size() % 8) % 8), 0)),
                counting(
                        "the first half",
                        x -> positive(x).get(":{}", positive(x).size() / 2)),
                counting(
                        "at most three",
                        x -> positive(x)
                                .topK((int) Math.min(3, positive(x).size()), 0)
                                .get(0)),
                counting(
                        "the identity",
                        x -> x.getManager()
                                .eye((int) positive(x).size())
                                .sum(new int[] {0})
                                .mul(positive(x))),
                // Alike in the traced values.
                counting(
                        "two masks",
                        x -> x.add(x.booleanMask(x.gt(-9)).size()
                                - 2 * x.booleanMask(x.gt(-8)).size())),
                counting("what is left of what is left", x -> {
                    NDArray kept = x.booleanMask(x.gt(-1));
                    return x.mul(kept.size()).sub(kept.booleanMask(kept.lt(1)).size());
                }));
    }

    private static float[] numbers(int count, Random random) {
        float[] numbers = new float[count];
        IntStream.range(0, count).forEach(i -> numbers[i] = (float) random.nextGaussian());
        return numbers;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("functions")
    void aNumberMadeOfACountIsComputedInTheGraph(String name, Function<NDArray, NDArray> function) {
        OnnxModel model = exportFunction(function, X);
        Random random = new Random(4);
        for (int n : new int[] {1, 2, 13, 40}) {
            requireAgreement(model, function, numbers(3 * n, random), n, 3);
        }
        requireAgreement(model, function, new float[] {-1, -2, -3, -1, -2, -3}, 2, 3);
        requireAgreement(model, function, new float[] {-8.5f, 2, -20, 4, 5, -8.5f}, 2, 3);
    }

    @Test
    void aChangeAtALargeCountIsFoundToo() {
        Function<NDArray, NDArray> function =
                x -> positive(x).get(":{}", Math.min(100, positive(x).size()));
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(function),
                List.of(input("x", "N")),
                List.of("y"),
                ExportOptions.defaults().withCheck());
        for (int n : new int[] {3, 150, 199, 500}) {
            requireAgreement(model, function, numbers(n, new Random(n)), n);
        }
        assertThatThrownBy(() -> OnnxExporter.export(
                        LambdaBlock.singleton(x -> positive(x).size() > 50 ? x : x.neg()),
                        List.of(input("x", "N")),
                        List.of("y"),
                        ExportOptions.defaults().withCheck()))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("control flow that depends on values cannot be exported");
    }

    static Stream<Function<NDArray, NDArray>> branches() {
        return Stream.of(
                x -> positive(x).size() == 17 ? x : x.neg(),
                x -> positive(x).size() > 10 && positive(x).size() < 13 ? x : x.neg(),
                x -> x.get(x.gt(1)).isEmpty() ? x : x.neg(),
                x -> x.gt(0).nonzero().getShape().get(0) == 9 ? x : x.neg(),
                x -> x.round().unique(null, true, false, false).get(0).size() == 21 ? x : x.neg(),
                x -> x.booleanMask(x.gt(1)).size() > 2 * positive(x).size() - 20 ? x : x.neg(),
                x -> {
                    NDArray kept = positive(x);
                    if (kept.size() > 36) {
                        throw new IllegalArgumentException("too many");
                    }
                    return kept.size() == 33 ? x : x.neg();
                });
    }

    @ParameterizedTest
    @MethodSource("branches")
    void aBranchOnACountIsRefusedWhateverTheTracedValues(Function<NDArray, NDArray> function) {
        assertThatThrownBy(() -> OnnxExporter.export(
                        LambdaBlock.singleton(function),
                        List.of(input("x", 40)),
                        List.of("y"),
                        ExportOptions.defaults()))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("control flow that depends on values cannot be exported");
    }

    static Stream<Function<NDArray, NDArray>> formulas() {
        return Stream.of(
                x -> positive(x).get(":{}", positive(x).size() / 2),
                x -> positive(x).pad(new Shape(0, (8 - positive(x).size() % 8) % 8), 0),
                x -> positive(x).get(":{}", Math.min(10, positive(x).size())),
                x -> x.mul(positive(x).size() / 7));
    }

    /** As a recording for each number of elements shows. */
    @ParameterizedTest
    @MethodSource("formulas")
    void aFormulaInTheCountOfAMaskOfAFixedSizeHoldsForEachCount(Function<NDArray, NDArray> function) {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(function), List.of(input("x", 40)), List.of("y"), ExportOptions.defaults());
        for (int count = 0; count <= 40; count++) {
            float[] numbers = new float[40];
            for (int i = 0; i < 40; i++) {
                numbers[i] = i < count ? 1 + i : -1 - i;
            }
            requireAgreement(model, function, numbers, 40);
        }
        assertThatThrownBy(() -> exportFunction(function, input("x", 40)))
                .hasMessageContaining("that was found to hold for 0 such numbers")
                .hasMessageContaining("withProbeBudget");
    }

    @Test
    void whereTheBlockFailsForACountTheExportSaysSo() {
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(x -> positive(x).max()),
                List.of(input("x", 9)),
                List.of("y"),
                Exports.CHECKED.withProbeBudget(1000));
        assertThat(model.unproven())
                .singleElement()
                .asString()
                .startsWith("where masks select 0 elements, the block fails, so the model was not compared there: ");
    }

    static Stream<Function<NDArray, NDArray>> ambiguous() {
        return Stream.of(
                x -> x.mul(positive(x).size() / 100),
                x -> x.mul(positive(x).size() > 100 ? 2 : 1),
                x -> x.mul(Math.min(300, positive(x).size())),
                x -> x.mul(positive(x).size() % 10),
                x -> x.mul(1 / Math.max(1.0, positive(x).size() / 100)),
                x -> x.mul(Math.sqrt(positive(x).size() / 50)),
                x -> x.mul(1 + positive(x).size() * positive(x).size()),
                x -> x.mul((double) positive(x).size() / x.size()),
                x -> x.mul(Math.sqrt(positive(x).size())));
    }

    /** Inputs of fixed sizes have no other sizes that would tell formulas apart that fit the traced counts. */
    @ParameterizedTest
    @MethodSource("ambiguous")
    void aFormulaForInputsOfFixedSizesIsRightOrRefused(Function<NDArray, NDArray> function) {
        try {
            OnnxModel model = exportFunction(function, input("x", 28, 28));
            for (int above : new int[] {99, 100, 101, 198, 300, 301, 555, 784}) {
                float[] numbers = new float[784];
                IntStream.range(0, 784).forEach(i -> numbers[i] = i < above ? 1 + i : -1 - i);
                requireAgreement(model, function, numbers, 28, 28);
            }
        } catch (ExportException e) {
            assertThat(e).hasMessageContaining("a number that depends on ");
        }
    }

    @Test
    void aSoftmaxOfNoIntegersIsThoseIntegers() {
        OnnxModel model = exportFunction(x -> x.get("0:0").softmax(-1), input("x", DataType.INT64, "N", 3));
        assertThat(model.checks()).isNotEmpty();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray none = manager.create(new long[0], new Shape(0, 3)).softmax(-1);
            assertThat(none.getDataType()).isEqualTo(DataType.INT64);
        }
    }
}
