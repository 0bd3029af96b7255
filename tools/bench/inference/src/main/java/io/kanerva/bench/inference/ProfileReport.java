package io.kanerva.bench.inference;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The tables of {@link GraphProfile} as text; speeds are relative to the matrix product's. */
final class ProfileReport {
    private final StringBuilder text = new StringBuilder();
    private final NodeGroup product;
    private final long multiplyAdds;
    private boolean hasLoneConvolutions;

    /**
     * @param product the matrix product
     * @param multiplyAdds of the model's own graph
     */
    ProfileReport(NodeGroup product, long multiplyAdds) {
        this.product = product;
        this.multiplyAdds = multiplyAdds;
    }

    /** @param runs of the graph, at least one */
    void nodes(List<List<NodeRun>> runs) {
        NodeGroup all = NodeGroup.all(runs);
        List<NodeGroup> lines = new ArrayList<>(NodeGroup.of(runs));
        lines.add(all);
        add("| nodes of the graph | count | us | of all nodes | million multiply-adds | Gflop/s | of the "
                + "product's |%n|---|---:|---:|---:|---:|---:|---:|%n");
        for (NodeGroup line : lines) {
            double share = 100 * line.microseconds() / all.microseconds();
            if (line.multiplyAdds() == 0) {
                add("| %s | %d | %,.0f | %.1f %% | | | |%n", line.label(), line.nodes(), line.microseconds(), share);
            } else {
                add(
                        "| %s | %d | %,.0f | %.1f %% | %.1f | %.0f | %.0f %% |%n",
                        line.label(),
                        line.nodes(),
                        line.microseconds(),
                        share,
                        line.multiplyAdds() / 1e6,
                        line.gigaflops(),
                        percent(line.gigaflops()));
            }
        }
        add(
                "%nA convolution counts one multiply-add per output, input channel and kernel position, "
                        + "including padding; a matrix%nproduct likewise; other operators count none. A "
                        + "multiply-add is two flops. Medians of %,d runs under ONNX Runtime's%nprofiler, "
                        + "which measures whole microseconds per node.%n",
                runs.size());
        if (all.multiplyAdds() != multiplyAdds) {
            add(
                    "The model itself has %.1f million multiply-adds; the rest are channels that ONNX Runtime "
                            + "adds to fill its blocks.%n",
                    multiplyAdds / 1e6);
        }
        add("%n");
    }

    /** Adds the medians of calls from Java, in microseconds. */
    void calls(double plain, double profiled, double recall) {
        add("| call | us | Gflop/s | of the product's |%n|---|---:|---:|---:|%n");
        add(
                "| matrix product, 512 x 512 (its node) | %,.0f | %.0f | 100 %% |%n",
                product.microseconds(), product.gigaflops());
        call("the graph", plain);
        call(
                "the graph under the profiler, which costs %.0f us (%.1f %%)"
                        .formatted(profiled - plain, 100 * (profiled / plain - 1)),
                profiled);
        call("the complete prepared recall: search, graph, sigmoid", recall);
        add("%n");
    }

    /** @param node the convolution, without the layout conversions around it */
    void alone(LoneConvolution of, NodeGroup node) {
        if (!hasLoneConvolutions) {
            add("| isolated convolution | us | Gflop/s | of the product's |%n|---|---:|---:|---:|%n");
            hasLoneConvolutions = true;
        }
        add(
                "| %d to %d channels, %d x %d, %d images of %d x %d | %,.0f | %.0f | %.0f %% |%n",
                of.inputChannels(),
                of.outputChannels(),
                of.kernel(),
                of.kernel(),
                of.images(),
                of.size(),
                of.size(),
                node.microseconds(),
                node.gigaflops(),
                percent(node.gigaflops()));
    }

    private void call(String name, double microseconds) {
        double gigaflops = NodeGroup.gigaflops(multiplyAdds, microseconds);
        add("| %s | %,.0f | %.0f | %.0f %% |%n", name, microseconds, gigaflops, percent(gigaflops));
    }

    private double percent(double gigaflops) {
        return 100 * gigaflops / product.gigaflops();
    }

    private void add(String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values));
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
