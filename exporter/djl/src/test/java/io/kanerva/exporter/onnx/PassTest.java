package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.exportFunction;
import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import io.kanerva.exporter.onnx.passes.Pass;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.reference.ReferenceEvaluator;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The shape of graphs after the passes; that they still compute the same is checked on every export. */
class PassTest {
    @Test
    void transposesInARowBecomeOne() {
        assertThat(operators(exportFunction(x -> x.transpose(1, 2, 0).transpose(2, 1, 0), input("x", "B", 4, 6))))
                .containsExactly("Transpose");
    }

    @Test
    void transposesThatCancelLeaveNothingBehind() {
        assertThat(operators(exportFunction(
                        x -> x.transpose(1, 2, 0).transpose(2, 0, 1).exp(), input("x", "B", 4, 6))))
                .containsExactly("Exp");
    }

    @Test
    void reshapesInARowBecomeOne() {
        OnnxModel model = exportFunction(
                x -> x.reshape(x.getShape().get(0) * x.getShape().get(1), 6)
                        .reshape(x.getShape().get(0) * x.getShape().get(1), 2, 3),
                input("x", "B", "T", 6));
        assertThat(operators(model)).containsExactly("Reshape");
        assertThat(model.toText()).contains("Reshape(x, [-1, 2, 3])");
    }

    @Test
    void whatIsComputedTwiceIsComputedOnce() {
        assertThat(operators(exportFunction(x -> x.exp().add(x.exp()), input("x", "B", 6))))
                .containsExactly("Exp", "Add");
    }

    @Test
    void whatNoOutputNeedsIsGone() {
        OnnxModel model = exportFunction(
                x -> {
                    x.mul(x.getManager().arange(600f).reshape(100, 6).get(3)).exp();
                    return x.neg();
                },
                input("x", "B", 6));
        assertThat(operators(model)).containsExactly("Neg");
        assertThat(model.proto().getGraph().getInitializerList()).isEmpty();
    }

    @Test
    void operationsOnConstantsAreFolded() {
        OnnxModel model =
                exportFunction(x -> x.add(x.getManager().arange(6f).mul(2).exp().sum()), input("x", "B", 6));
        assertThat(operators(model)).containsExactly("Add");
    }

    @Test
    void anArrayThatIsReturnedTwiceKeepsBothNames() {
        OnnxModel model = OnnxExporter.export(
                new LambdaBlock(list -> {
                    NDArray y = list.singletonOrThrow().exp();
                    return new NDList(y, y, list.singletonOrThrow());
                }),
                List.of(input("x", "B", 6)),
                List.of("a", "b", "c"),
                Exports.CHECKED);
        assertThat(operators(model)).containsExactly("Exp", "Identity", "Identity");
    }

    /** A graph on which every pass has something to do, with weights and constants of one type. */
    private static Graph beforePasses(ElementType type) {
        GraphBuilder g = new GraphBuilder(ExportOptions.defaults());
        List<Size> image = List.of(Size.named("N"), Size.fixed(2), Size.fixed(4), Size.fixed(4));
        Value x = g.input("x", type, image);
        Value filters = g.initializer("conv/weight", numbers(type, 3, 2, 3, 3));
        Value convolution = g.node("Conv", x, filters);
        Value normal = g.node("BatchNormalization", channels(g, "conv", type, convolution), "epsilon", 1e-5f);
        Value clipped = g.node("Min", g.node("Relu", g.node("Identity", normal)), g.scalar(type, 6));
        Value moved = clipped;
        for (int i = 0; i < 2; i++) {
            moved = g.node("Transpose", List.of(moved), "perm", new long[] {0, 2, 3, 1});
        }
        Value twice = g.node("Add", g.node("Exp", moved), g.node("Exp", moved));
        Value rows = g.node("Reshape", g.node("Reshape", twice, g.integers(0, 6, 2)), g.integers(-1, 3));
        Tensor matrix = numbers(type, 3, 3);
        Value weight = g.initializer("linear/weight", matrix);
        Value dense =
                g.node("Gemm", List.of(rows, weight, g.initializer("linear/bias", numbers(type, 3))), "transB", 1);
        Value second = g.node("BatchNormalization", channels(g, "linear", type, dense), "epsilon", 1e-5f);
        Value shared = g.node("Gemm", List.of(second, weight), "transB", 1);
        g.node("Neg", g.node("Mul", shared, g.initializer("unused", numbers(type, 3))));
        Value transposed = g.initializer("linear/weight/transposed", transposed(matrix));
        g.identity(g.node("MatMul", shared, transposed), "y");
        return g.build(List.of(new Value("y", type, List.of(Size.unknown(), Size.fixed(3)))));
    }

    private static List<Value> channels(GraphBuilder g, String layer, ElementType type, Value x) {
        return List.of(
                x,
                g.initializer(layer + "/gamma", Tensor.of(type, new double[] {1.5, -0.5, 0.25}, 3)),
                g.initializer(layer + "/beta", Tensor.of(type, new double[] {0.25, 2, -1}, 3)),
                g.initializer(layer + "/mean", Tensor.of(type, new double[] {0.5, 0, -0.125}, 3)),
                g.initializer(layer + "/variance", Tensor.of(type, new double[] {0.25, 1, 4}, 3)));
    }

    private static Tensor numbers(ElementType type, long... shape) {
        double[] numbers = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        Arrays.setAll(numbers, i -> Math.sin(1.7 * i + 1) / 2);
        return Tensor.of(type, numbers, shape);
    }

    private static Tensor transposed(Tensor matrix) {
        double[] rows = matrix.doubles();
        double[] columns = rows.clone();
        Arrays.setAll(columns, i -> rows[i % 3 * 3 + i / 3]);
        return Tensor.of(matrix.type(), columns, 3, 3);
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16", "FLOAT32", "FLOAT64"})
    void allPassesWorkInEveryFloatType(ElementType type) {
        Graph before = beforePasses(type);
        Graph after = Pass.applyAll(before);
        assertThat(after.nodes().stream().map(Node::operator))
                .containsExactly(
                        "Transpose", "Conv", "Clip", "Transpose", "Exp", "Add", "Reshape", "Gemm", "Gemm", "MatMul");
        assertThat(after.initializers().values())
                .filteredOn(tensor -> tensor.type() != ElementType.INT64)
                .allSatisfy(tensor -> assertThat(tensor.type()).isEqualTo(type));
        Map<String, Tensor> input = Map.of("x", numbers(type, 3, 2, 4, 4));
        ReferenceEvaluator reference = new ReferenceEvaluator();
        double[] expected = reference.run(bytes(before), input).get("y").doubles();
        double[] found = reference.run(bytes(after), input).get("y").doubles();
        double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertThat(found).containsExactly(expected, within(8 * type.precision() * scale));
    }

    private static byte[] bytes(Graph graph) {
        return ModelWriter.write(graph, ExportOptions.defaults()).toByteArray();
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "FLOAT32", "FLOAT64"})
    void aNormalisationIsFoldedIntoTheLayerBeforeItInEveryFloatTypeOfTheEngine(DataType type) {
        for (boolean isConvolution : new boolean[] {true, false}) {
            Block layer = isConvolution
                    ? Conv2d.builder()
                            .setKernelShape(new Shape(2, 2))
                            .setFilters(3)
                            .build()
                    : Linear.builder().setUnits(4).build();
            Block block =
                    new SequentialBlock().add(layer).add(BatchNorm.builder().build());
            Shape shape = isConvolution ? new Shape(1, 2, 4, 4) : new Shape(1, 6);
            block.initialize(NDManager.newBaseManager(), type, shape);
            InputSpec input = isConvolution ? input("x", type, "B", 2, 4, 4) : input("x", type, "B", 6);
            // ONNX Runtime has no convolution of float64.
            ExportOptions options = type == DataType.FLOAT64
                    ? ExportOptions.defaults()
                            .withCheck(new ReferenceEvaluator())
                            .withTolerance(1e-12)
                    : Exports.CHECKED;
            assertThat(operators(OnnxExporter.export(block, List.of(input), List.of("y"), options)))
                    .containsExactly(isConvolution ? "Conv" : "Gemm");
        }
    }

    @Test
    void aNormalisationWhoseFoldedWeightsExceedTheirTypeStays() {
        ElementType type = ElementType.FLOAT16;
        GraphBuilder g = new GraphBuilder(ExportOptions.defaults());
        Value x = g.input("x", type, List.of(Size.named("N"), Size.fixed(3)));
        Value weight = g.initializer("weight", Tensor.filled(type, 40_000, 3, 3));
        Value dense = g.node("Gemm", List.of(x, weight), "transB", 1);
        g.identity(g.node("BatchNormalization", channels(g, "norm", type, dense), "epsilon", 0f), "y");
        Graph graph = g.build(List.of(new Value("y", type, List.of(Size.named("N"), Size.fixed(3)))));
        assertThat(Pass.applyAll(graph).nodes().stream().map(Node::operator))
                .containsExactly("Gemm", "BatchNormalization");
    }
}
