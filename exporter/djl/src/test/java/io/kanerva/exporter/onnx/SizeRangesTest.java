package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static io.kanerva.exporter.onnx.Exports.requireAgreement;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.SamplingPlan.Limit;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Blocks that compute something else from a size on, which become graphs that do so, too. */
@Tag("long")
class SizeRangesTest {
    private static final InputSpec X = input("x", "N", "T");
    private static final ExportOptions OPTIONS = ExportOptions.defaults().withCheck();

    private static long length(NDArray x) {
        return x.getShape().get(1);
    }

    private static OnnxModel export(Block block, InputSpec input, ExportOptions options) {
        return OnnxExporter.export(block, List.of(input), List.of("y"), options);
    }

    private static OnnxModel export(Function<NDArray, NDArray> function) {
        return export(LambdaBlock.singleton(function), X, OPTIONS);
    }

    /** Compares the graph with the engine at lengths on both sides of each change. */
    private static void requireAgreementAt(OnnxModel model, Function<NDArray, NDArray> function, int... lengths) {
        for (int length : lengths) {
            requireAgreement(model, function, numbers(3 * length), 3, length);
        }
    }

    private static float[] numbers(int count) {
        Random random = new Random(5);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    private static long ifs(OnnxModel model) {
        return model.toText().lines().filter(line -> line.contains(" = If(")).count();
    }

    @Test
    void theSmallerOfASizeAndANumberIsAFormula() {
        Function<NDArray, NDArray> function = x -> x.get(":, :" + Math.min(length(x), 128));
        OnnxModel model = export(function);
        assertThat(operators(model)).doesNotContain("If");
        assertThat(model.proven().ranges()).containsEntry("T", new Limit(1, 2048));
        requireAgreementAt(model, function, 1, 127, 128, 129, 500);
    }

    @Test
    void theLargerOfASizeAndANumberAndBothAreFormulas() {
        Function<NDArray, NDArray> largest = x -> x.div(Math.max(length(x), 300));
        requireAgreementAt(export(largest), largest, 2, 299, 300, 301, 700);
        Function<NDArray, NDArray> clamped = x -> x.mul(Math.max(50, Math.min(length(x), 200)));
        OnnxModel model = export(clamped);
        assertThat(operators(model)).doesNotContain("If");
        requireAgreementAt(model, clamped, 1, 49, 50, 51, 199, 200, 201, 400);
    }

    @Test
    void aBranchOnASizeBecomesAnIf() {
        Function<NDArray, NDArray> function = x -> length(x) > 100 ? x.mul(2) : x;
        OnnxModel model = export(function);
        assertThat(ifs(model)).isEqualTo(1);
        assertThat(model.proto()
                        .getGraph()
                        .getOutput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDimList())
                .extracting(dimension -> dimension.getDimParam())
                .containsExactly("N", "T");
        assertThat(model.proven().ranges()).containsEntry("T", new Limit(1, 2048));
        requireAgreementAt(model, function, 1, 100, 101, 300);
    }

    @Test
    void numbersThatChangeWithinTheTracedSizesAreBranches() {
        Function<NDArray, NDArray> threshold = x -> x.mul(length(x) > 5 ? 0.3 : 0.7);
        requireAgreementAt(export(threshold), threshold, 1, 5, 6, 300);
        Function<NDArray, NDArray> parity = x -> x.mul(length(x) % 2 == 0 ? 0.5 : 0.25);
        requireAgreementAt(export(parity), parity, 1, 2, 301);
    }

    @Test
    void twoSizesThatDecideTogetherAreBranchesWithinBranches() {
        Function<NDArray, NDArray> function =
                x -> length(x) > 100 && x.getShape().get(0) > 1 ? x.mul(2) : x;
        requireAgreementAt(export(function), function, 100, 101);
        Function<NDArray, NDArray> both = x -> length(x) > 100 && x.getShape().get(0) > 100 ? x.mul(2) : x;
        OnnxModel model = export(both);
        for (long[] shape : new long[][] {{100, 101}, {101, 100}, {101, 101}, {1, 300}}) {
            float[] values = new float[(int) (shape[0] * shape[1])];
            Arrays.fill(values, 1.5f);
            Exports.requireAgreement(model, both, values, shape);
        }
    }

    @Test
    void numbersThatChangeWithoutAFormulaAreBranchesToo() {
        Function<NDArray, NDArray> function = x -> x.mul(length(x) > 500 ? Math.sqrt(length(x) - 500) : 3);
        OnnxModel model = export(function);
        assertThat(ifs(model)).isEqualTo(1);
        requireAgreementAt(model, function, 2, 500, 501, 700);
    }

    @Test
    void aSingleSizeIsARangeOfItsOwn() {
        Function<NDArray, NDArray> one = x -> length(x) == 1 ? x.repeat(1, 3) : x.sub(x.mean(new int[] {1}, true));
        requireAgreementAt(export(one), one, 1, 2, 40);
        Function<NDArray, NDArray> special = x -> length(x) == 77 ? x.neg() : x.exp();
        OnnxModel model = export(special);
        assertThat(ifs(model)).isEqualTo(2);
        requireAgreementAt(model, special, 2, 76, 77, 78, 200);
    }

    @Test
    void changesAtSmallSizesAreFound() {
        Function<NDArray, NDArray> function = x -> length(x) > 3 ? x.softmax(1) : length(x) > 2 ? x.exp() : x;
        OnnxModel model = export(function);
        assertThat(ifs(model)).isEqualTo(2);
        requireAgreementAt(model, function, 1, 2, 3, 4, 5, 100);
    }

    @Test
    void twoDimensionsMayBothDecide() {
        Function<NDArray, NDArray> function = x -> {
            NDArray y = x.getShape().get(0) > 40 ? x.abs() : x;
            return length(y) > 60 ? y.mul(2) : y;
        };
        OnnxModel model = export(function);
        assertThat(ifs(model)).isEqualTo(3);
        for (int n : new int[] {1, 40, 41, 80}) {
            for (int t : new int[] {1, 60, 61, 90}) {
                requireAgreement(model, function, numbers(n * t), n, t);
            }
        }
    }

    @Test
    void aFormulaMayChangeWhereTwoDimensionsAreLarge() {
        Function<NDArray, NDArray> function =
                x -> x.get(":, :" + Math.min(length(x), Math.max(x.getShape().get(0), 64)));
        OnnxModel model = export(function);
        assertThat(operators(model)).doesNotContain("If");
        for (int n : new int[] {1, 63, 65, 90}) {
            for (int t : new int[] {1, 64, 65, 91, 200}) {
                requireAgreement(model, function, numbers(n * t), n, t);
            }
        }
    }

    @Test
    void aBranchOnARemainderBecomesAnIf() {
        Function<NDArray, NDArray> function = x -> {
            NDArray sorted = x.sort(1);
            NDArray upper = sorted.get(":, {}", length(x) / 2);
            return length(x) % 2 == 1
                    ? upper
                    : upper.add(sorted.get(":, {}", length(x) / 2 - 1)).div(2);
        };
        OnnxModel model = export(function);
        assertThat(ifs(model)).isEqualTo(1);
        assertThat(model.proven().ranges().get("T").min()).isEqualTo(1);
        assertThat(model.proven().ranges().get("T").max()).isGreaterThanOrEqualTo(2048);
        requireAgreementAt(model, function, 1, 2, 3, 4, 65, 300);
    }

    @Test
    void remaindersWithinLimitsAndRangesDecideToo() {
        Function<NDArray, NDArray> function = x -> {
            NDArray y = length(x) > 50 ? x.abs() : x;
            return switch ((int) (length(x) % 3)) {
                case 0 -> y.mul(2);
                case 1 -> y.pad(new Shape(0, 2), 1);
                default -> y.neg();
            };
        };
        OnnxModel model = export(LambdaBlock.singleton(function), X, OPTIONS.withDimensionLimit("T", 5, 80));
        assertThat(model.proven().ranges()).containsEntry("T", new Limit(5, 80));
        requireAgreementAt(model, function, 5, 6, 7, 8, 50, 51, 52, 53, 80);
    }

    @Test
    void remaindersOfTwoDimensionsDecideTogether() {
        Function<NDArray, NDArray> function = x -> {
            NDArray y = x.getShape().get(0) % 2 == 1 ? NDArrays.concat(new NDList(x, x.get("-1:"))) : x;
            return length(x) % 2 == 1 ? y.pad(new Shape(0, 1), 0) : y;
        };
        OnnxModel model = export(function);
        assertThat(ifs(model)).isEqualTo(3);
        for (int n : new int[] {1, 2, 7, 12}) {
            for (int t : new int[] {1, 2, 9, 14}) {
                requireAgreement(model, function, numbers(n * t), n, t);
            }
        }
    }

    /** What only passes its input on computes nothing, but takes memory at large sizes. */
    @Test
    void aBranchWithoutOperationsIsRunAtSizesThatFitIntoMemory() {
        Function<NDArray, NDArray> function =
                x -> x.getShape().get(1) > 50 ? x.mul(x.getShape().get(2) > 60 ? 3 : 2) : x;
        OnnxModel model = export(LambdaBlock.singleton(function), input("x", "N", "H", "W"), OPTIONS);
        for (int h : new int[] {50, 51}) {
            for (int w : new int[] {60, 61}) {
                requireAgreement(model, function, numbers(2 * h * w), 2, h, w);
            }
        }
    }

    @Test
    void chunksWithinALimitBecomeOneBranchEach() {
        Function<NDArray, NDArray> function = x -> {
            NDList chunks = new NDList();
            for (long from = 0; from < length(x); from += 64) {
                chunks.add(x.get(":, " + from + ":" + Math.min(length(x), from + 64))
                        .softmax(1));
            }
            return NDArrays.concat(chunks, 1);
        };
        OnnxModel model = export(LambdaBlock.singleton(function), X, OPTIONS.withDimensionLimit("T", 1, 200));
        assertThat(ifs(model)).isEqualTo(3);
        requireAgreementAt(model, function, 1, 63, 64, 65, 127, 128, 129, 192, 193, 200);
    }

    @Test
    void aParameterThatIsReadAtSomeSizesOnlyBelongsToTheirBranch() {
        Linear small = initialised(Linear.builder().setUnits(3).build(), 1, 4);
        Linear large = Linear.builder().setUnits(3).build();
        large.initialize(NDManager.newBaseManager(), DataType.FLOAT32, new Shape(1, 4));
        Function<NDArray, NDArray> function = x -> {
            Linear chosen = length(x) > 20 ? large : small;
            return chosen.forward(new ParameterStore(x.getManager(), false), new NDList(x), false)
                    .head();
        };
        AbstractBlock block = new AbstractBlock() {
            {
                addChildBlock("small", small);
                addChildBlock("large", large);
            }

            @Override
            protected NDList forwardInternal(
                    ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
                return (length(inputs.head()) > 20 ? large : small).forward(store, inputs, training);
            }

            @Override
            public Shape[] getOutputShapes(Shape[] inputShapes) {
                return inputShapes;
            }
        };
        OnnxModel model = export(block, input("x", "N", "T", 4), ExportOptions.defaults());
        assertThat(ifs(model)).isEqualTo(1);
        for (int length : new int[] {1, 20, 21, 60}) {
            requireAgreement(model, function, numbers(4 * length), 1, length, 4);
        }
    }

    @Test
    void aLoopInOneRangeOnlyStaysALoop() {
        Function<NDArray, NDArray> function = x -> {
            if (length(x) <= 20) {
                return x.cumSum(1);
            }
            NDArray sum = x.get(":, 0");
            for (long t = 1; t < length(x); t++) {
                sum = sum.mul(0.5).add(x.get(":, " + t));
            }
            return sum.expandDims(1);
        };
        OnnxModel model = export(LambdaBlock.singleton(function), X, OPTIONS.withDimensionLimit("T", 1, 60));
        assertThat(ifs(model)).isEqualTo(1);
        requireAgreementAt(model, function, 1, 20, 21, 22, 60);
    }
}
