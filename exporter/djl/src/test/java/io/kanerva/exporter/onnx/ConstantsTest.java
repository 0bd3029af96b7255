package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.requireAgreement;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Arrays that do not depend on the inputs: fields of a block, captured variables, arrays made in {@code forward}. */
class ConstantsTest {
    private static final float[] VALUES = {3, -1, 4, 1, -5, 9, 2, 6, -5, 3, 5, 8};

    private final NDManager manager = NDManager.newBaseManager();

    private static void requireExport(List<Function<NDArray, NDArray>> functions, Object... shape) {
        for (Function<NDArray, NDArray> function : functions) {
            requireAgreement(exportFunction(function, input("x", shape)), function, VALUES, 2, 6);
        }
    }

    @Test
    void aConstantMayBeClosedAfterUse() {
        NDArray table = manager.arange(24f).div(10).reshape(4, 6);
        requireExport(
                List.of(
                        x -> {
                            try (NDArray row = table.get(2)) {
                                return x.add(row);
                            }
                        },
                        x -> {
                            try (NDManager inner = manager.newSubManager()) {
                                return x.mul(inner.create(new float[] {1, 2, 3, 4, 5, 6}));
                            }
                        },
                        x -> {
                            NDArray row = table.get(1);
                            NDArray y = x.sub(row);
                            row.close();
                            return y;
                        },
                        x -> {
                            try (NDScope scope = new NDScope()) {
                                scope.suppressNotUsedWarning();
                                NDArray y = x.add(table.get(3)).exp();
                                NDScope.unregister(y);
                                return y;
                            }
                        }),
                "B",
                6);
    }

    @Test
    void aLargeConstantMayBeClosedAfterUse() {
        NDArray table = manager.arange(60_000f).div(1e5).reshape(10_000, 6);
        requireExport(
                List.of(x -> {
                    try (NDArray copy = table.mul(2)) {
                        return x.matMul(copy.transpose()).sum(new int[] {1}).div(1e4);
                    }
                }),
                "B",
                6);
    }

    @Test
    void aConstantIsReadAsItWasWhenItWasUsed() {
        for (int rows : new int[] {1, 10_000}) {
            Function<NDArray, NDArray> function = x -> {
                NDArray k = manager.ones(new Shape(rows, 6));
                NDArray y = x.add(k.get("0:1"));
                NDArray z = x.concat(k, 0);
                k.addi(1);
                return y.concat(z, 0).concat(k.get("0:1"), 0).concat(x.concat(k, 0), 0);
            };
            requireExport(List.of(function), "B", 6);
        }
    }

    @Test
    void aParameterThatIsReadWithoutTheStoreIsTheSameWeight() {
        Linear linear = Exports.initialised(Linear.builder().setUnits(6).build(), 1, 6);
        OnnxModel model = Exports.export(
                new SequentialBlock()
                        .add(linear)
                        .addSingleton(
                                x -> x.mul(linear.getParameters().get("weight").getArray())),
                input("x", 6, 6));
        assertThat(model.proto().getGraph().getInitializerList())
                .extracting(tensor -> tensor.getName())
                .containsExactlyInAnyOrder("Linear/weight", "Linear/bias");
    }
}
