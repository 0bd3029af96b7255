package io.kanerva.exporter.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Test;

/** Every message names the user's line, here always the one that calls {@link #on}, the cause, and what helps. */
class MessagesTest {
    private static final InputSpec INPUT = InputSpec.parse("x:float32[N,6]");
    private static final NDManager OWN = NDManager.newBaseManager();

    private volatile int line;

    /** The array itself; notes the line that calls. */
    private NDArray on(NDArray x) {
        line = StackWalker.getInstance()
                .walk(frames -> frames.skip(1).findFirst().orElseThrow())
                .getLineNumber();
        return x;
    }

    private static String message(Block block, InputSpec... inputs) {
        ExportException e = catchThrowableOfType(
                ExportException.class,
                () -> OnnxExporter.export(block, List.of(inputs), List.of(), ExportOptions.defaults()));
        assertThat(e).as("the export must be refused").isNotNull();
        return e.getMessage();
    }

    private AbstractStringAssert<?> refusal(Block block, InputSpec... inputs) {
        line = 0;
        String message = message(block, inputs);
        assertThat(message)
                .doesNotContain("io.kanerva.exporter.trace")
                .doesNotContain("Tracer.")
                .doesNotContain("$Proxy");
        if (line > 0) {
            assertThat(message).contains("MessagesTest.java:" + line + ")");
        }
        return assertThat(message);
    }

    private AbstractStringAssert<?> refusal(Function<NDArray, NDArray> function) {
        AbstractStringAssert<?> message = refusal(LambdaBlock.singleton(function), INPUT);
        assertThat(line).as("the line that fails was reached").isPositive();
        return message.contains("LambdaBlock at MessagesTest.");
    }

    private static <B extends Block> B initialised(B block, long... shape) {
        block.initialize(NDManager.newBaseManager(), DataType.FLOAT32, new Shape(shape));
        return block;
    }

    @Test
    void readingValues() {
        refusal(x -> on(x).sum().getFloat() > 0 ? x : x.neg()).contains("getFloat reads the values", "where");
        refusal(x -> x.mul(on(x).toFloatArray()[0])).contains("toFloatArray reads the values");
    }

    @Test
    void methodsThatOnnxLacks() {
        refusal(x -> on(x).toSparse(SparseFormat.COO)).contains("toSparse(SparseFormat)", "keep the array dense");
        refusal(x -> x.add(on(x).getManager().randomNormal(new Shape(6)))).contains("make the noise an input");
        refusal(x -> on(x).like()).contains("use zerosLike");
        refusal(x -> on(x).get(0).getNDArrayInternal().interpolation(new long[] {2, 2}, 9, false))
                .contains("LambdaBlock at MessagesTest.");
    }

    @Test
    void methodsThatNeedANewerOpset() {
        Block block = LambdaBlock.singleton(x -> on(x).rfft(8).real());
        ExportException e = catchThrowableOfType(
                ExportException.class,
                () -> OnnxExporter.export(
                        block,
                        List.of(INPUT),
                        List.of(),
                        ExportOptions.defaults().withOpset(16)));
        assertThat(e)
                .hasMessageContaining("needs opset 17, found opset 16; export with opset 17")
                .hasMessageContaining("MessagesTest.java:" + line + ")");
    }

    @Test
    void sizesWithoutAFormulaGiveThreeExamples() {
        String message = refusal(x -> on(x).mul(Long.bitCount(x.getShape().get(0))))
                .contains("no formula for it was found", "make the dimension a fixed one")
                .actual();
        assertThat(message.split("\\{N=", -1).length - 1).isBetween(2, 3);
    }

    @Test
    void numbersOfArraysThatDiffer() {
        NDArray one = NDManager.newBaseManager().ones(new Shape(1));
        assertThat(message(
                        new LambdaBlock(list -> list.head().getShape().get(0) > 4
                                ? new NDList(list.head(), one)
                                : new NDList(list.head())),
                        INPUT))
                .contains("returns 2 arrays", "{N=5}", "a model has a fixed number of outputs");
    }

    @Test
    void noOutputs() {
        assertThat(message(new LambdaBlock(list -> new NDList()), INPUT))
                .isEqualTo("the block returns an empty list; a model needs at least one output, each an array");
        assertThat(message(new LambdaBlock(list -> null), INPUT)).startsWith("the block returns null; ");
        assertThat(message(new LambdaBlock(list -> new NDList(list.head(), null)), INPUT))
                .startsWith("the block returns a list with null in it; ");
    }

    private AbstractStringAssert<?> refusalOfThreads(Function<NDArray, NDArray> function) {
        return refusal(LambdaBlock.singleton(function), INPUT)
                .startsWith("the block computes on several threads")
                .contains("make the stream sequential");
    }

    @Test
    void severalThreads() {
        // Without on(): tasks that are left over would note their line while the next block runs.
        refusalOfThreads(x -> NDArrays.concat(
                        new NDList(IntStream.range(0, 6)
                                .parallel()
                                .mapToObj(i -> x.get(":," + i).expandDims(1))
                                .toList()),
                        1))
                .containsPattern("MessagesTest\\.lambda\\$severalThreads\\$\\d+\\(MessagesTest\\.java:\\d+\\)");
        refusalOfThreads(x -> CompletableFuture.supplyAsync(() -> on(x).exp()).join());
        refusalOfThreads(x -> {
            NDArray[] result = new NDArray[1];
            Thread thread = new Thread(() -> result[0] = on(x).exp());
            thread.setUncaughtExceptionHandler((t, e) -> {});
            thread.start();
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return x;
        });
    }

    @Test
    void typesForWhichTheEngineEndsTheProcessAreRefusedBefore() {
        for (DataType type : List.of(DataType.BFLOAT16, DataType.INT16, DataType.UINT32)) {
            String reason = " with " + type + " cannot be exported: DJL's PyTorch engine has no arrays of this type";
            refusal(x -> on(x).toType(type, false)).startsWith("toType" + reason);
            refusal(x -> on(x).getManager().zeros(new Shape(2), type)).startsWith("zeros" + reason);
            refusal(x -> on(x).getManager().create(new Shape(2), type)).startsWith("create" + reason);
            refusal(x -> on(x).add(OWN.zeros(new Shape(1), type).sum())).startsWith("zeros" + reason);
            refusal(x -> on(x).add(OWN.ones(new Shape(1)).toType(type, false).sum()))
                    .startsWith("toType" + reason);
        }
    }

    @Test
    void shapesThatTheBlockDoesNotTakeAreNotBlamedOnDynamicSizes() {
        Block linear = initialised(Linear.builder().setUnits(3).build(), 2, 6);
        refusal(linear, InputSpec.parse("x:float32[N,5]"))
                .contains("fails with x [N, 5] at every size that was tried, such as {N=2}, ")
                .contains("; it was initialised for [(2, 6)]: ")
                .contains("cannot be multiplied")
                .doesNotContain("dimension limit");
        Block convolution = initialised(
                Conv2d.builder().setKernelShape(new Shape(3, 3)).setFilters(2).build(), 1, 3, 8, 8);
        refusal(convolution, InputSpec.parse("x:float32[N,4,8,8]")).doesNotContain("dimension limit");
        refusal(linear, InputSpec.parse("x:float32[N,6]"), InputSpec.parse("y:float32[N,6]"))
                .contains("x [N, 6] and y [N, 6]");
    }

    @Test
    void sizesThatTheBlockDoesNotTake() {
        refusal(x -> on(x).reshape(-1, 4, 6))
                .contains("the block fails with {N=", ", and runs with {N=", "dimension limit");
        Block convolution = initialised(
                Conv2d.builder().setKernelShape(new Shape(50, 1)).setFilters(2).build(), 1, 3, 64, 8);
        refusal(convolution, InputSpec.parse("x:float32[1,3,H,8]")).contains("and runs with {H=64}", "dimension limit");
    }

    @Test
    void theEnginesOwnClasses() {
        refusal(x -> ((PtNDArray) on(x)).add(1)).contains("casts an array to ai.djl.pytorch.engine.PtNDArray");
    }

    /** A block whose child fails; the line is the one that calls the child. */
    private final class Own extends AbstractBlock {
        private final Block child = addChildBlock(
                "child", new SequentialBlock().add(Linear.builder().setUnits(3).build()));

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            return child.forward(store, new NDList(on(inputs.head()).get(":, 1:")), training);
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
            child.initialize(manager, type, shapes);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return shapes;
        }
    }

    @Test
    void aBlockOfDjlThatFailsIsNamedWithTheLineThatCallsIt() {
        refusal(initialised(new Own(), 2, 6), INPUT)
                .contains("in MessagesTest$Own > SequentialBlock > Linear at MessagesTest$Own.forwardInternal(");
    }

    @Test
    void anonymousBlocksHaveNames() {
        Block anonymous = new AbstractBlock() {
            @Override
            protected NDList forwardInternal(
                    ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
                return new NDList(on(inputs.head()).toSparse(SparseFormat.COO));
            }

            @Override
            public Shape[] getOutputShapes(Shape[] shapes) {
                return shapes;
            }
        };
        refusal(anonymous, INPUT).contains("in MessagesTest$1 at MessagesTest$1.forwardInternal(MessagesTest.java:");
    }

    @Test
    void theUsersOwnExceptionsKeepTheirText() {
        refusal(x -> {
                    if (x.getShape().get(0) != 7) {
                        throw new IllegalArgumentException("only 7, found " + on(x).getShape());
                    }
                    return x;
                })
                .contains("IllegalArgumentException: only 7, found (2, 6)");
    }

    @Test
    void parametersWithoutValuesAreNotAllListed() {
        SequentialBlock network = new SequentialBlock();
        for (int i = 0; i < 9; i++) {
            network.add(Linear.builder().setUnits(3).build());
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OnnxExporter.export(network, List.of(INPUT), List.of(), ExportOptions.defaults()))
                .withMessageMatching("the block's parameters \\[\\w+, \\w+, \\w+] and 15 more have no values; .*");
    }
}
