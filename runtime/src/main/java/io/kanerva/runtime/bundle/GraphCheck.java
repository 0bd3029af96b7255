package io.kanerva.runtime.bundle;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.runtime.bundle.ProtoMessage.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Checks a bundle's graphs before ONNX Runtime sees them: a graph may be anybody's. It must consist of operators that
 * K++ needs, none of which can loop, its outputs must have the shapes that the settings imply, and what it computes on
 * the way must not be larger than a model with these settings needs. To that end all shapes are followed from node to
 * node, for several sizes of call.
 */
final class GraphCheck {

    /** Episodes and samples (or queries) of the calls that are followed: tensors that grow with a square stand out. */
    private static final int[][] CALLS = {{8, 32}, {2, 3}, {1, 1}};

    /**
     * Values that a tensor may have per sample, as a multiple of the largest that the settings name. Bundles that the
     * project makes need up to 2.
     */
    private static final long SPARE = 32;

    /** Values that any tensor may have. */
    private static final long FREE = 1 << 16;

    /** Multiplications per value of the largest tensor that one node may take. */
    private static final long PRODUCTS = 1 << 10;

    private final String place;
    private final Bundle bundle;
    private final BundleGraph graph;
    private final GraphFile file;

    private GraphCheck(String place, Bundle bundle, BundleGraph graph, GraphFile file) {
        this.place = place;
        this.bundle = bundle;
        this.graph = graph;
        this.file = file;
    }

    /**
     * Checks one graph file.
     *
     * @param place names the file in messages
     * @throws BundleException if it is no ONNX model, or one that no bundle with these settings has
     */
    static void check(String place, Bundle bundle, BundleGraph graph, byte[] model) {
        GraphFile file = GraphFile.read(place, model);
        GraphCheck check = new GraphCheck(place, bundle, graph, file);
        check.requireVersion("IR version", bundle.irVersion(), file.irVersion);
        check.requireVersion("operator set", bundle.opset(), file.opset);
        check.requireNames("inputs", graph.inputs(), file.inputs);
        check.requireNames("outputs", graph.outputs(), file.outputs);
        int capacity = bundle.settings().capacity();
        for (int[] call : CALLS) {
            check.follow(call[0], graph.takesSamples() ? Math.min(call[1], capacity) : call[1]);
        }
    }

    private void requireVersion(String what, long expected, long found) {
        if (expected != found) {
            throw new BundleException(
                    "%s: expected %s %d, as bundle.json states, found %d", place, what, expected, found);
        }
    }

    private void requireNames(String role, List<String> expected, List<String> found) {
        if (!expected.equals(found)) {
            throw new BundleException(
                    "%s: graph %s: expected %s %s, found %s", place, graph.label(), role, expected, found);
        }
    }

    /** Follows the shapes of a call with {@code batch} episodes of {@code count} samples or queries. */
    private void follow(int batch, int count) {
        Signature signature = new Signature(graph, bundle.settings());
        long limit = FREE + SPARE * batch * count * Sizes.largest(bundle.settings());
        Map<String, GraphValue> values = new HashMap<>(file.constants);
        for (TensorDescription input : signature.inputs()) {
            int[] shape = Signature.shape(input, batch, count);
            values.put(
                    input.name(),
                    GraphValue.of(Arrays.stream(shape).asLongStream().toArray()));
        }
        for (GraphNode node : file.nodes) {
            List<GraphValue> taken = new ArrayList<>();
            for (String name : node.inputs()) {
                if (!name.isEmpty() && !values.containsKey(name)) {
                    throw new BundleException(
                            "%s: %s: expected '%s' to be made before, found nothing of that name", place, node, name);
                }
                taken.add(values.get(name));
            }
            GraphValue[] made = apply(node, taken);
            for (int i = 0; i < node.outputs().size(); i++) {
                if (i >= made.length) {
                    throw new BundleException("%s: %s: expected %d outputs, found %d", place, node, made.length, i + 1);
                }
                requireSize(node, made[i], limit);
                values.put(node.outputs().get(i), made[i]);
            }
            requireWork(node, taken, made, limit);
        }
        for (TensorDescription output : signature.outputs()) {
            GraphValue expected = shape(output, batch, count);
            GraphValue found = values.get(output.name());
            if (found == null || !Arrays.equals(expected.shape(), found.shape())) {
                throw new BundleException(
                        "%s: graph %s: expected output '%s' to be %s, so %s in a call of %d x %d, found %s",
                        place, graph.label(), output.name(), output.shape(), expected, batch, count, found);
            }
        }
    }

    private static GraphValue shape(TensorDescription tensor, int batch, int count) {
        return GraphValue.of(Arrays.stream(Signature.shape(tensor, batch, count))
                .asLongStream()
                .toArray());
    }

    private GraphValue[] apply(GraphNode node, List<GraphValue> taken) {
        try {
            return SizeRules.apply(node, taken);
        } catch (MalformedException e) {
            throw new BundleException(e, "%s: %s: expected %s, found %s", place, node, e.getMessage(), taken);
        }
    }

    private void requireSize(GraphNode node, GraphValue made, long limit) {
        if (made.size() > limit) {
            throw new BundleException(
                    "%s: %s: expected at most %d values, which is ample for the bundle's settings, found shape %s",
                    place, node, limit, made);
        }
    }

    /** Refuses a product that would take long although all of its sizes are allowed. */
    private void requireWork(GraphNode node, List<GraphValue> taken, GraphValue[] made, long limit) {
        long products = switch (node.operator()) {
            case "Conv", "ConvTranspose" ->
                taken.get(1).size() / Math.max(1, taken.get(1).shape()[0]);
            case "MatMul", "Gemm" -> taken.get(0).size() / Math.max(1, made[0].shape()[made[0].rank() - 2]);
            case "AveragePool", "MaxPool" ->
                LongStream.of(node.integers("kernel_shape")).reduce(1, (a, b) -> a * b);
            default -> 1;
        };
        if (made[0].size() > 0 && products > limit * PRODUCTS / made[0].size()) {
            throw new BundleException(
                    "%s: %s: expected work that the bundle's settings imply, found %d products for each of %d values",
                    place, node, products, made[0].size());
        }
    }
}
