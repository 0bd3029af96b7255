package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.exportLambda;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.largestDifference;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.pooling.Pool;
import io.kanerva.exporter.trace.InputSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Each operation alone, with a dynamic batch (and length), against the engine at sizes that were never traced. */
class OperatorTest {
    private static final double MAX_DIFFERENCE = 1e-5;

    private final Map<String, Function<NDArray, NDArray>> onMatrix = new LinkedHashMap<>();
    private final Map<String, Function<NDArray, NDArray>> onVolume = new LinkedHashMap<>();
    private final Map<String, Function<NDArray, NDArray>> onImage = new LinkedHashMap<>();
    private final Map<String, Function<NDArray, NDArray>> onPositions = new LinkedHashMap<>();
    private final Map<String, Function<NDList, NDArray>> onTwo = new LinkedHashMap<>();

    OperatorTest() {
        functions();
        reductions();
        moves();
        images();
        creation();
        positions();
        pairs();
    }

    @TestFactory
    Stream<DynamicTest> aFunctionOfAMatrixAgreesWithTheEngine() {
        return tests(onMatrix, input("x", "B", 6));
    }

    @TestFactory
    Stream<DynamicTest> aFunctionOfABatchOfSequencesAgreesWithTheEngine() {
        return tests(onVolume, input("x", "B", "T", 6));
    }

    @TestFactory
    Stream<DynamicTest> aFunctionOfABatchOfImagesAgreesWithTheEngine() {
        return tests(onImage, input("x", "B", 4, 8, 8));
    }

    @TestFactory
    Stream<DynamicTest> aFunctionOfWholeNumbersAgreesWithTheEngine() {
        return tests(onPositions, input("x", DataType.INT64, "B", 6));
    }

    @TestFactory
    Stream<DynamicTest> aFunctionOfTwoArraysAgreesWithTheEngine() {
        return onTwo.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> {
                    OnnxModel model = exportLambda(
                            list -> new NDList(entry.getValue().apply(list)),
                            input("a", "B", 4, 6),
                            input("b", "B", 6, 5));
                    assertThat(largestDifference(model)).isLessThan(MAX_DIFFERENCE);
                }));
    }

    private static Stream<DynamicTest> tests(Map<String, Function<NDArray, NDArray>> functions, InputSpec input) {
        return functions.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey(),
                        () -> assertThat(largestDifference(exportFunction(entry.getValue(), input)))
                                .isLessThan(MAX_DIFFERENCE)));
    }

    private void functions() {
        onMatrix.put("numbers on the right", x -> x.add(1).sub(0.5f).mul(3).div(7.0));
        onMatrix.put(
                "numbers on the left",
                x -> x.getNDArrayInternal()
                        .rsub(2)
                        .add(x.abs().add(1).getNDArrayInternal().rdiv(3)));
        onMatrix.put("pow", x -> x.abs().add(0.1).pow(1.5).add(x.pow(2)));
        onMatrix.put("rpow", x -> x.getNDArrayInternal().rpow(2));
        onMatrix.put("mod of a float has the divisor's sign", x -> x.mod(-0.7));
        onMatrix.put("in place", x -> x.add(0).addi(2).muli(x).subi(1).divi(3).negi());
        onMatrix.put("neg abs square", x -> x.neg().abs().square());
        onMatrix.put(
                "sqrt and reciprocal root",
                x -> x.abs().add(1).sqrt().getNDArrayInternal().rdiv(1));
        onMatrix.put(
                "exp log",
                x -> x.exp().log().add(x.abs().add(1).log2()).add(x.abs().add(1).log10()));
        onMatrix.put("sin cos tan", x -> x.sin().add(x.cos()).add(x.div(4).tan()));
        onMatrix.put("asin acos atan", x -> x.sin().asin().add(x.cos().acos()).add(x.atan()));
        onMatrix.put("sinh cosh tanh", x -> x.sinh().add(x.cosh()).add(x.tanh()));
        onMatrix.put(
                "floor ceil round trunc sign",
                x -> x.mul(3)
                        .floor()
                        .add(x.mul(3).ceil())
                        .add(x.mul(3).round())
                        .add(x.mul(3).trunc())
                        .add(x.sign()));
        onMatrix.put("erf", NDArray::erf);
        onMatrix.put("clip", x -> x.clip(-0.5, 0.5));
        onMatrix.put("maximum and minimum with a number", x -> x.maximum(-0.3f).minimum(0.4f));
        onMatrix.put("tent", x -> x.sub(0.2f).abs().neg().add(1).maximum(0));
        onMatrix.put(
                "comparisons with a number",
                x -> x.gt(0.1).logicalAnd(x.lte(1)).logicalOr(x.lt(-1)).logicalXor(x.gte(2)));
        onMatrix.put(
                "equality with a number",
                x -> x.round().eq(1).logicalOr(x.round().neq(0).logicalNot()));
        onMatrix.put(
                "comparison with an array",
                x -> x.gt(x.neg()).toType(DataType.FLOAT32, false).sum(new int[] {1}));
        onMatrix.put(
                "arithmetic with truth values",
                x -> x.gt(0)
                        .add(x.lt(1))
                        .mul(x.gt(-1))
                        .logicalNot()
                        .logicalOr(x.gt(0.5).maximum(x.gt(0.6)).gt(x.lt(0.1))));
        onMatrix.put("where", x -> NDArrays.where(x.gt(0), x, x.mul(0.1)));
        onMatrix.put(
                "casts",
                x -> x.mul(3)
                        .toType(DataType.INT32, true)
                        .toType(DataType.INT64, true)
                        .toType(DataType.FLOAT32, true));
        onMatrix.put("relu", Activation::relu);
        onMatrix.put("relu6", Activation::relu6);
        onMatrix.put("sigmoid tanh", x -> Activation.sigmoid(x).add(Activation.tanh(x)));
        onMatrix.put("softplus softsign", x -> Activation.softPlus(x).add(Activation.softSign(x)));
        onMatrix.put("leakyRelu elu", x -> Activation.leakyRelu(x, 0.2f).add(Activation.elu(x, 1.3f)));
        onMatrix.put("selu gelu", x -> Activation.selu(x).add(Activation.gelu(x)));
        onMatrix.put("swish", x -> Activation.swish(x, 1));
        onMatrix.put("mish as the engine computes it", Activation::mish);
        onMatrix.put("softmax logSoftmax", x -> x.softmax(-1).add(x.logSoftmax(1)));
        onMatrix.put("isNaN isInfinite", x -> x.div(0).isInfinite().logicalOr(x.isNaN()));
        onMatrix.put("duplicate and stopGradient", x -> x.duplicate().add(x.stopGradient()));
    }

    private void reductions() {
        onVolume.put("sum", x -> x.sum().add(x.sum(new int[] {1, 2}, true)).add(x.sum(new int[] {-1}, true)));
        onVolume.put("mean", x -> x.mean(new int[] {1}));
        onVolume.put("mean of all", NDArray::mean);
        onVolume.put(
                "mean by dividing by a length",
                x -> x.sum(new int[] {1}).div(x.getShape().get(1)));
        onVolume.put("max min", x -> x.max(new int[] {1}, true).sub(x.min(new int[] {1}, true)));
        onVolume.put("max of all", x -> x.max().sub(x.min()));
        onVolume.put("argMax argMin", x -> x.argMax(1).add(x.argMin(1)));
        onVolume.put("argMax of all", NDArray::argMax);
        onVolume.put("cumSum", x -> x.cumSum(1));
        onVolume.put("norm", x -> x.norm(new int[] {2}, true));
        onVolume.put("normalize", x -> x.normalize(2, 2));
        onVolume.put("count of true", x -> x.gt(0).sum(new int[] {1}));
        onVolume.put("prod", x -> x.prod(new int[] {2}, false));
        onVolume.put("topK", x -> x.topK(1, 1, true, true).get(0));
    }

    private void moves() {
        onVolume.put(
                "reshape joins B and T",
                x -> x.reshape(x.getShape().get(0) * x.getShape().get(1), 6));
        onVolume.put(
                "reshape joins and parts",
                x -> x.reshape(x.getShape().get(0) * x.getShape().get(1), 2, 3)
                        .mul(2)
                        .reshape(x.getShape().get(0), x.getShape().get(1), 2, 3));
        onVolume.put(
                "reshape with an open size",
                x -> x.reshape(-1, 6).add(1).reshape(x.getShape().get(0), -1, 3, 2));
        onVolume.put(
                "reshape mixes B and T behind a transpose",
                x -> x.transpose(1, 2, 0)
                        .reshape(x.getShape().get(1) * 2, 3 * x.getShape().get(0)));
        onVolume.put(
                "flatten",
                x -> x.flatten()
                        .add(x.flatten(0, 1).flatten())
                        .add(x.flatten(1, 2).flatten()));
        onVolume.put("expandDims squeeze", x -> x.expandDims(1).expandDims(-1).squeeze(new int[] {1, 4}));
        onVolume.put(
                "squeeze of an axis that is not 1 changes nothing",
                x -> x.squeeze(2).expandDims(0).squeeze(0));
        onVolume.put(
                "squeeze without axes",
                x -> x.expandDims(2).mean(new int[] {3}, true).squeeze(3).squeeze(2));
        onVolume.put(
                "transposes",
                x -> x.transpose(0, 2, 1).mul(2).transpose().swapAxes(0, 1).swapAxes(-1, -2));
        onVolume.put(
                "broadcast",
                x -> x.mean(new int[] {1}, true).broadcast(x.getShape()).sub(x));
        onVolume.put("concat", x -> NDArrays.concat(new NDList(x, x.mul(2), x.neg()), 1));
        onVolume.put("concat of two", x -> x.concat(x.exp(), -1));
        onVolume.put("stack", x -> NDArrays.stack(new NDList(x, x.mul(2)), 2));
        onVolume.put(
                "split",
                x -> x.split(3, 2).get(1).add(x.split(new long[] {1, 3}, 2).get(1)));
        onVolume.put("tile", x -> x.tile(new long[] {1, 2, 3}));
        onVolume.put("tile with more axes", x -> x.tile(new long[] {2, 1, 1, 2}));
        onVolume.put(
                "tile by a dynamic size",
                x -> x.get(":, 0:1").tile(new long[] {1, x.getShape().get(1), 1}));
        onVolume.put("repeat", x -> x.repeat(1, 3).add(1).repeat(2, 2));
        onVolume.put(
                "repeat of an axis before a dynamic one",
                x -> x.transpose(1, 0, 2).repeat(0, 3));
        onVolume.put(
                "repeat by a dynamic size",
                x -> x.get(":, 0:1").repeat(1, x.getShape().get(1)));
        onVolume.put("flip", x -> x.flip(1, 2));
        onVolume.put("pad", x -> x.pad(new Shape(1, 2, 0, 3), 0.5));
        onVolume.put("get a position", x -> x.get(":, 0 , 2:5").add(x.get(":, -1, 3:")));
        onVolume.put("get with an ellipsis", x -> x.get("..., 1:6:2").sum().add(x.get(0)));
        onVolume.put("get a new axis", x -> x.get(":, null, :, 0"));
        onVolume.put(
                "get up to a dynamic size",
                x -> x.reshape(-1, 6).get("0:{}", x.getShape().get(1)));
        onVolume.put(
                "get the last by its number", x -> x.get(":, {}", x.getShape().get(1) - 1));
        onVolume.put(
                "get by traced positions",
                x -> x.get(":, {}", x.get(0).get(":, 0").argMax(0).reshape(1)));
        onVolume.put("set a slice to a number", x -> {
            NDArray y = x.mul(2);
            y.set(new NDIndex("..., 1:5:2"), 3);
            return y;
        });
    }

    private void images() {
        Shape two = new Shape(2, 2);
        onImage.put("maxPool", x -> Pool.maxPool2d(x, new Shape(3, 3), two, new Shape(1, 1), false));
        onImage.put("maxPool with ceil", x -> Pool.maxPool2d(x, new Shape(3, 3), two, new Shape(0, 0), true));
        onImage.put("avgPool", x -> Pool.avgPool2d(x, two, two, new Shape(0, 0), false, true));
        onImage.put(
                "avgPool with padding", x -> Pool.avgPool2d(x, new Shape(3, 3), two, new Shape(1, 1), false, false));
        onImage.put("maxPool of padded zeros", x -> {
            // ONNX Runtime must not take the zeros for the pool's own padding.
            NDArray padded = x.abs().neg().sub(1).pad(new Shape(0, 1, 0, 1), 0);
            return Pool.maxPool2d(padded, two, two, new Shape(0, 0), false);
        });
        onImage.put(
                "avgPool of padded zeros",
                x -> Pool.avgPool2d(x.pad(new Shape(1, 1, 1, 1), 0), two, two, new Shape(1, 1), false, true));
        onImage.put("global pools return N and C", x -> Pool.globalAvgPool2d(x).add(Pool.globalMaxPool2d(x)));
        onImage.put("nearest interpolation", x -> x.getNDArrayInternal().interpolation(new long[] {16, 24}, 0, false));
        onImage.put(
                "nearest interpolation to odd sizes",
                x -> x.getNDArrayInternal().interpolation(new long[] {11, 5}, 0, false));
        onImage.put("bilinear interpolation", x -> x.getNDArrayInternal().interpolation(new long[] {16, 16}, 1, false));
        onImage.put(
                "bilinear interpolation to odd sizes",
                x -> x.getNDArrayInternal().interpolation(new long[] {9, 13}, 1, false));
        onImage.put("bicubic interpolation", x -> x.getNDArrayInternal().interpolation(new long[] {16, 16}, 3, false));
        onImage.put(
                "space to depth",
                x -> x.reshape(x.getShape().get(0), 4, 4, 2, 4, 2)
                        .transpose(0, 1, 3, 5, 2, 4)
                        .reshape(x.getShape().get(0), 16, 4, 4));
        onImage.put(
                "depth to space",
                x -> x.reshape(-1, 1, 2, 2, 8, 8).transpose(0, 1, 4, 2, 5, 3).reshape(-1, 1, 16, 16));
    }

    private void creation() {
        onVolume.put(
                "zeros ones full",
                x -> x.zerosLike()
                        .add(x.onesLike())
                        .add(x.getManager().full(new Shape(x.getShape().get(1), 1), 2.5f)));
        onVolume.put(
                "full of a size",
                x -> x.getManager()
                        .full(new Shape(x.getShape().get(0), 1, 6), (float)
                                x.getShape().get(1))
                        .add(x));
        onVolume.put(
                "arange",
                x -> x.getManager()
                        .arange((int) x.getShape().get(1))
                        .toType(DataType.FLOAT32, false)
                        .reshape(-1, 1)
                        .mul(x));
        onVolume.put(
                "arange in steps",
                x -> x.getManager()
                        .arange(0f, 2f * x.getShape().get(1), 2f)
                        .reshape(-1, 1)
                        .add(x));
        onVolume.put("eye", x -> x.getManager().eye((int) x.getShape().get(1)).matMul(x));
        onVolume.put(
                "a size as an array",
                x -> x.mul(x.getManager().create((float) x.getShape().get(1))));
        onVolume.put("linspace", x -> x.mul(x.getManager().linspace(0, 1, 6)));
        onVolume.put(
                "constants are folded",
                x -> x.add(x.getManager()
                        .arange(6)
                        .toType(DataType.FLOAT32, true)
                        .sqrt()
                        .sum()));
        onVolume.put(
                "a product of sizes",
                x -> x.getManager()
                        .arange((int) (3 * x.getShape().get(0) * x.getShape().get(1) + 1))
                        .toType(DataType.FLOAT32, false)
                        .mean());
    }

    private void positions() {
        onPositions.put("whole numbers", x -> x.add(3).mul(2).sub(1).mod(3));
        onPositions.put("true division", x -> x.div(2));
        onPositions.put(
                "whole numbers and a float",
                x -> x.gt(0.5).logicalAnd(x.mul(1.5f).lt(2)));
        onPositions.put("oneHot", x -> x.oneHot(4));
        onPositions.put("sum of whole numbers", x -> x.sum(new int[] {1}));
        onPositions.put("square root of whole numbers", x -> x.sqrt());
    }

    private void pairs() {
        onTwo.put("batched product", list -> list.get(0).batchMatMul(list.get(1)));
        onTwo.put("product", list -> list.get(0).matMul(list.get(1)));
        onTwo.put("product of a matrix", list -> list.get(0).get(0).matMul(list.get(1)));
        onTwo.put("dot", list -> list.get(0).get("0, 0").dot(list.get(1).get("0, :, 0")));
        onTwo.put(
                "broadcast arithmetic",
                list -> list.get(0).expandDims(3).mul(list.get(1).expandDims(1)).sum(new int[] {2}));
        onTwo.put(
                "gather",
                list -> list.get(1).gather(list.get(0).get(":, 0:1, 0:5").gt(0).toType(DataType.INT64, false), 1));
        onTwo.put("an output that is an input", list -> list.get(1));
    }
}
