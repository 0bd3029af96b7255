package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.norm.GhostBatchNorm;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.SamplingPlan.Limit;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Blocks that compute something else from some size on, far above the sizes at which they are traced. */
@Tag("long")
class LargeSizesTest {
    private static final Pattern REMEDY = Pattern.compile("withDimensionLimit\\(\"(\\w+)\", (\\d+), (\\d+)\\)");
    private static final InputSpec X = input("x", "N", "T");

    private static long length(NDArray x) {
        return x.getShape().get(1);
    }

    private static OnnxModel export(Block block, InputSpec input, ExportOptions options) {
        return OnnxExporter.export(block, List.of(input), List.of("y"), options);
    }

    private static OnnxModel export(Function<NDArray, NDArray> function) {
        return export(LambdaBlock.singleton(function), X, ExportOptions.defaults());
    }

    /** The message of a refusal, whose remedy makes the same block exportable. */
    private static String refusal(Block block, InputSpec input, ExportOptions options) {
        ExportException e = catchThrowableOfType(ExportException.class, () -> export(block, input, options));
        assertThat(e).isNotNull();
        ExportOptions limited = options;
        Matcher remedy = REMEDY.matcher(e.getMessage());
        while (remedy.find()) {
            limited = limited.withDimensionLimit(
                    remedy.group(1), Long.parseLong(remedy.group(2)), Long.parseLong(remedy.group(3)));
        }
        if (limited != options) {
            assertThat(export(block, input, limited).proven().ranges()).containsAllEntriesOf(limited.limits());
        }
        return e.getMessage();
    }

    private static String refusal(Function<NDArray, NDArray> function) {
        return refusal(LambdaBlock.singleton(function), X, ExportOptions.defaults());
    }

    @Test
    void aBlockThatDoesTheSameAtAllSizesIsProvenUpTo2048() {
        OnnxModel model = export(x -> x.softmax(1).mul(2));
        assertThat(model.proven().ranges()).isEqualTo(Map.of("N", new Limit(1, 2048), "T", new Limit(1, 2048)));
        assertThat(model.proven().comparisons()).isGreaterThan(100);
        assertThat(model.proto().getMetadataPropsList())
                .extracting(entry -> entry.getKey() + " " + entry.getValue())
                .containsExactly("proven.N 1..2048", "proven.T 1..2048");
        assertThat(model.unproven()).singleElement().asString().contains("withCheck()");
    }

    @Test
    void withARuntimeTheGraphIsRunAtALargeSizeToo() {
        OnnxModel model = export(
                LambdaBlock.singleton(x -> x.softmax(1).mul(2)),
                X,
                ExportOptions.defaults().withCheck());
        assertThat(model.checks())
                .anySatisfy(check -> assertThat(check.sizes()).containsEntry("T", 2048L))
                .allSatisfy(check -> assertThat(check.largestDifference()).isLessThan(1e-6));
        assertThat(model.unproven()).isEmpty();
    }

    @Test
    void aStatedLimitIsProvenWhollyHoweverLargeItIs() {
        ExportOptions options = ExportOptions.defaults().withDimensionLimit("T", 1, 100_000);
        Block attention = LambdaBlock.singleton(
                x -> x.matMul(x.transpose(0, 2, 1)).softmax(-1).matMul(x));
        InputSpec input = input("x", "N", "T", 8);
        assertThat(export(attention, input, options).proven().ranges()).containsEntry("T", new Limit(1, 100_000));
        Block changing = LambdaBlock.singleton(x -> length(x) > 90_000 ? x.mean(new int[] {2}) : x);
        assertThat(refusal(changing, input, options))
                .contains("T=90001}")
                .contains("withDimensionLimit(\"T\", 1, 90000)");
    }

    @Test
    void aBranchThatNoGraphCanHaveIsRefusedWithItsLineTheSizeAndTheReason() {
        assertThat(refusal(x -> length(x) > 100 ? x.mean(new int[] {1}) : x))
                .contains("the block computes something else with {N=2, T=101} than with {N=2, T=100}")
                .contains("mean runs in addition in LambdaBlock at LargeSizesTest.")
                .contains("output 0 as float32 of rank 2 up to T=100")
                .contains("limit the sizes with withDimensionLimit(\"T\", 1, 100)");
        assertThat(refusal(x -> x.getShape().get(0) >= 1000 ? x.toType(DataType.INT32, false) : x.sqrt()))
                .contains("toType runs in place of sqrt")
                .contains("withDimensionLimit(\"N\", 1, 999)");
    }

    @Test
    void aSingleSizeThatOccursInTheCodeOrInAFieldIsFound() {
        assertThat(refusal(x -> length(x) == 77 ? x.sum(new int[] {0}) : x)).contains("T=77}");
        assertThat(refusal(new Special(new Config(1234)), X, ExportOptions.defaults()))
                .contains("T=1234}");
        assertThat(refusal(x -> switch ((int) length(x)) {
                    case 600, 601 -> x.sum(new int[] {0});
                    default -> x;
                }))
                .contains("T=600}");
    }

    private record Config(int special) {}

    private static final class Special extends AbstractBlock {
        private final Config config;

        private Special(Config config) {
            this.config = config;
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDArray x = inputs.head();
            return new NDList(length(x) == config.special() ? x.sum(new int[] {0}) : x);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return inputShapes;
        }
    }

    @Test
    void moreRangesThanAGraphHoldsAreRefused() {
        assertThat(refusal(LargeSizesTest::softmaxInChunks))
                .contains("there are more than 8 such ranges of sizes")
                .contains("withDimensionLimit(\"T\", 1, 64)");
    }

    private static NDArray softmaxInChunks(NDArray x) {
        NDList chunks = new NDList();
        for (long from = 0; from < length(x); from += 64) {
            chunks.add(
                    x.get(":, " + from + ":" + Math.min(length(x), from + 64)).softmax(1));
        }
        return NDArrays.concat(chunks, 1);
    }

    @Test
    void aBatchNormOfVirtualBatchesIsLimitedToOne() {
        GhostBatchNorm block =
                initialised(GhostBatchNorm.builder().optVirtualBatchSize(32).build(), 64, 8);
        assertThat(refusal(block, input("x", "N", 8), ExportOptions.defaults()))
                .contains("withDimensionLimit(\"N\", 1, 32)");
    }

    @Test
    void aThresholdOfTwoDimensionsIsFound() {
        assertThat(refusal(x -> x.getShape().get(0) * length(x) * length(x) > 8000 ? x.mul(2) : x))
                .contains("withDimensionLimit(\"N\", 1, 20) and withDimensionLimit(\"T\", 1, 20)")
                .contains("LargeSizesTest");
    }

    /** Adds row t of a table of 512 rows to x [N, T, 4]. */
    private static final class Positions extends AbstractBlock {
        private final Parameter table = addParameter(Parameter.builder()
                .setName("table")
                .setType(Parameter.Type.WEIGHT)
                .optShape(new Shape(512, 4))
                .build());

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            NDArray x = inputs.head();
            NDArray rows = store.getValue(table, x.getDevice(), training).get(":" + length(x));
            return new NDList(x.add(rows));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return inputShapes;
        }
    }

    @Test
    void theRangeEndsWhereTheBlockItselfFailsUnlessALimitIsStated() {
        Block table = initialised(new Positions(), 2, 2, 4);
        InputSpec input = input("x", "N", "T", 4);
        OnnxModel model = export(table, input, ExportOptions.defaults());
        assertThat(model.proven().ranges()).containsEntry("T", new Limit(1, 512));
        assertThat(model.unproven())
                .anySatisfy(sentence ->
                        assertThat(sentence).startsWith("T ends at 512, because with {N=2, T=513} the block fails"));
        assertThat(refusal(table, input, ExportOptions.defaults().withDimensionLimit("T", 1, 600)))
                .contains("limit the sizes with withDimensionLimit(\"T\", 1, 512)");
    }

    @Test
    void whereTheBudgetEndsTheProvenRangeEnds() {
        OnnxModel model = export(
                LambdaBlock.singleton(x -> x.mul(2)),
                X,
                ExportOptions.defaults().withProbeBudget(0));
        assertThat(model.proven().ranges().get("T").max()).isLessThan(25);
        assertThat(model.unproven()).anySatisfy(sentence -> assertThat(sentence).contains("budget"));
    }

    @Test
    void theSearchDependsOnNothingButTheBlockAndItsOptions() {
        assertThat(export(x -> x.cumSum(1).abs()).proven())
                .isEqualTo(export(x -> x.cumSum(1).abs()).proven());
    }
}
