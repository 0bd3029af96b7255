package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.CHECKED;
import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.initialised;
import static io.kanerva.exporter.onnx.Exports.input;
import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.kanerva.exporter.trace.CompositeOperation;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.GraphRunner;
import io.kanerva.onnx.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.assertj.core.api.AbstractStringAssert;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** What cannot be exported is an error that says what, where and, if there is one, the way out. */
class RefusalTest {
    private static AbstractStringAssert<?> refusal(Function<NDArray, NDArray> function) {
        return refusal(function, input("x", "B", 6));
    }

    private static AbstractStringAssert<?> refusal(Function<NDArray, NDArray> function, InputSpec input) {
        ExportException e = catchThrowableOfType(ExportException.class, () -> exportFunction(function, input));
        assertThat(e).isNotNull();
        return assertThat(e.getMessage());
    }

    private static NDArray inverse(NDArray x) {
        return x.transpose()
                .matMul(x)
                .add(x.getManager().eye((int) x.getShape().get(1)))
                .inverse();
    }

    @Test
    void anOperationWithoutCounterpartIsNamedWithItsLine() {
        refusal(RefusalTest::inverse)
                .contains("inverse cannot be exported: ONNX's standard domain has no matrix inverse")
                .contains("solve before the model")
                .contains("LambdaBlock");
        refusal(x -> inverse(x).add(1)).contains("RefusalTest").contains(".java:");
    }

    @Test
    void allOperationsWithoutCounterpartAreListedAtOnce() {
        refusal(x -> x.like().add(x.toSparse(SparseFormat.COO).toDense().sum()))
                .startsWith("2 problems:")
                .contains("like()")
                .contains("toSparse(SparseFormat)");
    }

    @Test
    void windowsThatFollowASizeAreNamed() {
        refusal(
                        x -> {
                            Shape half = new Shape((x.getShape().get(2) + 1) / 2);
                            return Pool.maxPool1d(x, half, half, new Shape(0), true);
                        },
                        input("x", "N", 2, "T"))
                .contains("kernel must not depend on a dynamic dimension")
                .contains("RefusalTest.java:");
    }

    @Test
    void anArrayThatTheBlockKeepsFromAnEarlierCallIsNamed() {
        NDArray[] kept = new NDArray[1];
        String reason = "the block uses an array that it kept from an earlier call; a graph keeps nothing";
        refusal(x -> {
                    boolean isLike = kept[0] != null && kept[0].getShape().equals(x.getShape());
                    NDArray y = isLike ? x.add(kept[0]) : x;
                    kept[0] = x.duplicate();
                    return y;
                })
                .startsWith(reason)
                .contains("RefusalTest.java:");
        kept[0] = null;
        refusal(
                        x -> {
                            kept[0] = kept[0] == null ? x : kept[0].mul(0.5).add(x);
                            return kept[0];
                        },
                        input("x", 2, 3))
                .startsWith(reason);
        kept[0] = null;
        refusal(
                        x -> {
                            NDArray before = kept[0] == null ? x : kept[0];
                            kept[0] = x.mul(2);
                            return before;
                        },
                        input("x", 2, 3))
                .startsWith(reason)
                .doesNotContain("OnnxExporter");
    }

    @Test
    void aBlockThatDoesSomethingElseInEachCallIsNotBlamedOnItsInputs() {
        int[] calls = new int[1];
        String reason = "the block computes something else when it is called again with the same inputs: ";
        refusal(x -> x.mul(++calls[0])).startsWith(reason).contains("(they first differ at mul in LambdaBlock at");
        refusal(x -> x.mul(x.getManager().create(new float[] {++calls[0], 1, 2, 3, 4, 5})))
                .startsWith(reason);
        refusal(x -> x.getManager().create(new float[] {++calls[0], 1, 2}))
                .startsWith(reason)
                .contains("(they first differ at an output in LambdaBlock at");
    }

    @Test
    void ofSeveralStepsThatChangeInEachCallTheFirstIsNamed() {
        int[] calls = new int[1];
        String reason = "the block computes something else when it is called again with the same inputs: ";
        refusal(x -> {
                    calls[0]++;
                    NDArray y = x.mul(calls[0]).add(calls[0]);
                    for (int i = calls[0]; i < 20; i++) {
                        y = y.abs();
                    }
                    return y;
                })
                .startsWith(reason)
                .contains("(they first differ at mul in LambdaBlock at");
    }

    @Test
    void aFailureInTheLastCallDoesNotHideTheReason() {
        int[] calls = new int[1];
        int[] allowed = {Integer.MAX_VALUE};
        Function<NDArray, NDArray> function = x -> {
            if (++calls[0] > allowed[0]) {
                throw new IllegalStateException("no more calls");
            }
            NDArray kept = x.booleanMask(x.gt(-6));
            if (kept.size() != 6) {
                throw new IllegalStateException("too few");
            }
            return kept;
        };
        String reason = "the block fails whenever booleanMask selects another number of elements";
        refusal(function, input("x", 2, 3)).startsWith(reason);
        allowed[0] = calls[0] - 1;
        calls[0] = 0;
        assertThatThrownBy(() -> exportFunction(function, input("x", 2, 3)))
                .hasMessageStartingWith(reason)
                .satisfies(e -> assertThat(e.getSuppressed())
                        .singleElement(as(InstanceOfAssertFactories.THROWABLE))
                        .hasMessageContaining("no more calls"));
    }

    @Test
    void operationsThatOnnxCannotSayAreListedAtOnce() {
        refusal(x -> x.reshape(-1, 1, 2, 3)
                        .toType(DataType.INT64, false)
                        .getNDArrayInternal()
                        .maxPool(new Shape(2, 2), new Shape(1, 1), new Shape(0, 0), false)
                        .sum()
                        .add(x.unique(null, false, false, false).get(0).sum()))
                .contains("ONNX's MaxPool takes floats only, found int64; convert the array with toType")
                .contains("the order of unique without sorting");
    }

    @Test
    void controlFlowOnValuesIsAnError() {
        refusal(x -> x.sum().getFloat() > 0 ? x : x.neg())
                .contains("getFloat reads the values of a traced array; control flow that "
                        + "depends on values cannot be exported");
        refusal(x -> x.contentEquals(x.neg()) ? x : x.neg()).contains("contentEquals reads the values");
        refusal(x -> x.toFloatArray().length > 3 ? x : x.neg()).contains("toFloatArray reads the values");
        refusal(x -> x.equals(x.neg()) ? x : x.neg()).contains("equals reads the values");
        refusal(x -> x.mul(x.toByteBuffer().get())).contains("toByteBuffer reads the values");
    }

    @Test
    void aTracedArrayAsArgumentOfAnOrdinaryOneIsAnError() {
        // As an interface's, the call would be recorded.
        PtNDArray constant = (PtNDArray) NDManager.newBaseManager().create(2f);
        refusal(x -> constant.add(x))
                .contains("an ordinary array has a traced array as its argument")
                .contains("put the traced array first")
                .contains("traced.getManager().from(constant)");
    }

    @Test
    void randomNumbersInForwardAreAnError() {
        refusal(x -> x.add(x.getManager().randomNormal(new Shape(6))))
                .contains("randomNormal draws random numbers")
                .contains("make the noise an input");
    }

    @Test
    void aJavaLoopWhoseStepsDifferIsAnError() {
        refusal(x -> {
                    NDArray sum = x.get(0);
                    for (int i = 1; i < x.getShape().get(0); i++) {
                        sum = i % 3 == 0 ? sum.mul(x.get(i)) : sum.add(x.get(i));
                    }
                    return sum;
                })
                .contains("a Java loop or branch depends on a dynamic dimension")
                .contains("{B=");
    }

    @Test
    void aNumberThatIsNoKnownFunctionOfSizesIsNamedWithItsOperation() {
        refusal(x -> x.get("0:{}", Long.bitCount(x.getShape().get(0))))
                .contains(
                        "a number in the index of get changes with the sizes of the inputs",
                        "and no formula for it was found");
        refusal(x -> x.mul(Math.sin(x.getShape().get(0)))).contains("mul's other");
    }

    @Test
    void copyingIntoAnOrdinaryArrayIsAnError() {
        NDArray target = NDManager.newBaseManager().zeros(new Shape(6));
        refusal(x -> {
                    x.get(0).copyTo(target);
                    return x.add(target);
                })
                .contains("copyTo writes a traced float32 into an ordinary array; copy into an array")
                .contains("(in LambdaBlock at ");
    }

    @Test
    void memoryThatIsNotSetIsAnError() {
        refusal(x -> x.add(x.getManager().create(new Shape(6)))).contains("create(shape) leaves the memory as it is");
        refusal(x -> x.add(x.like())).contains("like() cannot be exported: it leaves the memory as it is");
    }

    @Test
    void overwritingAnArrayOfDynamicSizeWithPlainNumbersIsAnError() {
        refusal(x -> {
                    NDArray y = x.add(1);
                    float[] numbers = new float[(int) y.size()];
                    Random random = new Random(numbers.length);
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] = random.nextFloat();
                    }
                    y.set(numbers);
                    return y;
                })
                .contains("a constant made from Java numbers has other values or another shape");
    }

    @Test
    void anAssignmentThroughAPickWhichTheEngineIgnoresIsAnError() {
        refusal(x -> {
                    NDArray y = x.add(1);
                    y.set(new NDIndex().addAllDim().addPickDim(x.argMax(1)), 3);
                    return y;
                })
                .contains("set through a pick index does nothing in DJL's PyTorch engine; use scatter");
    }

    @Test
    void removingAnAxisOfDynamicSizeIsAnError() {
        refusal(x -> x.squeeze(0)).contains("squeeze removes an axis only if its size is 1, and the size B is dynamic");
    }

    @Test
    void aProblemNamesTheParameterThatWasReadLast() {
        Block block = initialised(
                new SequentialBlock().add(Linear.builder().setUnits(5).build()).addSingleton(RefusalTest::inverse),
                1,
                6);
        assertThatThrownBy(() -> Exports.export(block, input("x", "B", 6)))
                .hasMessageContaining("after reading Linear/bias");
    }

    @Test
    void aCompositeThatOnnxDoesNotKnowIsAnError() {
        CompositeOperation twice = new CompositeOperation() {
            @Override
            public String name() {
                return "Twice";
            }

            @Override
            public NDList compute(NDList inputs) {
                return new NDList(inputs.singletonOrThrow().mul(2));
            }
        };
        refusal(x -> CompositeOperation.apply(twice, new NDList(x)).singletonOrThrow())
                .contains("the composite Twice has no lowering to ONNX");
    }

    @Test
    void aBlockWithoutValuesIsAnError() {
        Block block = Linear.builder().setUnits(3).build();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Exports.export(block, input("x", "B", 6)))
                .withMessageContaining("have no values; initialise or load the block");
    }

    @Test
    void aBlockThatFailsNamesTheSizesAndTheLine() {
        refusal(x -> x.matMul(x))
                .contains("the block fails with x [B, 6] at every size")
                .contains("(in LambdaBlock at RefusalTest.");
    }

    @Test
    void aCastToAClassOfTheEngineIsAnErrorWithTheWayOut() {
        refusal(x -> ((PtNDArray) x).add(1))
                .contains("the block casts an array to ai.djl.pytorch.engine.PtNDArray")
                .contains("use the methods of NDArray")
                .contains("CompositeOperation")
                .contains("(in LambdaBlock at RefusalTest.");
        refusal(x -> ((PtNDManager) x.getManager()).ones(x.getShape()))
                .contains("the block casts an array to ai.djl.pytorch.engine.PtNDManager");
    }

    @Test
    void aRawBufferOfAnArrayIsAnErrorWithTheWayOut() {
        refusal(x -> x.getManager().create(x.toByteBuffer(), x.getShape(), x.getDataType()))
                .contains("toByteBuffer reads the values of a traced array")
                .contains("compute with arrays (where, comparisons) instead")
                .contains("(in LambdaBlock at RefusalTest.");
    }

    @Test
    void aBlockThatFailsAtAnAllowedSizeAsksForALimit() {
        refusal(x -> x.get(1)).contains("with {B=1} the block fails").contains("limit them with withDimensionLimit");
        Block second = LambdaBlock.singleton(x -> x.get(1));
        ExportOptions searching = CHECKED.withProbeBudget(10_000);
        assertThatThrownBy(() -> OnnxExporter.export(second, List.of(input("x", "B", 6)), List.of("y"), searching))
                .hasMessageContaining("with {B=1} the block fails")
                .hasMessageContaining("limit the sizes with withDimensionLimit(\"B\", 2, 2048)");
    }

    @Test
    void aModelThatDiffersFromTheBlockIsNotHandedOut() {
        Block block = LambdaBlock.singleton(x -> x.mul(2));
        ExportOptions options = ExportOptions.defaults().withCheck((model, inputs) -> Map.of("y", inputs.get("x")));
        assertThatThrownBy(() -> OnnxExporter.export(block, List.of(input("x", "B", 6)), List.of("y"), options))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("output y with {B=1}: element 0 is");
    }

    @Test
    void integersOfAModelMustBeEqualHoweverLarge() {
        Block block = LambdaBlock.singleton(x -> x.mul(0).add(1L << 60));
        InputSpec input = input("x", DataType.INT64, "B");
        GraphRunner wrong = (model, inputs) -> {
            long[] values = new long[(int) inputs.get("x").size()];
            Arrays.fill(values, (1L << 60) + 1);
            return Map.of("y", Tensor.of(values, values.length));
        };
        ExportOptions options = ExportOptions.defaults().withCheck(wrong);
        assertThatThrownBy(() -> OnnxExporter.export(block, List.of(input), List.of("y"), options))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("element 0 is 1152921504606846976 in the block and 1152921504606846977 in the "
                        + "model, and int64 must be equal");
    }

    @Test
    void wrongNamesAndOptionsAreErrors() {
        Block block = initialised(Linear.builder().setUnits(3).build(), 1, 6);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExporter.export(block, List.of(input("x", "B", 6)), List.of("y", "z"), CHECKED))
                .withMessageContaining("output names: expected 1, one per array that the block returns, found");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExporter.export(block, List.of(input("x", "B", 6)), List.of("x"), CHECKED))
                .withMessageContaining("different names");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExporter.export(
                        block, List.of(input("x", "B", 6)), List.of("y"), CHECKED.withDimensionLimit("T", 2, 32)))
                .withMessageContaining("limits are given for [T]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExporter.export(
                        block, List.of(input("x", "B", 6), input("x", "B", 6)), List.of("y"), CHECKED))
                .withMessageContaining("each with its own name, found [x, x]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CHECKED.withOpset(12))
                .withMessageContaining("13 to 26");
        assertThatIllegalArgumentException().isThrownBy(() -> CHECKED.withDimensionLimit("B", 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> InputSpec.of("x", DataType.STRING));
    }
}
