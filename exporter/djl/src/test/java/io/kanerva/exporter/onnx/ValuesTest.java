package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.reference.SeveralOpinions;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Numbers that depend on the inputs' values or sizes: written as such, or reported, never frozen. */
class ValuesTest {
    private static AbstractThrowableAssert<?, ?> refusal(Function<NDArray, NDArray> function) {
        return assertThatThrownBy(() -> exportFunction(function, input("x", "B", 6)))
                .isInstanceOf(ExportException.class);
    }

    @Test
    void aJavaBranchOnANumberOfSelectedElementsIsAnError() {
        refusal(x -> {
                    NDArray y = x;
                    for (int i = 0; i < x.get(0).get(x.get(0).gt(0)).getShape().get(0); i++) {
                        y = y.neg();
                    }
                    return y;
                })
                .hasMessageContaining("the block runs other operations when its inputs have other values")
                .hasMessageContaining("use where instead");
    }

    @Test
    void aMaskThatSelectsEverythingInTheTracedValuesGivesNoSize() {
        refusal(x -> x.get(x.gt(-6)).reshape(x.getShape())).hasMessageContaining("the block fails whenever get");
        refusal(x -> x.get(x.gt(-6)).size() == 0 ? x : x.neg()).hasMessageContaining("the block runs other operations");
    }

    @Test
    void anUnknownFunctionOfANumberOfSelectedElementsIsAnError() {
        refusal(x -> x.mul(Long.bitCount(x.get(x.gt(0)).size())))
                .hasMessageContaining("mul's other is a number that depends on the values of the inputs")
                .hasMessageContaining("mask.sum()")
                .hasMessageContaining("ValuesTest");
    }

    @Test
    void whatComesBehindAMaskHasSizesOfItsOwn() {
        for (Function<NDArray, NDArray> function : List.<Function<NDArray, NDArray>>of(
                x -> x.get(x.gt(-6)).mul(2),
                x -> x.get(x.sum(new int[] {1}).gt(-100)).transpose(),
                x -> x.booleanMask(x.gt(-6)).concat(x.booleanMask(x.lt(6)), 0))) {
            OnnxModel model = exportFunction(function, input("x", "B", 6));
            assertThat(model.toText()).contains("?");
            Exports.requireAgreement(model, function, new float[] {-100, 3, 4, -100, 1, 2}, 1, 6);
        }
    }

    /** ONNX Runtime's ReduceMean has 0 for it. */
    @Test
    void theMeanOfNothingIsNotANumber() {
        for (Function<NDArray, NDArray> function : List.<Function<NDArray, NDArray>>of(
                x -> x.get(x.gt(5)).mean(),
                x -> x.get(x.sum(new int[] {1}).gt(5)).mean(new int[] {0}),
                x -> x.get(x.sum(new int[] {1}).gt(5)).mean(new int[] {0}, true))) {
            OnnxModel model = exportFunction(function, input("x", "B", 6));
            Exports.requireAgreement(model, function, new float[] {6, 7, 8, 9, 10, 12}, 1, 6);
            try (NDManager manager = NDManager.newBaseManager()) {
                float[] none = new float[12];
                assertThat(function.apply(manager.create(none, new Shape(2, 6))).toFloatArray())
                        .containsOnly(Float.NaN);
                assertThat(new SeveralOpinions(1e-4)
                                .run(model.toBytes(), Map.of("x", Tensor.of(none, 2, 6)))
                                .get("y")
                                .doubles())
                        .containsOnly(Double.NaN);
            }
        }
    }

    @Test
    void everyWayToReadAValueIsAnError() {
        List<Function<NDArray, Object>> ways = List.of(
                NDArray::toArray,
                NDArray::toFloatArray,
                x -> x.getFloat(0, 0),
                NDArray::toByteBuffer,
                NDArray::encode,
                x -> x.allClose(x),
                x -> x.contentEquals(1),
                x -> x.equals(x.neg()),
                NDArray::toString,
                NDArray::toDebugString,
                x -> "x = " + x,
                x -> new NDList(x).encode(),
                x -> x.getManager().create(1f).contentEquals(x.sum()));
        for (Function<NDArray, Object> way : ways) {
            refusal(x -> way.apply(x) == null ? x : x.neg())
                    .hasMessageContaining("reads the values of a traced array")
                    .hasMessageContaining("(in LambdaBlock at ");
        }
    }

    @Test
    void aTextForTheLogAndTheValuesOfAConstantMayBeRead() {
        OnnxModel model = exportFunction(
                x -> {
                    LoggerFactory.getLogger(ValuesTest.class).warn("a log of {} and {}", x, 3);
                    NDArray constant = x.getManager().create(new float[] {1, 2, 3, 4, 5, 6});
                    return x.mul(constant.sum().getFloat()).add(constant.toFloatArray()[2]);
                },
                input("x", "B", 6));
        assertThat(model.checks()).isNotEmpty();
    }

    @Test
    void squaresOfADimensionAreFound() {
        Function<NDArray, NDArray> outer = x -> x.matMul(x.transpose())
                .reshape(x.getShape().get(0) * x.getShape().get(0))
                .add(x.getManager()
                        .arange((float) (x.getShape().get(0) * x.getShape().get(0))));
        assertThat(exportFunction(outer, input("x", "T", 6)).checks()).isNotEmpty();
        OnnxModel model = OnnxExporter.export(
                LambdaBlock.singleton(x -> x.matMul(x.transpose(0, 2, 1))
                        .reshape(
                                1,
                                x.getShape().get(0)
                                        * x.getShape().get(1)
                                        * x.getShape().get(1))),
                List.of(input("x", "B", "T", 6)),
                List.of("y"),
                CHECKED);
        assertThat(model.proto()
                        .getGraph()
                        .getOutput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDim(1)
                        .getDimParam())
                .isEqualTo("B*T*T");
    }

    @Test
    void halvesOfADimensionAreFound() {
        OnnxModel model = exportFunction(x -> x.get("0:{}", x.getShape().get(0) / 2 + 1), input("x", "B", 6));
        assertThat(model.proto()
                        .getGraph()
                        .getOutput(0)
                        .getType()
                        .getTensorType()
                        .getShape()
                        .getDim(0)
                        .getDimParam())
                .isEqualTo("floor(B/2)+1");
    }

    @Test
    void positionsThatDjlSpoilsInGatherNdAreNotSpoiledInTheExport() {
        NDManager manager = NDManager.newBaseManager();
        NDArray data = manager.arange(12f).reshape(3, 4);
        NDArray index = manager.create(new long[] {1, 2}, new Shape(2, 1));
        data.gatherNd(index);
        assertThat(index.toLongArray())
                .as("DJL 0.36.0 computes in the memory of the positions")
                .isNotEqualTo(new long[] {1, 2});
        OnnxModel model = OnnxExporter.export(
                new LambdaBlock(list -> new NDList(list.get(0)
                        .gatherNd(list.get(1).duplicate())
                        .add(list.get(1).sum()))),
                List.of(input("x", 3, "B"), input("i", DataType.INT64, 1, 4)),
                List.of("y"),
                CHECKED);
        assertThat(model.checks()).isNotEmpty();
    }

    @Test
    void otherElementTypesAgreeWithTheEngine() {
        for (DataType type : List.of(DataType.FLOAT16, DataType.FLOAT64)) {
            OnnxModel model = OnnxExporter.export(
                    LambdaBlock.singleton(x -> x.mul(2)
                            .add(x.exp())
                            .softmax(1)
                            .matMul(x.transpose())
                            .sum(new int[] {1}, true)
                            .concat(x.max(new int[] {1}, true).sub(1.5), 1)),
                    List.of(input("x", type, "B", 6)),
                    List.of("y"),
                    CHECKED.withTolerance(type == DataType.FLOAT16 ? 1e-2 : 1e-12));
            assertThat(model.proto()
                            .getGraph()
                            .getOutput(0)
                            .getType()
                            .getTensorType()
                            .getElemType())
                    .isEqualTo(DjlTensors.elementType(type).number());
        }
        for (DataType type : List.of(DataType.INT8, DataType.UINT8, DataType.INT32, DataType.INT64)) {
            OnnxModel model = OnnxExporter.export(
                    LambdaBlock.singleton(x -> x.mul(3).add(x).sub(1).maximum(2).concat(x, 1)),
                    List.of(input("x", type, "B", 6)),
                    List.of("y"),
                    CHECKED.withInputRange("x", 0, 40));
            assertThat(model.checks()).isNotEmpty();
        }
    }
}
