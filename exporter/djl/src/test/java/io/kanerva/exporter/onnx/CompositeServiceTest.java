package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.exportLambda;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import io.kanerva.exporter.trace.CompositeOperation;
import org.junit.jupiter.api.Test;

/** Composites that know nothing of ONNX find their lowering among the services. */
class CompositeServiceTest {
    private record Named(String name) implements CompositeOperation {
        @Override
        public NDList compute(NDList inputs) {
            return new NDList(inputs.singletonOrThrow()
                    .mul(inputs.singletonOrThrow().div(6).add(0.5f).clip(0, 1)));
        }
    }

    @Test
    void aServiceSaysTheCompositeInOnnx() {
        OnnxModel model =
                exportLambda(list -> CompositeOperation.apply(new Named("HardSwish"), list), input("x", "B", 6));
        assertThat(operators(model)).containsExactly("HardSwish");
        assertThat(largestDifference(model)).isLessThan(1e-6);
    }

    @Test
    void aCompositeWithoutAServiceIsAnErrorThatNamesTheWayOut() {
        assertThatThrownBy(() -> exportFunction(
                        x -> CompositeOperation.apply(new Named("SoftSwish"), new NDList(x))
                                .singletonOrThrow(),
                        input("x", "B", 6)))
                .hasMessageContaining("the composite SoftSwish has no lowering to ONNX")
                .hasMessageContaining("add a service of CompositeLowering");
    }
}
