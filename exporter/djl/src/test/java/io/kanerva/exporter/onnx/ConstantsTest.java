package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.requireAgreement;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import io.kanerva.exporter.trace.ExportException;
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

    @Test
    void aConstantMayBeTheReceiverOfAnyOperation() {
        NDArray table = manager.arange(36f).div(10).reshape(6, 6);
        NDArray row = table.get(1);
        NDArray small = manager.arange(12f).reshape(2, 6);
        requireExport(
                List.of(
                        x -> table.dot(x.transpose()),
                        x -> table.matMul(x.transpose()),
                        x -> small.add(x).sub(row),
                        x -> small.maximum(x),
                        x -> small.gt(x).toType(DataType.FLOAT32, false),
                        x -> small.concat(x, 0),
                        x -> NDArrays.concat(new NDList(small, x), 1),
                        x -> NDArrays.stack(new NDList(small, x)),
                        x -> NDArrays.add(small, x, small),
                        x -> NDArrays.where(small.gt(3), small, x),
                        x -> small.getNDArrayInternal().where(x.gt(0), x),
                        x -> row.get(x.abs().toType(DataType.INT64, false).mod(6)),
                        x -> table.get(
                                "{}, 1:", x.abs().toType(DataType.INT64, false).mod(6)),
                        x -> table.get("1:3")
                                .gather(x.abs().toType(DataType.INT64, false).mod(6), 1),
                        x -> row.take(x.abs().toType(DataType.INT64, false).mod(6)),
                        x -> small.booleanMask(x.gt(0)).sum(),
                        x -> small.get(x.gt(0)).sum(),
                        x -> row.expandDims(0).repeat(0, 2).mul(x),
                        x -> x.getNDArrayInternal().rsub(row),
                        x -> x.abs().add(1).getNDArrayInternal().rdiv(row),
                        x -> x.abs().add(1).getNDArrayInternal().rmod(row),
                        x -> {
                            NDArray y = manager.zeros(new Shape(2, 6));
                            y.set(new NDIndex("0"), x.get(1));
                            y.get(1).addi(x.get(0));
                            return y.abs();
                        },
                        x -> {
                            NDArray y = manager.create(new Shape(2, 6));
                            x.copyTo(y);
                            return y.muli(2).add(small.duplicate().addi(x));
                        },
                        x -> {
                            try (NDManager inner = NDManager.newBaseManager()) {
                                return x.add(inner.ones(new Shape(6))
                                        .sub(inner.from(x))
                                        .abs());
                            }
                        },
                        x -> {
                            double sum = row.sum().getFloat() + small.toFloatArray()[3];
                            return row.mul(sum).sub(x);
                        }),
                2,
                6);
    }

    @Test
    void whatABlockComputesFromItsOwnArraysFollowsADynamicDimension() {
        NDArray table = manager.arange(240f).reshape(40, 6);
        requireExport(
                List.of(
                        x -> x.add(table.get("0:{}", x.getShape().get(0))),
                        x -> x.add(table.get("{}:", 40 - x.getShape().get(0)).div(7)),
                        x -> x.mul(
                                manager.arange(0f, (float) x.getShape().get(0)).expandDims(1)),
                        x -> manager.ones(x.getShape()).mul(3).sub(x),
                        x -> table.get(0).broadcast(x.getShape()).add(x),
                        x -> x.div(manager.create((float) x.getShape().get(0)).add(1))),
                "B",
                6);
    }

    @Test
    void anArrayThatIsChangedInPlaceAndKeptIsAnError() {
        NDArray counter = manager.zeros(new Shape(6));
        assertThatThrownBy(() -> exportFunction(x -> counter.addi(x.get(0)).duplicate(), input("x", "B", 6)))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("addi changes an array that the block keeps in place")
                .hasMessageContaining("ConstantsTest");
        assertThat(counter.sum().getFloat()).isZero();
    }

    @Test
    void afterAnExportTheEngineIsAsBefore() {
        NDArray row = manager.arange(6f);
        exportFunction(row::sub, input("x", "B", 6));
        assertThat(row.sub(row.mul(2)).toFloatArray()).containsExactly(0, -1, -2, -3, -4, -5);
        assertThat(manager.newSubManager().getClass()).isEqualTo(manager.getClass());
        assertThatThrownBy(() -> exportFunction(x -> row.sub(x.get(":, :4")), input("x", "B", 6)))
                .isInstanceOf(ExportException.class);
        assertThat(row.sub(row).sum().getFloat()).isZero();
    }
}
