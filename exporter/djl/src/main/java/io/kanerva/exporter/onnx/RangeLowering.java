package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.Programs;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.List;

/** Writes the programs for several ranges of sizes as ONNX's If, one branch for each. */
final class RangeLowering {
    private final GraphBuilder graph;
    private final Programs.Split programs;
    private final List<Value> inputs;

    /**
     * Prepares the nodes.
     *
     * @param graph to which they are added
     * @param inputs the values that the programs read
     */
    RangeLowering(GraphBuilder graph, Programs.Split programs, List<Value> inputs) {
        this.graph = graph;
        this.programs = programs;
        this.inputs = inputs;
    }

    /** Adds the nodes and returns the results. */
    List<Value> lower(LoopLowering.Body lowering) {
        Value size = graph.element(graph.size(Size.named(programs.dimension())));
        Value isLarger = graph.node("Greater", size, graph.scalar(ElementType.INT64, programs.largest()));
        List<Programs.Output> outputs = programs.outputs();
        List<Value> found = graph.nodes(
                "If",
                outputs.size(),
                List.of(isLarger),
                "then_branch",
                branch(programs.above(), lowering),
                "else_branch",
                branch(programs.upTo(), lowering));
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            results.add(new Value(
                    found.get(i).name(), outputs.get(i).type(), outputs.get(i).shape()));
        }
        return results;
    }

    private Graph branch(Programs side, LoopLowering.Body lowering) {
        GraphBuilder branch = graph.branch();
        List<Value> results = side instanceof Programs.Split split
                ? new RangeLowering(branch, split, inputs).lower(lowering)
                : lowering.lower(branch, ((Programs.One) side).program(), inputs);
        List<Programs.Output> outputs = side.outputs();
        List<Value> named = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            // An output must be computed in the branch, and have a name of its own.
            Value output = branch.node("Identity", results.get(i));
            List<Size> shape = outputs.get(i).shape().stream()
                    .map(axis -> axis.isFixed() ? axis : Size.unknown())
                    .toList();
            named.add(new Value(output.name(), outputs.get(i).type(), shape));
        }
        return branch.build(named);
    }
}
