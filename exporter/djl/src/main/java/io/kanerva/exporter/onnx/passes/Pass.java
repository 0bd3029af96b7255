package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import java.util.List;

/** A rewrite that keeps a graph's meaning. */
@FunctionalInterface
public interface Pass {
    Graph apply(Graph graph);

    /** Applies all passes, to the subgraphs first, until none of them changes the graph. */
    static Graph applyAll(Graph graph) {
        return applyAll(
                graph,
                new Subgraphs(),
                new RemoveIdentities(),
                new MergeEqualNodes(),
                new MergeMoves(),
                new FuseBatchNorm(),
                new FuseClip(),
                new FuseSubtraction(),
                new DivideScores(),
                new RemoveUnused(),
                new ShareTransposed());
    }

    /** Applies passes in turn until none of them changes the graph. */
    static Graph applyAll(Graph graph, Pass... passes) {
        List<Node> before;
        do {
            // Weights are not compared: none changes without the nodes that read it.
            before = graph.nodes();
            for (Pass pass : passes) {
                graph = pass.apply(graph);
            }
        } while (!graph.nodes().equals(before));
        return graph;
    }
}
