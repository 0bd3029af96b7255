package io.kanerva.exporter.onnx.passes;

import io.kanerva.exporter.onnx.Graph;
import io.kanerva.exporter.onnx.Node;
import io.kanerva.exporter.trace.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Makes two Transposes that swap two neighbouring groups of axes of one that does more, as depth to space and space to depth do.
 * Runtimes have a short way for a swap, and walk through all axes element by element for the rest: ONNX Runtime takes up to twice as
 * long and more for one such Transpose as for both swaps.
 *
 * <p>Only behind a Reshape to sizes that are known, but for the first one where that axis stays in its place; and not if the last axis
 * stays in its place, because the elements are then copied in runs as it is.
 */
final class SplitTransposes implements Pass {
    /** Between two axes that were no neighbours, counting both ends: what a swap of two groups leaves. */
    private static final int BREAKS_OF_A_SWAP = 3;
    private static final long OPEN = -1;

    /**
     * A swap of two groups of axes, by the numbers of elements in them.
     *
     * @param before in the axes before both, or {@link #OPEN}
     * @param behind in the axes behind both, which are copied in runs of so many
     */
    private record Swap(long before, long first, long second, long behind) {
        List<Long> order() {
            return behind == 1 ? List.of(0L, 2L, 1L) : List.of(0L, 2L, 1L, 3L);
        }

        long[] shape() {
            return behind == 1 ? new long[] {before, first, second} : new long[] {before, first, second, behind};
        }
    }

    private record Swaps(Swap one, Swap two) {
        /** The number of runs of each element that is moved. */
        double runs() {
            return 1.0 / one.behind + 1.0 / two.behind;
        }
    }

    @Override
    public Graph apply(Graph graph) {
        Map<String, Node> producers = graph.producers();
        Map<String, Tensor> initializers = new LinkedHashMap<>(graph.initializers());
        List<Node> nodes = new ArrayList<>();
        for (Node node : graph.nodes()) {
            long[] sizes = node.is("Transpose") ? sizes(producers.get(node.input(0)), initializers) : null;
            int[] order = node.longs("perm", List.of()).stream().mapToInt(Long::intValue).toArray();
            Swaps swaps = sizes == null || sizes.length != order.length ? null : swaps(sizes, order);
            if (swaps == null) {
                nodes.add(node);
                continue;
            }
            String name = node.output();
            nodes.add(reshape(node.input(0), name + "/in/first", swaps.one.shape(), initializers));
            nodes.add(transpose(name + "/in/first", name + "/first", swaps.one));
            nodes.add(reshape(name + "/first", name + "/in/second", swaps.two.shape(), initializers));
            nodes.add(transpose(name + "/in/second", name + "/second", swaps.two));
            nodes.add(reshape(name + "/second", name, Arrays.stream(order).mapToLong(axis -> sizes[axis]).toArray(), initializers));
        }
        return graph.with(nodes, initializers);
    }

    private static Node transpose(String from, String to, Swap swap) {
        return new Node("Transpose", List.of(from), List.of(to), new TreeMap<>(Map.of("perm", swap.order())));
    }

    private static Node reshape(String from, String to, long[] shape, Map<String, Tensor> initializers) {
        String name = to + "/shape";
        initializers.put(name, Tensor.of(shape, shape.length));
        return new Node("Reshape", List.of(from, name), List.of(to), new TreeMap<>());
    }

    /** What a Reshape makes, of which the first size may be {@link #OPEN}; null if that or another one is not known. */
    private static long[] sizes(Node reshape, Map<String, Tensor> initializers) {
        boolean isReshape = reshape != null && reshape.is("Reshape") && reshape.attributes().isEmpty();
        Tensor target = isReshape ? initializers.get(reshape.input(1)) : null;
        if (target == null || target.size() == 0) {
            return null;
        }
        long[] sizes = target.longs().clone();
        sizes[0] = sizes[0] > 0 ? sizes[0] : OPEN;
        return Arrays.stream(sizes).skip(1).allMatch(size -> size > 0) ? sizes : null;
    }

    /** The two swaps with the longest runs that make this order; null if one is enough, two are not, or the last axis stays. */
    private static Swaps swaps(long[] sizes, int[] order) {
        if (sizes[0] == OPEN && order[0] != 0) {
            return null;
        }
        // An axis of one element may be anywhere.
        List<Integer> axes = IntStream.range(0, sizes.length).filter(axis -> sizes[axis] != 1).boxed().toList();
        List<Integer> target = Arrays.stream(order).boxed().filter(axes::contains).toList();
        int count = axes.size();
        if (count == 0 || target.get(count - 1).equals(axes.get(count - 1)) || breaks(axes, target) <= BREAKS_OF_A_SWAP) {
            return null;
        }
        Swaps best = null;
        for (int start = sizes[0] == OPEN ? 1 : 0; start < count; start++) {
            for (int middle = start + 1; middle < count; middle++) {
                for (int end = middle + 1; end <= count; end++) {
                    List<Integer> between = swapped(axes, start, middle, end);
                    Swaps swaps = breaks(between, target) == BREAKS_OF_A_SWAP
                            ? new Swaps(swap(sizes, axes, between), swap(sizes, between, target)) : null;
                    best = swaps != null && (best == null || swaps.runs() < best.runs()) ? swaps : best;
                }
            }
        }
        return best;
    }

    private static List<Integer> swapped(List<Integer> axes, int start, int middle, int end) {
        List<Integer> swapped = new ArrayList<>(axes.subList(0, start));
        swapped.addAll(axes.subList(middle, end));
        swapped.addAll(axes.subList(start, middle));
        swapped.addAll(axes.subList(end, axes.size()));
        return swapped;
    }

    /** In how many places of an order other axes are side by side than before. */
    private static long breaks(List<Integer> from, List<Integer> to) {
        int count = from.size();
        return IntStream.rangeClosed(0, count).filter(i -> {
            int left = i == 0 ? -1 : from.indexOf(to.get(i - 1));
            int right = i == count ? count : from.indexOf(to.get(i));
            return right != left + 1;
        }).count();
    }

    /** The swap of two groups that lies between two orders. */
    private static Swap swap(long[] sizes, List<Integer> from, List<Integer> to) {
        int count = from.size();
        int start = IntStream.range(0, count).filter(i -> !from.get(i).equals(to.get(i))).findFirst().orElseThrow();
        int end = IntStream.range(0, count).filter(i -> !from.get(i).equals(to.get(i))).max().orElseThrow() + 1;
        int middle = from.indexOf(to.get(start));
        return new Swap(product(sizes, from.subList(0, start)), product(sizes, from.subList(start, middle)),
                product(sizes, from.subList(middle, end)), product(sizes, from.subList(end, count)));
    }

    private static long product(long[] sizes, List<Integer> axes) {
        LongStream factors = axes.stream().mapToLong(axis -> sizes[axis]);
        return axes.contains(0) && sizes[0] == OPEN ? OPEN : factors.reduce(1, Math::multiplyExact);
    }
}
