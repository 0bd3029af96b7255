package io.kanerva.bench.inference;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Nodes that share a line of the table.
 *
 * @param label their description
 * @param nodes their number
 * @param microseconds the median over the runs of their total time
 * @param multiplyAdds their total per run; see {@link NodeRun#multiplyAdds}
 */
record NodeGroup(String label, int nodes, double microseconds, long multiplyAdds) {
    private static final double MIN_SHARE = 0.01;

    /**
     * Groups nodes: first each convolution, in execution order; then the other operators, slowest first; last, in one
     * group, those that took less than 1 % each and have no counted arithmetic.
     *
     * @param runs of the same nodes
     */
    static List<NodeGroup> of(List<List<NodeRun>> runs) {
        List<NodeRun> first = runs.get(0);
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < first.size(); i++) {
            groups.computeIfAbsent(first.get(i).group(), label -> new ArrayList<>())
                    .add(i);
        }
        double min = MIN_SHARE * all(runs).microseconds();
        List<NodeGroup> convolutions = new ArrayList<>();
        List<NodeGroup> operators = new ArrayList<>();
        List<Integer> rest = new ArrayList<>();
        List<String> restLabels = new ArrayList<>();
        groups.forEach((label, nodes) -> {
            NodeGroup group = group(label, nodes, runs);
            if (first.get(nodes.get(0)).operator().endsWith("Conv")) {
                convolutions.add(group);
            } else if (group.microseconds() >= min || group.multiplyAdds() > 0) {
                operators.add(group);
            } else {
                rest.addAll(nodes);
                restLabels.add(label);
            }
        });
        operators.sort(Comparator.comparingDouble(NodeGroup::microseconds).reversed());
        List<NodeGroup> sorted = new ArrayList<>(convolutions);
        sorted.addAll(operators);
        if (!rest.isEmpty()) {
            sorted.add(group("less than 1 % each: " + String.join(", ", restLabels), rest, runs));
        }
        return sorted;
    }

    /** Returns all nodes as one group. */
    static NodeGroup all(List<List<NodeRun>> runs) {
        List<Integer> nodes = new ArrayList<>();
        for (int i = 0; i < runs.get(0).size(); i++) {
            nodes.add(i);
        }
        return group("all nodes", nodes, runs);
    }

    double gigaflops() {
        return gigaflops(multiplyAdds, microseconds);
    }

    /** Returns 10^9 multiplications and additions per second. */
    static double gigaflops(long multiplyAdds, double microseconds) {
        return 2 * multiplyAdds / microseconds / 1e3;
    }

    private static NodeGroup group(String label, List<Integer> nodes, List<List<NodeRun>> runs) {
        return new NodeGroup(
                label,
                nodes.size(),
                Median.of(runs.stream()
                        .map(run -> sum(run, nodes, NodeRun::microseconds))
                        .toList()),
                sum(runs.get(0), nodes, NodeRun::multiplyAdds));
    }

    private static long sum(List<NodeRun> run, List<Integer> nodes, ToLongFunction<NodeRun> what) {
        return nodes.stream().map(run::get).mapToLong(what).sum();
    }
}
