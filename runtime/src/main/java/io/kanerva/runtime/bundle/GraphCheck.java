package io.kanerva.runtime.bundle;

import io.kanerva.runtime.Bundle;
import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.TensorDescription;
import io.kanerva.runtime.bundle.ProtoMessage.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * Checks a bundle's graphs before ONNX Runtime sees them, as they may be untrusted. A graph must consist of operators
 * that K++ needs, none of which can loop, its inputs and outputs must be declared and its outputs computed in the
 * shapes that the settings imply, and what it computes on the way must not be larger than a model with these settings
 * needs. To that end all shapes are followed from node to node, for several sizes of call.
 */
final class GraphCheck {

    /** Episodes, samples and queries of the calls that are followed: tensors that grow with a square stand out. */
    private static final int[][] CALLS = {{8, 32, 32}, {2, 5, 3}, {1, 1, 1}};

    /**
     * Maximum live values per sample, as a multiple of the largest tensor that the settings name. The project's own
     * graphs have up to 2.
     */
    private static final long MAX_LIVE_RATIO = 16;

    /** Products per value of that tensor; the project's own graphs have up to 9,300. */
    private static final double MAX_PRODUCTS_PER_VALUE = 1 << 17;

    /** Always allowed, whatever the settings. */
    private static final long ALLOWED_VALUES = 1 << 16;

    private static final long MAX_COUNT = 1L << 50;

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
     * @return what was read
     * @throws BundleException if it is no ONNX model, or one that no bundle with these settings has
     */
    static GraphFile check(String place, Bundle bundle, BundleGraph graph, byte[] model) {
        GraphFile file = GraphFile.read(place, model);
        GraphCheck check = new GraphCheck(place, bundle, graph, file);
        check.requireVersion("IR version", bundle.irVersion(), file.irVersion);
        check.requireVersion("operator set", bundle.opset(), file.opset);
        Signature signature = new Signature(graph, bundle.settings());
        check.requireDeclared("input", signature.inputs(), file.inputs);
        check.requireDeclared("output", signature.outputs(), file.outputs);
        int capacity = bundle.settings().capacity();
        for (int[] call : CALLS) {
            check.follow(call[0], graph.takesSamples() ? Math.min(call[1], capacity) : call[1], call[2]);
        }
        return file;
    }

    private void requireVersion(String what, long expected, long found) {
        if (expected != found) {
            throw new BundleException(
                    "%s: expected %s %d, as bundle.json states, found %d", place, what, expected, found);
        }
    }

    private void requireDeclared(String role, List<TensorDescription> expected, List<DeclaredTensor> found) {
        List<String> names = expected.stream().map(TensorDescription::name).toList();
        List<String> foundNames = found.stream().map(DeclaredTensor::name).toList();
        if (!names.equals(foundNames)) {
            throw new BundleException(
                    "%s: graph %s: expected %ss %s, found %s",
                    place, graph.label(), role, names, Text.shortened(foundNames.toString()));
        }
        for (int i = 0; i < expected.size(); i++) {
            TensorDescription tensor = expected.get(i);
            DeclaredTensor declared = found.get(i);
            if (!declared.fits(tensor)) {
                throw new BundleException(
                        "%s: graph %s: expected %s '%s' to be %s, found %s",
                        place,
                        graph.label(),
                        role,
                        tensor.name(),
                        tensor.type() + tensor.shape(),
                        Text.shortened(declared.type() + declared.shape()));
            }
        }
    }

    /** Follows the shapes of a call with so many episodes of so many samples and queries. */
    private void follow(int batch, int samples, int reads) {
        ModelSettings settings = bundle.settings();
        int height = graph.takesSamples()
                ? settings.memoryHeight(samples)
                : settings.memory().height();
        Signature signature = new Signature(graph, bundle.settings());
        long each = Sizes.largest(bundle.settings()) * batch * Math.max(samples, reads);
        Map<String, Integer> lastUses = lastUses();
        Map<String, GraphValue> values = new HashMap<>(file.constants);
        Set<String> folded = new HashSet<>(file.constants.keySet());
        for (TensorDescription input : signature.inputs()) {
            values.put(input.name(), shape(input, batch, samples, reads, height));
            folded.remove(input.name());
        }
        long alive = 0;
        double products = 0;
        for (int n = 0; n < file.nodes.size(); n++) {
            GraphNode node = file.nodes.get(n);
            List<GraphValue> taken = taken(node, values);
            List<GraphValue> made = made(node, taken);
            for (int i = 0; i < made.size(); i++) {
                values.put(node.outputs().get(i), made.get(i));
                alive = Math.addExact(alive, Math.min(made.get(i).size(), MAX_COUNT));
            }
            requireAlive(node, made, alive, ALLOWED_VALUES + MAX_LIVE_RATIO * each);
            products += products(node, taken, made);
            requireWork(node, products, MAX_PRODUCTS_PER_VALUE * (ALLOWED_VALUES + each));
            // What follows from constants alone is computed once, when the graph is loaded, and kept.
            if (folded.containsAll(node.inputs())) {
                folded.addAll(node.outputs());
                continue;
            }
            Set<String> used = new HashSet<>(node.inputs());
            used.addAll(node.outputs());
            for (String name : used) {
                if (lastUses.getOrDefault(name, n) == n
                        && !file.constants.containsKey(name)
                        && !folded.contains(name)) {
                    alive -= values.containsKey(name) ? values.get(name).size() : 0;
                }
            }
        }
        for (TensorDescription output : signature.outputs()) {
            GraphValue expected = shape(output, batch, samples, reads, height);
            GraphValue found = values.get(output.name());
            if (found == null || !Arrays.equals(expected.shape(), found.shape())) {
                throw new BundleException(
                        "%s: graph %s: expected output '%s' to be %s, so %s in a call of %d episodes, %d samples "
                                + "and %d queries, found %s",
                        place, graph.label(), output.name(), output.shape(), expected, batch, samples, reads, found);
            }
        }
    }

    /** The index of the last node that takes a value; of an output, one beyond the last. */
    private Map<String, Integer> lastUses() {
        Map<String, Integer> uses = new HashMap<>();
        for (int n = 0; n < file.nodes.size(); n++) {
            for (String name : file.nodes.get(n).inputs()) {
                uses.put(name, n);
            }
        }
        file.outputs.forEach(output -> uses.put(output.name(), file.nodes.size()));
        return uses;
    }

    private List<GraphValue> taken(GraphNode node, Map<String, GraphValue> values) {
        List<GraphValue> taken = new ArrayList<>();
        for (String name : node.inputs()) {
            if (!name.isEmpty() && !values.containsKey(name)) {
                throw new BundleException(
                        "%s: %s: expected '%s' to be made before, found nothing of that name", place, node, name);
            }
            taken.add(name.isEmpty() ? null : values.get(name));
        }
        return taken;
    }

    private List<GraphValue> made(GraphNode node, List<GraphValue> taken) {
        try {
            GraphValue[] made = SizeRules.apply(node, taken);
            if (made == null) {
                throw new BundleException(
                        "%s: expected the operators that K++ needs, found '%s'", place, node.operator());
            }
            if (node.integers().containsKey(GraphNode.HOLDS_GRAPHS)) {
                throw new MalformedException("no graphs inside nodes");
            }
            if (made.length < node.outputs().size()) {
                throw new MalformedException(made.length + " outputs");
            }
            return Arrays.asList(made).subList(0, node.outputs().size());
        } catch (MalformedException e) {
            throw new BundleException(e, "%s: %s: expected %s, found %s", place, node, e.getMessage(), taken);
        }
    }

    private static GraphValue shape(TensorDescription tensor, int batch, int samples, int reads, int height) {
        return GraphValue.of(Arrays.stream(Signature.shape(tensor, batch, samples, reads, height))
                .asLongStream()
                .toArray());
    }

    private void requireAlive(GraphNode node, List<GraphValue> made, long alive, long limit) {
        if (alive > limit) {
            throw new BundleException(
                    "%s: %s: expected at most %d values at once, which is ample for the bundle's settings, found %d "
                            + "more of shape %s",
                    place, node, limit, Math.min(made.get(0).size(), MAX_COUNT), made.get(0));
        }
    }

    private void requireWork(GraphNode node, double products, double limit) {
        if (products > limit) {
            throw new BundleException(
                    "%s: %s: expected at most %.0f products, which is ample for the bundle's settings, found more",
                    place, node, limit);
        }
    }

    /** How many products a node computes. */
    private static double products(GraphNode node, List<GraphValue> taken, List<GraphValue> made) {
        if (made.isEmpty()) {
            return 0;
        }
        long each = switch (node.operator()) {
            case "Conv", "ConvTranspose" ->
                taken.get(1).size() / Math.max(1, taken.get(1).shape()[0]);
            case "MatMul", "Gemm" -> {
                long rows = made.get(0).shape()[made.get(0).rank() - 2];
                yield taken.get(0).size() / Math.max(1, rows);
            }
            case "AveragePool", "MaxPool" ->
                LongStream.of(node.integers("kernel_shape")).reduce(1, (a, b) -> a * b);
            default -> 1;
        };
        return (double) each * made.get(0).size();
    }
}
