package io.kanerva.exporter.onnx;

import static io.kanerva.exporter.onnx.Exports.input;
import static io.kanerva.exporter.onnx.Exports.operators;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.LambdaBlock;
import io.kanerva.exporter.trace.CompositeOperation;
import io.kanerva.onnx.ElementType;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Nodes with subgraphs that read values of the graph around them, through the passes and the listing. */
class SubgraphTest {
    /** The array itself or its negative, whichever has the larger sum. */
    private static final Composite LARGER = new Composite() {
        @Override
        public String name() {
            return "Larger";
        }

        @Override
        public NDList compute(NDList inputs) {
            NDArray x = inputs.singletonOrThrow();
            return new NDList(x.sum().getFloat() > 0 ? x.duplicate() : x.neg());
        }

        @Override
        public List<Value> lower(GraphBuilder graph, List<Value> inputs) {
            Value x = graph.node("Identity", inputs.get(0));
            Value isPositive = graph.node(
                    "Greater",
                    graph.node("ReduceSum", List.of(x), "keepdims", 0),
                    graph.scalar(ElementType.FLOAT32, 0));
            return List.of(graph.node(
                    "If",
                    List.of(isPositive),
                    "then_branch",
                    branch(graph, x, false),
                    "else_branch",
                    branch(graph, x, true)));
        }

        private Graph branch(GraphBuilder graph, Value x, boolean isNegated) {
            GraphBuilder branch = graph.subgraph();
            Value twice = branch.node("Identity", branch.node("Identity", x));
            Value result = isNegated ? branch.node("Neg", twice) : branch.node("Identity", twice);
            return branch.build(List.of(new Value(result.name(), ElementType.FLOAT32, null)));
        }
    };

    @Test
    void aSubgraphReadsValuesOfTheGraphAroundIt() {
        OnnxModel model = Exports.export(
                new LambdaBlock(list -> CompositeOperation.apply(
                        LARGER, new NDList(list.head().exp().sub(1)))),
                input("x", "B", 3));
        assertThat(operators(model)).containsExactly("Exp", "Sub", "ReduceSum", "Greater", "If");
        assertThat(model.toText()).contains("  then_branch", "  else_branch", " = Neg(Sub_1)", " = Identity(Sub_1)");
    }
}
