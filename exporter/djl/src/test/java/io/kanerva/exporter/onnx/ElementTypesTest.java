package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Unusual element types, ranks and numbers, exported without a check and held against the engine. */
class ElementTypesTest {
    private static final OrtRunner RUNTIME = new OrtRunner();

    private static DynamicTest agrees(String name, String input, double[] values, UnaryOperator<NDArray> function) {
        return DynamicTest.dynamicTest(name + " of " + input, () -> {
            InputSpec spec = InputSpec.parse(input);
            OnnxModel model = OnnxExporter.export(
                    LambdaBlock.singleton(function),
                    List.of(spec),
                    List.of("y"),
                    ExportOptions.defaults().withProbeBudget(0));
            Shape shape = spec.shapeAt(Map.of("N", (long) values.length));
            Tensor x = Tensor.of(DjlTensors.elementType(spec.type()), values, shape.getShape());
            try (NDManager manager = NDManager.newBaseManager()) {
                Tensor expected = DjlTensors.copyOf(function.apply(DjlTensors.toArray(x, manager)));
                Tensor found = RUNTIME.run(model.toBytes(), Map.of("x", x)).get("y");
                assertThat(found.type()).isEqualTo(expected.type());
                assertThat(found.shape()).isEqualTo(expected.shape());
                assertThat(found.doubles()).containsExactly(expected.doubles(), within(1e-6));
            }
        });
    }

    /** Sums of 1 and nearly -1 would have no digits left in float16. */
    @TestFactory
    Stream<DynamicTest> geluOfHalfFloatsIsComputedWithMoreDigits() {
        return Stream.of(
                agrees("gelu", "x:float16[N]", new double[] {-3.904, -3, -2.5, 0.001, 1, 4}, Activation::gelu));
    }

    /** ONNX Runtime's own operators see the lower half of an int64, and float64 has no 2^53 + 1. */
    @TestFactory
    Stream<DynamicTest> longIntegersKeepTheirDigits() {
        double[] values = {1, 3037000501L, -3037000501L, 0x1p53, 5, 1.7e12, -0x1p33};
        Map<String, UnaryOperator<NDArray>> functions = new LinkedHashMap<>();
        functions.put("maximum", x -> x.maximum(0).maximum(x.neg()));
        functions.put("minimum", x -> x.minimum(5_000_000_000L));
        functions.put("clip", x -> x.clip(-5, 5_000_000_000L));
        functions.put("sign", NDArray::sign);
        functions.put("relu", Activation::relu);
        functions.put("max", NDArray::max);
        functions.put("min", x -> x.expandDims(0).min(new int[] {-1}, true));
        functions.put("max of a scalar", x -> x.get(1).max());
        functions.put("a long number", x -> x.eq((1L << 53) + 1));
        functions.put("a long factor", x -> x.mul(6364136223846793005L).mod(1000));
        return functions.entrySet().stream()
                .map(function -> agrees(function.getKey(), "x:int64[N]", values, function.getValue()));
    }

    @TestFactory
    Stream<DynamicTest> scalarsHaveAnAxisAsInTheEngine() {
        Map<String, UnaryOperator<NDArray>> functions = new LinkedHashMap<>();
        functions.put("softmax", x -> x.softmax(-1));
        functions.put("logSoftmax", x -> x.logSoftmax(0));
        functions.put("sum", x -> x.sum(new int[] {0}, true));
        functions.put("mean", x -> x.mean(new int[] {-1}));
        functions.put("max", x -> x.max(new int[] {0}));
        functions.put("prod", x -> x.prod(new int[] {-1}));
        functions.put("norm", x -> x.norm(1, new int[] {-1}, true));
        functions.put("argMax", x -> x.argMax(-1));
        functions.put("cumSum", x -> x.cumSum(0));
        functions.put("cumProd", x -> x.cumProd(-1));
        functions.put("sort", NDArray::sort);
        functions.put("topK", x -> x.topK(1, -1).head());
        functions.put("median", NDArray::median);
        functions.put("percentile", x -> x.percentile(30));
        functions.put("flip", x -> x.flip(0));
        functions.put("swapAxes", x -> x.swapAxes(0, -1));
        functions.put("oneHot", x -> x.toType(DataType.INT64, false).oneHot(5));
        functions.put("gather", x -> x.gather(x.zerosLike().toType(DataType.INT64, false), 0));
        functions.put("scatter", x -> x.scatter(x.zerosLike().toType(DataType.INT64, false), x.add(1), 0));
        functions.put("booleanMask", x -> x.booleanMask(x.neq(0)));
        functions.put("countNonzero", x -> x.countNonzero(-1));
        return functions.entrySet().stream()
                .map(entry -> agrees(entry.getKey(), "x:float32[]", new double[] {3}, entry.getValue()));
    }

    @TestFactory
    Stream<DynamicTest> powersOfIntegersWrapAround() {
        double[] small = {-128, -3, 0, 2, 7, 127};
        double[] large = {Integer.MIN_VALUE, -65_537, -1, 3, 70_000, Integer.MAX_VALUE};
        return Stream.of(
                agrees("pow(1)", "x:int8[N]", small, x -> x.pow(1)),
                agrees("pow(2)", "x:int8[N]", small, x -> x.pow(2)),
                agrees("pow(3)", "x:uint8[N]", new double[] {0, 1, 5, 16, 200, 255}, x -> x.pow(3)),
                agrees("pow(2)", "x:int32[N]", large, x -> x.pow(2)),
                agrees(
                        "powi(2) twice",
                        "x:int32[N]",
                        large,
                        x -> x.duplicate().powi(2).powi(2)),
                agrees("pow(5)", "x:int32[N]", large, x -> x.pow(5)),
                agrees("pow(4)", "x:int64[N]", large, x -> x.pow(4)),
                agrees("pow(0)", "x:int32[N]", large, x -> x.pow(0)),
                agrees(
                        "pow of an array",
                        "x:int64[N]",
                        large,
                        x -> x.pow(x.abs().mod(64))),
                agrees(
                        "a constant's pow",
                        "x:int32[6]",
                        small,
                        x -> x.getManager()
                                .create(new int[] {3, -7, 2, 0, 1, -1})
                                .pow(x.abs().mod(40))),
                agrees(
                        "negative exponents",
                        "x:int64[3]",
                        new double[] {-1, -2, -3},
                        x -> x.getManager().create(new long[] {1, -1, 5}).pow(x)));
    }

    @TestFactory
    Stream<DynamicTest> signedAndUnsignedBytesAreComparedAsNumbers() {
        Map<String, BinaryOperator<NDArray>> comparisons = new LinkedHashMap<>();
        comparisons.put("eq", NDArray::eq);
        comparisons.put("neq", NDArray::neq);
        comparisons.put("gt", NDArray::gt);
        comparisons.put("lte", NDArray::lte);
        return comparisons.entrySet().stream()
                .flatMap(entry -> Stream.of(
                        agrees(
                                entry.getKey(),
                                "x:int8[4]",
                                new double[] {-56, -1, 0, 100},
                                x -> entry.getValue().apply(x, bytes(x))),
                        agrees(
                                entry.getKey() + " of a constant",
                                "x:int8[4]",
                                new double[] {-56, -1, 0, 100},
                                x -> entry.getValue().apply(bytes(x), x))));
    }

    private static NDArray bytes(NDArray x) {
        return x.getManager().create(new int[] {200, 255, 0, 100}).toType(DataType.UINT8, false);
    }

    @TestFactory
    Stream<DynamicTest> functionsOfFloat64ThatOnnxRuntimeLacksAreWrittenInOthers() {
        double[] values = {-30, -2.5, -1e-9, 0, 1e-9, 0.5, 3, 25};
        Map<String, UnaryOperator<NDArray>> functions = new LinkedHashMap<>();
        functions.put("tan", NDArray::tan);
        functions.put("sinh", x -> x.sinh().div(x.abs().add(1e-9).exp()));
        functions.put("cosh", x -> x.cosh().div(x.abs().exp()));
        functions.put("softPlus", Activation::softPlus);
        functions.put("softSign", Activation::softSign);
        functions.put("elu", x -> Activation.elu(x, 0.7f));
        functions.put("selu", Activation::selu);
        functions.put("swish", x -> Activation.swish(x, 1.3f));
        functions.put("sigmoid", Activation::sigmoid);
        functions.put("nonzero", NDArray::nonzero);
        return functions.entrySet().stream()
                .map(entry -> agrees(entry.getKey(), "x:float64[N]", values, entry.getValue()));
    }

    @TestFactory
    Stream<DynamicTest> everyTypeHasItsNonzeroElements() {
        return Stream.of("float16", "int8", "uint8", "int32", "int64", "boolean")
                .map(type -> agrees(
                        "nonzero",
                        "x:" + type + "[N]",
                        new double[] {0, 1, 1, 0, 1},
                        x -> NDArrays.concat(new NDList(x.nonzero(), x.eq(0).nonzero()))));
    }

    @TestFactory
    Stream<DynamicTest> bytesAndBooleansAreChosenAndSet() {
        return Stream.of("int8", "uint8", "boolean", "float16")
                .flatMap(type -> Stream.of(
                        agrees(
                                "where",
                                "x:" + type + "[N]",
                                new double[] {0, 1, 1, 0, 1},
                                x -> NDArrays.where(x.eq(0), x.onesLike(), x)),
                        agrees("set", "x:" + type + "[5]", new double[] {0, 1, 0, 0, 1}, x -> {
                            NDArray changed = x.duplicate();
                            changed.set(new NDIndex("1:3"), 1);
                            return changed;
                        }),
                        agrees("set by a mask", "x:" + type + "[N]", new double[] {0, 1, 0, 0, 1}, x -> {
                            NDArray changed = x.duplicate();
                            changed.set(x.eq(0), 1);
                            return changed;
                        }),
                        agrees("sign", "x:" + type + "[N]", new double[] {0, 1, 0, 0, 1}, NDArray::sign)));
    }
}
