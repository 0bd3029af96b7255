package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.Programs;
import io.kanerva.exporter.trace.SizeQuestion;
import io.kanerva.exporter.trace.size.Size;
import io.kanerva.onnx.ElementType;
import java.util.ArrayList;
import java.util.List;

/** Writes the programs for several parts of the sizes as ONNX's If, one branch for each. */
final class RangeLowering {
    private final GraphBuilder graph;
    private final Programs programs;
    private final List<Value> inputs;

    /**
     * Prepares the nodes.
     *
     * @param graph to which they are added
     * @param inputs the values that the programs read
     */
    RangeLowering(GraphBuilder graph, Programs programs, List<Value> inputs) {
        this.graph = graph;
        this.programs = programs;
        this.inputs = inputs;
    }

    /** Adds the nodes and returns the results. */
    List<Value> lower(LoopLowering.Body lowering) {
        List<Programs.Output> outputs = programs.outputs();
        List<Value> found = graph.nodes(
                "If",
                outputs.size(),
                List.of(condition()),
                "then_branch",
                then(lowering),
                "else_branch",
                otherwise(lowering));
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            results.add(new Value(
                    found.get(i).name(), outputs.get(i).type(), outputs.get(i).shape()));
        }
        return results;
    }

    /** Whether the first branch runs: where the test holds, or for the first remainder. */
    private Value condition() {
        if (programs instanceof Programs.Split split) {
            SizeQuestion test = split.test();
            return graph.node(
                    test.isEqual() ? "Equal" : "Greater",
                    graph.element(graph.size(test.left())),
                    graph.element(graph.size(test.right())));
        }
        Programs.Remainders remainders = (Programs.Remainders) programs;
        Size multiple = Size.named(remainders.dimension()).plus(remainders.lacking());
        Value rest = graph.node("Mod", graph.size(multiple), graph.integers(remainders.divisor()));
        return graph.node("Equal", graph.element(rest), graph.scalar(ElementType.INT64, 0));
    }

    private Graph then(LoopLowering.Body lowering) {
        return programs instanceof Programs.Split split
                ? branch(split.then(), graph.branch(), lowering)
                : ofRemainder(((Programs.Remainders) programs).classes().get(0), lowering);
    }

    private Graph otherwise(LoopLowering.Body lowering) {
        if (programs instanceof Programs.Split split) {
            return branch(split.otherwise(), graph.branch(), lowering);
        }
        Programs.Remainders remainders = (Programs.Remainders) programs;
        return remainders.classes().size() == 2
                ? ofRemainder(remainders.others(), lowering)
                : branch(remainders.others(), graph.branch(), lowering);
    }

    /** The branch of one remainder, in which the dimension is the quotient, rounded up. */
    private Graph ofRemainder(Programs side, LoopLowering.Body lowering) {
        Programs.Remainders remainders = (Programs.Remainders) programs;
        Size size = Size.named(remainders.dimension());
        Value quotient = graph.size(size.plus(remainders.divisor() - 1L).floorDivided(remainders.divisor()));
        GraphBuilder branch = graph.branch();
        branch.dimension(remainders.dimension(), quotient);
        return branch(side, branch, lowering);
    }

    private Graph branch(Programs side, GraphBuilder branch, LoopLowering.Body lowering) {
        List<Value> results = side instanceof Programs.One one
                ? lowering.lower(branch, one.program(), inputs)
                : new RangeLowering(branch, side, inputs).lower(lowering);
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
