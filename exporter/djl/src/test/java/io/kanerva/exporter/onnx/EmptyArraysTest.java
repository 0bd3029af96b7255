package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.outside.Comparison;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.reference.SeveralOpinions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Arrays that have no elements at the smallest size, such as all rows but the first one. */
class EmptyArraysTest {
    private static final SeveralOpinions RUNTIME = new SeveralOpinions(1e-5);
    private static final InputSpec INPUT = InputSpec.parse("x:float32[N,6]");

    private static OnnxModel export(UnaryOperator<NDArray> function, ExportOptions options) {
        return OnnxExporter.export(
                LambdaBlock.singleton(function), List.of(INPUT), List.of("y"), options.withProbeBudget(0));
    }

    private static Map<String, Tensor> feeds(long size) {
        return Map.of("x", new Sampler(Map.of()).sample(INPUT, Map.of("N", size), 5));
    }

    @TestFactory
    Stream<DynamicTest> aGraphOfAnEmptyArrayAgreesWithTheEngine() {
        Map<String, UnaryOperator<NDArray>> functions = new LinkedHashMap<>();
        functions.put("reshape to a matrix", x -> x.reshape(-1, 3));
        functions.put("reshape that adds an axis", x -> x.reshape(x.getShape().get(0), 2, 3));
        functions.put(
                "reshape that moves the empty axis",
                x -> x.reshape(2, x.getShape().get(0), 3));
        functions.put("reshape to several empty axes", x -> {
            long rows = x.getShape().get(0);
            return x.reshape(1, rows * 6, 1).matMul(x.reshape(1, 1, rows * 6)).reshape(2, rows * 3, rows * 6);
        });
        functions.put("reshape of the transposed", x -> x.transpose().reshape(x.size(0) * 6));
        functions.put("flatten", NDArray::flatten);
        functions.put("repeat", x -> x.repeat(0, 2));
        functions.put("mean", NDArray::mean);
        functions.put("mean over rows", x -> x.mean(new int[] {0}));
        functions.put("mean over columns", x -> x.mean(new int[] {1}, true));
        functions.put("sum and product", x -> x.sum().add(x.prod()));
        functions.put("sort of each row", x -> x.sort(1));
        functions.put("sort of each column", x -> x.sort(0));
        functions.put("the two largest of each row", x -> x.topK(2, 1).get(1));
        functions.put("diagonals", x -> x.reshape(x.getShape().get(0), 2, 3).diagonal(0, 1, 2));
        return functions.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    UnaryOperator<NDArray> function = x -> entry.getValue().apply(x.get("1:"));
                    OnnxModel model = export(function, ExportOptions.defaults());
                    for (long size : new long[] {1, 4}) {
                        List<Tensor> expected =
                                Comparison.compute(LambdaBlock.singleton(function), List.of(INPUT), feeds(size));
                        assertThat(Comparison.difference(
                                        expected,
                                        List.copyOf(RUNTIME.run(model.toBytes(), feeds(size))
                                                .values()),
                                        1e-5))
                                .isLessThan(1e-5);
                    }
                }));
    }

    @Test
    void theMeanOfNothingIsNotANumber() {
        OnnxModel model = export(x -> x.get("1:").mean(), ExportOptions.defaults());
        assertThat(new OrtRunner().run(model.toBytes(), feeds(1)).get("y").doubles())
                .containsExactly(Double.NaN);
    }

    @Test
    void severalEmptyAxesNeedOpset14UnlessALimitExcludesThem() {
        UnaryOperator<NDArray> function = x -> {
            long rows = x.getShape().get(0) - 1;
            return x.get("1:").matMul(x.get("1:").transpose()).expandDims(1).reshape(1, rows, rows);
        };
        ExportOptions old = ExportOptions.defaults().withOpset(13);
        assertThatThrownBy(() -> export(function, old))
                .hasMessageContaining("reshape cannot be exported: several sizes of the result [1, N-1, N-1] may be 0, "
                        + "which ONNX's Reshape takes from opset 14 on");
        assertThat(export(function, old.withDimensionLimit("N", 2, 9)).toText()).contains("Reshape(");
    }
}
