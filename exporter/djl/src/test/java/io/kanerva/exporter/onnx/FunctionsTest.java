package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import io.kanerva.exporter.outside.Comparison;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.FunctionProto;
import io.kanerva.onnx.proto.NodeProto;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Blocks that repeat, written as functions. */
class FunctionsTest {
    private static final List<InputSpec> INPUTS = List.of(InputSpec.parse("x:float32[N,4]"));

    private static Block layer(int units) {
        return new SequentialBlock()
                .add(Linear.builder().setUnits(units).build())
                .add(Activation::tanh)
                .add(LayerNorm.builder().axis(1).build());
    }

    private static OnnxModel export(Block block, ExportOptions options) {
        return OnnxExporter.export(Exports.initialised(block, 2, 4), INPUTS, List.of("y"), options.withCheck());
    }

    @Test
    void blocksThatRepeatAreOneFunctionThatComputesTheSame() throws IOException {
        Block block = new SequentialBlock()
                .add(layer(4))
                .add(layer(4))
                .add(Linear.builder().setUnits(4).build())
                .add(layer(4));
        OnnxModel plain = export(block, ExportOptions.defaults());
        OnnxModel model = export(block, ExportOptions.defaults().withFunctions());
        assertThat(model.checks()).isNotEmpty();
        assertThat(model.proto().getFunctionsList()).hasSize(1);
        FunctionProto function = model.proto().getFunctions(0);
        assertThat(function.getNodeList().stream().map(NodeProto::getOpType))
                .containsExactly("Gemm", "Tanh", "LayerNormalization");
        assertThat(function.getInputList()).hasSize(5).contains("Linear/weight");
        assertThat(model.proto().getGraph().getNodeList().stream().map(NodeProto::getOpType))
                .containsExactly(function.getName(), function.getName(), "Gemm", function.getName());
        Map<String, Tensor> feeds = Map.of("x", Tensor.of(new float[] {1, -2, 3, 0.5f, 0, 1, 2, 3}, 2, 4));
        OrtRunner runtime = new OrtRunner();
        assertThat(runtime.run(model.toBytes(), feeds)).isEqualTo(runtime.run(plain.toBytes(), feeds));
        assertThat(OnnxFiles.toText(model.proto())).contains("function block." + function.getName() + "(");
        java.nio.file.Path folder = OnnxChecker.folder("functions");
        model.write(folder.resolve("layers.onnx"));
        System.out.println("functions: " + OnnxChecker.check(folder).orElse(OnnxChecker.ABSENT));
    }

    @Test
    void whatDoesNotRepeatStaysAsItIs() {
        Block block = new SequentialBlock()
                .add(layer(3))
                .add(Linear.builder().setUnits(4).build());
        OnnxModel plain = export(block, ExportOptions.defaults());
        assertThat(export(block, ExportOptions.defaults().withFunctions()).proto())
                .isEqualTo(plain.proto());
    }

    @Test
    void aGraphThatChangesAtASizeComputesTheSameWithFunctions() {
        Function<NDList, NDList> recent = list -> {
            NDArray x = list.head();
            return new NDList(x.getShape().get(0) > 20 ? x.sub(x.get("-20:").mean(new int[] {0}, true)) : x);
        };
        Block block = Exports.initialised(
                new SequentialBlock().add(layer(4)).add(layer(4)).add(recent).add(layer(4)), 2, 4);
        ExportOptions options = ExportOptions.defaults().withDimensionLimit("N", 1, 100);
        OnnxModel plain = OnnxExporter.export(block, INPUTS, List.of("y"), options.withCheck());
        OnnxModel model = OnnxExporter.export(
                block, INPUTS, List.of("y"), options.withFunctions().withCheck());
        assertThat(model.toText()).contains("If(");
        assertThat(plain.proto().getFunctionsList()).isEmpty();
        assertThat(model.proto().getFunctionsList()).as("one for both branches").hasSize(1);
        assertThat(model.toText().lines().filter(line -> line.contains("= block.")))
                .hasSize(6);
        OrtRunner runtime = new OrtRunner();
        for (int rows : new int[] {1, 20, 21, 100}) {
            Map<String, Tensor> feeds =
                    Map.of("x", new Sampler(Map.of()).sample(INPUTS.get(0), Map.of("N", (long) rows), 3));
            Tensor found = runtime.run(model.toBytes(), feeds).get("y");
            assertThat(Comparison.difference(Comparison.compute(block, INPUTS, feeds), List.of(found), 1e-5))
                    .isLessThan(1e-5);
        }
    }

    /** What a loop's body reads of a block that repeats is a result of the function. */
    @Test
    void aLoopReadsWhatAFunctionComputes() {
        List<InputSpec> inputs = List.of(InputSpec.parse("x:float32[T,4]"));
        Function<NDList, NDList> summed = list -> {
            NDArray x = list.head();
            NDArray state = x.get("0").zerosLike();
            for (long t = 0; t < x.getShape().get(0); t++) {
                state = state.mul(0.5).add(x.get(t)).tanh();
            }
            return new NDList(state);
        };
        Block block = Exports.initialised(
                new SequentialBlock().add(layer(4)).add(layer(4)).add(summed), 2, 4);
        OnnxModel model = OnnxExporter.export(
                block,
                inputs,
                List.of("y"),
                ExportOptions.defaults().withFunctions().withCheck());
        assertThat(model.proto().getFunctionsList()).hasSize(1);
        assertThat(model.toText()).contains("Loop(");
        assertThat(model.checks()).isNotEmpty();
    }

    /** A recurrent network whose step runs two equal layers. */
    private static final class Steps extends AbstractBlock {
        private final Block first = addChildBlock("first", layer(4));
        private final Block second = addChildBlock("second", layer(4));

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> parameters) {
            NDArray x = inputs.head();
            NDList state = new NDList(x.get("0:1").zerosLike());
            for (long t = 0; t < x.getShape().get(0); t++) {
                NDList sum = new NDList(state.head().add(x.get("{}:{}", t, t + 1)));
                state = second.forward(store, first.forward(store, sum, training), training);
            }
            return state;
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
            first.initialize(manager, type, new Shape(1, 4));
            second.initialize(manager, type, new Shape(1, 4));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return new Shape[] {new Shape(1, 4)};
        }
    }

    @Test
    void aLoopsBodyKeepsItsNodes() {
        List<InputSpec> inputs = List.of(InputSpec.parse("x:float32[T,4]"));
        Block block = Exports.initialised(new Steps(), 2, 4);
        OnnxModel model = OnnxExporter.export(
                block,
                inputs,
                List.of("y"),
                ExportOptions.defaults().withFunctions().withCheck());
        assertThat(model.proto().getFunctionsList()).isEmpty();
        assertThat(model.toText()).contains("Loop(");
        Map<String, Tensor> feeds = Map.of("x", new Sampler(Map.of()).sample(inputs.get(0), Map.of("T", 7L), 3));
        Tensor found = new OrtRunner().run(model.toBytes(), feeds).get("y");
        assertThat(Comparison.difference(Comparison.compute(block, inputs, feeds), List.of(found), 1e-5))
                .isLessThan(1e-5);
    }

    @Test
    void functionsNeedAnIrVersionThatHasThem() {
        assertThatThrownBy(() -> export(
                        layer(4), ExportOptions.defaults().withIrVersion(7).withFunctions()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("functions: expected IR version 8 or newer, found 7");
    }
}
