package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.DjlTensors;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.reference.SeveralOpinions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Short ways to export blocks in tests; every model is run with ONNX Runtime and the reference evaluator, and compared
 * with its block.
 */
final class Exports {
    /** None: these tests are of operations; LargeSizesTest and OutsideTest are of large sizes. */
    static final long PROBE_BUDGET = 0;

    static final ExportOptions CHECKED =
            ExportOptions.defaults().withCheck(new SeveralOpinions(1e-4)).withProbeBudget(PROBE_BUDGET);

    private Exports() {}

    /** A float input; a text is a dynamic dimension, a number a fixed one. */
    static InputSpec input(String name, Object... shape) {
        return input(name, DataType.FLOAT32, shape);
    }

    static InputSpec input(String name, DataType type, Object... shape) {
        return new InputSpec(
                name,
                type,
                Arrays.stream(shape)
                        .map(d -> d instanceof String text ? Dimension.named(text) : Dimension.fixed((Integer) d))
                        .toList());
    }

    static OnnxModel export(Block block, InputSpec... inputs) {
        return OnnxExporter.export(block, List.of(inputs), List.of("y"), CHECKED);
    }

    static OnnxModel exportLambda(Function<NDList, NDList> forward, InputSpec... inputs) {
        return export(new LambdaBlock(forward), inputs);
    }

    static OnnxModel exportFunction(Function<NDArray, NDArray> function, InputSpec input) {
        return export(LambdaBlock.singleton(function), input);
    }

    /** A block with reproducible random parameters. */
    static <B extends Block> B initialised(B block, long... shape) {
        Engine.getInstance().setRandomSeed(7);
        block.initialize(NDManager.newBaseManager(), DataType.FLOAT32, new Shape(shape));
        return block;
    }

    /** Runs a model that computes y from x on given values, and compares it with the engine. */
    static void requireAgreement(OnnxModel model, Function<NDArray, NDArray> function, float[] values, long... shape) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Tensor found = new SeveralOpinions(1e-4)
                    .run(model.toBytes(), Map.of("x", Tensor.of(values.clone(), shape)))
                    .get("y");
            NDArray expected = function.apply(manager.create(values, new Shape(shape)));
            assertThat(found.shape()).isEqualTo(expected.getShape().getShape());
            requireClose(found.doubles(), DjlTensors.copyOf(expected).doubles());
        }
    }

    /** As AssertJ's containsExactly with an offset, which takes a hundred times as long. */
    private static void requireClose(double[] found, double[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            boolean isClose = Math.abs(found[i] - expected[i]) <= 1e-4 || Double.compare(found[i], expected[i]) == 0;
            if (!isClose) {
                fail("expected " + expected[i] + " at " + i + ", found " + found[i]);
            }
        }
    }

    static double largestDifference(OnnxModel model) {
        return model.checks().stream()
                .mapToDouble(OnnxModel.Check::largestDifference)
                .max()
                .orElseThrow();
    }

    static List<String> operators(OnnxModel model) {
        return IntStream.range(0, model.proto().getGraph().getNodeCount())
                .mapToObj(i -> model.proto().getGraph().getNode(i).getOpType())
                .toList();
    }
}
