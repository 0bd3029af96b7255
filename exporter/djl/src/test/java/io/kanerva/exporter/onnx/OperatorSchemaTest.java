package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.CompositeOperation;
import io.kanerva.exporter.trace.ExportException;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A node that ONNX would not take is an error of the export, with its place in the block. */
class OperatorSchemaTest {
    /** A user's operation that adds one node. */
    private record OneNode(BiFunction<GraphBuilder, Value, Value> lowering) implements Composite {
        @Override
        public String name() {
            return "OneNode";
        }

        @Override
        public NDList compute(NDList inputs) {
            return new NDList(inputs.singletonOrThrow().duplicate());
        }

        @Override
        public List<Value> lower(GraphBuilder graph, List<Value> inputs) {
            return List.of(lowering.apply(graph, inputs.get(0)));
        }
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake(
                        (g, x) -> g.node("Conv", x),
                        "Conv of opset 17: expected 2 to 3 as the number of inputs, found 1"),
                mistake(
                        (g, x) -> g.node("Add", x, x, x),
                        "Add of opset 17: expected 2 as the number of inputs, found 3"),
                mistake(
                        (g, x) -> g.node("Concat", List.of(), "axis", 0),
                        "Concat of opset 17: expected at least 1 as the number of inputs, found 0"),
                mistake(
                        (g, x) -> g.nodes("TopK", 3, Collections.nCopies(2, x)).get(0),
                        "TopK of opset 17: expected 2 as the number of outputs, found 3"),
                mistake(
                        (g, x) -> g.node("Softmax", List.of(x), "axes", 1),
                        "Softmax of opset 17: expected one of the attributes [axis], found 'axes'"),
                mistake(
                        (g, x) -> g.node("Elu", List.of(x), "alpha", 1),
                        "Elu of opset 17: expected attribute 'alpha' as FLOAT, found INT"),
                mistake((g, x) -> g.node("Concat", x, x), "Concat of opset 17: expected attribute 'axis', found none"),
                mistake(
                        (g, x) -> g.node("Gelu", x),
                        "Gelu needs opset 20, found opset 17; export with opset 20 or newer"),
                mistake(
                        (g, x) -> g.node("ReduceMean", x, g.integers(0)),
                        "ReduceMean of opset 17: expected 1 as the number of inputs, found 2"));
    }

    private static Arguments mistake(BiFunction<GraphBuilder, Value, Value> lowering, String sentence) {
        return Arguments.of(sentence, lowering);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("mistakes")
    void aNodeOfAnotherFormIsAnErrorOfTheExport(String sentence, BiFunction<GraphBuilder, Value, Value> lowering) {
        LambdaBlock block = new LambdaBlock(list -> CompositeOperation.apply(new OneNode(lowering), list));
        assertThatThrownBy(() -> Exports.export(block, Exports.input("x", "B", 3)))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("composite cannot be exported: " + sentence)
                .hasMessageContaining("(in LambdaBlock at ");
    }
}
