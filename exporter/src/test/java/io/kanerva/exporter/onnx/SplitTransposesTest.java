package io.kanerva.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.onnx.passes.Pass;
import io.kanerva.exporter.onnx.proto.ModelProto;
import io.kanerva.exporter.reference.ReferenceEvaluator;
import io.kanerva.exporter.trace.Size;
import io.kanerva.exporter.trace.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Graphs of a Reshape, a Transpose and a Reshape, as written and after the passes: the same bits from either runtime. */
class SplitTransposesTest {
    private static final long[] DEPTH_TO_SPACE = {0, 1, 4, 2, 5, 3};
    private static final long[] SPACE_TO_DEPTH = {0, 1, 3, 5, 2, 4};
    private static final List<Long> BATCHES = List.of(0L, 1L, 2L, 7L, 64L);

    private final OrtRunner runtime = new OrtRunner();
    private final ReferenceEvaluator reference = new ReferenceEvaluator();

    /** x [B, elements] as {@code split}, transposed, and as {@code joined}, unless that is empty. */
    private static Graph graph(long elements, long[] split, long[] order, long... joined) {
        Map<String, Tensor> shapes = new LinkedHashMap<>(Map.of("split", Tensor.of(split, split.length)));
        List<Node> nodes = new ArrayList<>();
        nodes.add(new Node("Reshape", List.of("x", "split"), List.of("parts"), new TreeMap<>()));
        nodes.add(new Node("Transpose", List.of("parts"), List.of(joined.length == 0 ? "y" : "moved"),
                new TreeMap<>(Map.of("perm", Arrays.stream(order).boxed().toList()))));
        if (joined.length > 0) {
            shapes.put("joined", Tensor.of(joined, joined.length));
            nodes.add(new Node("Reshape", List.of("moved", "joined"), List.of("y"), new TreeMap<>()));
        }
        int rank = joined.length == 0 ? order.length : joined.length;
        List<Size> unknown = IntStream.range(0, rank).mapToObj(i -> Size.named("D" + i)).toList();
        return new Graph(List.of(new Value("x", DataType.FLOAT32, List.of(Size.named("B"), Size.fixed(elements)))),
                List.of(new Value("y", DataType.FLOAT32, unknown)), nodes, shapes);
    }

    private static ModelProto written(Graph graph) {
        return ModelWriter.write(graph, ExportOptions.defaults());
    }

    private static List<String> operators(Graph graph) {
        return graph.nodes().stream().map(Node::operator).toList();
    }

    private void requireSameBits(Graph graph, long elements, long batch) {
        Random random = new Random(5);
        Map<String, Tensor> given = Map.of("x", Tensor.of(DataType.FLOAT32, random::nextGaussian, batch, elements));
        byte[] before = written(graph).toByteArray();
        byte[] after = written(Pass.applyAll(graph)).toByteArray();
        Tensor expected = runtime.run(before, given).get("y");
        for (Tensor found : List.of(runtime.run(after, given).get("y"), reference.run(before, given).get("y"), reference.run(after, given).get("y"))) {
            assertThat(found.shape()).as("shape with batch %d", batch).isEqualTo(expected.shape());
            assertThat(found.bytes()).as("values with batch %d", batch).isEqualTo(expected.bytes());
        }
    }

    @Test
    void depth_to_space_becomes_two_swaps_with_the_same_bits() {
        Graph graph = graph(3 * 16 * 6 * 5, new long[] {0, 3, 4, 4, 6, 5}, DEPTH_TO_SPACE, 0, 3, 24, 20);
        Graph after = Pass.applyAll(graph);
        assertThat(operators(after)).containsExactly("Reshape", "Transpose", "Reshape", "Transpose", "Reshape");
        assertThat(after.initializers().values()).extracting(Tensor::longs).containsExactlyInAnyOrder(
                new long[] {-1, 4, 30}, new long[] {-1, 4, 6, 20}, new long[] {-1, 3, 24, 20});
        BATCHES.forEach(batch -> requireSameBits(graph, 3 * 16 * 6 * 5, batch));
    }

    @Test
    void space_to_depth_becomes_two_swaps_with_the_same_bits() {
        Graph graph = graph(2 * 12 * 8, new long[] {-1, 2, 3, 4, 2, 4}, SPACE_TO_DEPTH, -1, 32, 3, 2);
        Graph after = Pass.applyAll(graph);
        assertThat(operators(after)).containsExactly("Reshape", "Transpose", "Reshape", "Transpose", "Reshape");
        assertThat(after.initializers().values()).extracting(Tensor::longs).containsExactlyInAnyOrder(
                new long[] {-1, 3, 4, 8}, new long[] {-1, 6, 4}, new long[] {-1, 32, 3, 2});
        BATCHES.forEach(batch -> requireSameBits(graph, 2 * 12 * 8, batch));
    }

    @Test
    void a_transpose_that_is_an_output_keeps_its_name_and_its_shape() {
        Graph graph = graph(24, new long[] {0, 2, 3, 4}, new long[] {0, 3, 2, 1});
        Graph after = Pass.applyAll(graph);
        assertThat(operators(after)).containsExactly("Reshape", "Transpose", "Reshape", "Transpose", "Reshape");
        BATCHES.forEach(batch -> requireSameBits(graph, 24, batch));
    }

    @Test
    void the_same_graph_gives_the_same_bytes() {
        Graph graph = graph(3 * 16 * 6 * 5, new long[] {0, 3, 4, 4, 6, 5}, DEPTH_TO_SPACE, 0, 3, 24, 20);
        assertThat(written(Pass.applyAll(graph))).isEqualTo(written(Pass.applyAll(graph)));
        assertThat(Pass.applyAll(Pass.applyAll(graph)).nodes()).isEqualTo(Pass.applyAll(graph).nodes());
    }

    @Test
    void a_swap_of_two_groups_is_left_alone() {
        requireLeftAlone(graph(120, new long[] {0, 2, 3, 4, 5}, new long[] {0, 3, 4, 1, 2}));
    }

    @Test
    void depth_to_space_with_one_column_is_one_swap_and_left_alone() {
        requireLeftAlone(graph(96, new long[] {0, 1, 4, 4, 6, 1}, DEPTH_TO_SPACE));
    }

    @Test
    void a_last_axis_that_stays_is_left_alone() {
        requireLeftAlone(graph(120, new long[] {0, 2, 3, 4, 5}, new long[] {0, 3, 2, 1, 4}));
    }

    @Test
    void an_order_that_two_swaps_cannot_make_is_left_alone() {
        requireLeftAlone(graph(120, new long[] {0, 2, 3, 4, 5}, new long[] {0, 4, 3, 2, 1}));
    }

    @Test
    void a_second_size_that_is_not_known_is_left_alone() {
        requireLeftAlone(graph(96, new long[] {0, 1, 4, 4, -1, 2}, DEPTH_TO_SPACE));
    }

    @Test
    void a_batch_that_is_moved_is_left_alone() {
        requireLeftAlone(graph(24, new long[] {-1, 2, 3, 4}, new long[] {3, 0, 2, 1}));
    }

    @Test
    void sizes_that_the_graph_computes_are_left_alone() {
        Graph graph = graph(24, new long[] {0, 2, 3, 4}, new long[] {0, 3, 2, 1});
        List<Node> nodes = new ArrayList<>(graph.nodes());
        nodes.set(0, nodes.get(0).withInputs(List.of("x", "computed")));
        nodes.add(0, new Node("Abs", List.of("split"), List.of("computed"), new TreeMap<>()));
        requireLeftAlone(graph.with(nodes));
    }

    private static void requireLeftAlone(Graph graph) {
        assertThat(Pass.applyAll(graph).nodes()).isEqualTo(graph.nodes());
    }

    @Property(seed = "6", tries = 60)
    void any_order_of_any_sizes_keeps_its_meaning(@ForAll @IntRange(min = 2, max = 6) int rank, @ForAll @IntRange(max = 5000) int choice,
            @ForAll boolean isBatchFixed) {
        Random random = new Random(choice);
        List<Long> order = new ArrayList<>(LongStream.range(0, rank).boxed().toList());
        Collections.shuffle(isBatchFixed ? order : order.subList(1, rank), random);
        long batch = 1 + random.nextInt(3);
        long[] split = LongStream.range(0, rank).map(axis -> axis > 0 ? 1 + random.nextInt(4) : isBatchFixed ? batch : -1).toArray();
        long elements = LongStream.of(split).skip(1).reduce(1, (a, b) -> a * b);
        requireSameBits(graph(elements, split, order.stream().mapToLong(axis -> axis).toArray()), elements, batch);
    }
}
