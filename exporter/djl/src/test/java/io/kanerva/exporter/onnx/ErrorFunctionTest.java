package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.LambdaBlock;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import java.util.List;
import java.util.Map;
import org.apache.commons.numbers.gamma.Erf;
import org.junit.jupiter.api.Test;

/** erf as ONNX's operator, and written out for graphs that are to give the same on every runtime. */
class ErrorFunctionTest {
    private static OnnxModel export(ExportOptions options, DataType type) {
        return OnnxExporter.export(
                LambdaBlock.singleton(NDArray::erf), List.of(input("x", type, "N")), List.of("y"), options);
    }

    private static float[] run(OnnxModel model, float... x) {
        return new OrtRunner()
                .run(model.toBytes(), Map.of("x", Tensor.of(x, x.length)))
                .get("y")
                .floats();
    }

    @Test
    void writtenOutItIsWithinNineHundredMillionthsEverywhere() {
        OnnxModel model = export(CHECKED.withErfWrittenOut(), DataType.FLOAT32);
        assertThat(operators(model)).doesNotContain("Erf").contains("Where");
        float[] x = new float[200_001];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i - x.length / 2) * 6e-5f;
        }
        float[] y = run(model, x);
        double largest = 0;
        for (int i = 0; i < x.length; i++) {
            largest = Math.max(largest, Math.abs(y[i] - Erf.value(x[i])));
        }
        assertThat(largest).isLessThan(9e-8);
    }

    @Test
    void writtenOutItEndsAtOneAndIsOddAndPassesOnWhatIsNoNumber() {
        OnnxModel model = export(CHECKED.withErfWrittenOut(), DataType.FLOAT32);
        float infinity = Float.POSITIVE_INFINITY;
        assertThat(run(model, infinity, -infinity, 1e30f, -4, 0, Float.NaN, 1e-30f, 0.8f, -0.8f))
                .startsWith(1, -1, 1, -1, 0, Float.NaN, 1.1283792e-30f)
                .satisfies(y -> assertThat(y[7]).isEqualTo(-y[8]));
    }

    @Test
    void otherwiseAndInOtherPrecisionsItIsTheOperator() {
        assertThat(operators(export(CHECKED, DataType.FLOAT32))).containsExactly("Erf");
        // Not run: ONNX Runtime has no Erf of float64.
        assertThat(operators(export(ExportOptions.defaults().withErfWrittenOut(), DataType.FLOAT64)))
                .containsExactly("Erf");
    }
}
