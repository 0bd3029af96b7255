package io.kanerva.exporter.random;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import io.kanerva.exporter.onnx.ExportOptions;
import io.kanerva.exporter.onnx.OnnxChecker;
import io.kanerva.exporter.onnx.OnnxExporter;
import io.kanerva.exporter.onnx.OnnxModel;
import io.kanerva.exporter.outside.Comparison;
import io.kanerva.exporter.trace.Dimension;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.exporter.trace.InputSpec;
import io.kanerva.exporter.trace.Sampler;
import io.kanerva.onnx.OrtRunner;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import io.kanerva.onnx.reference.SeveralOpinions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Random trees of blocks: what they are drawn from, and what must hold for each. */
final class RandomNetworks {
    /** Normalising a few nearly equal numbers makes much of their rounding. */
    private static final double TOLERANCE = 1e-3;

    private static final int DEPTH = 2;
    private static final int MAX_LENGTH = 24;
    private static final OrtRunner RUNTIME = new OrtRunner();
    private static final Path MODELS = OnnxChecker.folder("random");
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final AtomicInteger REFUSED = new AtomicInteger();

    private RandomNetworks() {}

    /**
     * A network's genes.
     *
     * @param input 0: vectors, 1: sequences of any length, 2: images, 3: images of any height and width
     * @param size number of features or channels, and the images' height and width
     * @param type the input's element type: float32 in half of the networks
     */
    record Genome(int input, int size, int type, List<Gene> genes) {}

    static Arbitrary<Genome> genomes() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 7),
                        Arbitraries.integers().between(0, 2 * InputSpec.TYPES.size() - 1),
                        genes(DEPTH).list().ofMinSize(1).ofMaxSize(5))
                .as(Genome::new);
    }

    private static Arbitrary<Gene> genes(int depth) {
        Arbitrary<Integer> number = Arbitraries.integers().between(0, 47);
        return Combinators.combine(
                        Arbitraries.integers().between(0, 13),
                        number,
                        number,
                        number,
                        depth == 0
                                ? Arbitraries.just(List.<Gene>of())
                                : genes(depth - 1).list().ofMaxSize(3))
                .as(Gene::new);
    }

    /**
     * Exports a network; that export itself compares it with ONNX Runtime's answers at two sizes that were not traced,
     * and those with the reference evaluator's. One with layers that follow sizes may be refused.
     */
    static void check(Genome genome) throws IOException {
        Engine.getInstance().setRandomSeed(3);
        try (NDManager manager = NDManager.newBaseManager()) {
            int size = 1 + genome.size();
            int side = 5 + genome.size() % 4;
            Shape shape = switch (genome.input()) {
                case 0 -> new Shape(2, size);
                case 1 -> new Shape(2, 3, size);
                default -> new Shape(2, size, side, side + 1);
            };
            boolean isDynamic = genome.input() == 3;
            Growth growth = new Growth(manager, isDynamic);
            DataType type =
                    genome.type() < InputSpec.TYPES.size() ? InputSpec.TYPES.get(genome.type()) : DataType.FLOAT32;
            Block block = new SequentialBlock()
                    .addSingleton(x -> x.toType(DataType.FLOAT32, false))
                    .add(growth.sequence(genome.genes(), shape).block());
            ExportOptions options = ExportOptions.defaults()
                    .withTolerance(TOLERANCE)
                    .withCheck(new SeveralOpinions(TOLERANCE))
                    .withDimensionLimit("B", 1, 9);
            if (genome.input() == 1) {
                options = options.withDimensionLimit("T", 1, MAX_LENGTH);
            }
            if (isDynamic) {
                // No smaller than what the kernels were fitted to.
                options =
                        options.withDimensionLimit("H", side, side + 8L).withDimensionLimit("W", side + 1L, side + 9L);
            }
            InputSpec input = new InputSpec(
                    "x",
                    type,
                    switch (genome.input()) {
                        case 0 -> List.of(Dimension.named("B"), Dimension.fixed(size));
                        case 1 -> List.of(Dimension.named("B"), Dimension.named("T"), Dimension.fixed(size));
                        case 2 ->
                            List.of(
                                    Dimension.named("B"),
                                    Dimension.fixed(size),
                                    Dimension.fixed(side),
                                    Dimension.fixed(side + 1));
                        default ->
                            List.of(
                                    Dimension.named("B"),
                                    Dimension.fixed(size),
                                    Dimension.named("H"),
                                    Dimension.named("W"));
                    });
            OnnxModel model;
            try {
                model = OnnxExporter.export(block, List.of(input), List.of("y"), options);
            } catch (ExportException e) {
                if (growth.followsSizes()) {
                    REFUSED.incrementAndGet();
                    return;
                }
                throw e;
            }
            assertThat(model.checks().stream().map(OnnxModel.Check::sizes).distinct())
                    .hasSizeGreaterThanOrEqualTo(2);
            requireTidiness(model);
            requireAgreement(block, input, model, side);
            model.write(MODELS.resolve("network-" + COUNT.incrementAndGet() + ".onnx"));
        }
    }

    /** At other sizes within the limits, too. */
    private static void requireAgreement(Block block, InputSpec input, OnnxModel model, int side) {
        for (Map<String, Long> sizes : List.of(
                Map.of("B", 5L, "T", 7L, "H", side + 2L, "W", side + 7L),
                Map.of("B", 9L, "T", (long) MAX_LENGTH, "H", side + 8L, "W", side + 9L),
                Map.of("B", 4L, "T", 12L, "H", side + 5L, "W", side + 4L))) {
            Map<String, Tensor> feeds = Map.of("x", new Sampler(Map.of()).sample(input, sizes, 5));
            Comparison.difference(
                    Comparison.compute(block, List.of(input), feeds),
                    List.copyOf(RUNTIME.run(model.toBytes(), feeds).values()),
                    TOLERANCE);
        }
    }

    static int refused() {
        return REFUSED.get();
    }

    /** Has the onnx project's checker look at all networks that were exported, where Python has it. */
    static void checkWithOnnx() {
        System.out.println(
                "random networks: " + COUNT + " exported, " + REFUSED + " with layers that follow sizes refused; "
                        + OnnxChecker.check(MODELS).orElse(OnnxChecker.ABSENT));
    }

    /** No node that does nothing or that nothing needs, no weight that nothing reads, standard operators only. */
    private static void requireTidiness(OnnxModel model) {
        List<NodeProto> nodes = model.proto().getGraph().getNodeList();
        List<String> read = nodes.stream().flatMap(RandomNetworks::reads).toList();
        assertThat(nodes)
                .allMatch(node -> node.getDomain().isEmpty())
                .allMatch(node ->
                        node.getOutputList().stream().anyMatch(name -> name.equals("y") || read.contains(name)));
        assertThat(nodes.stream().filter(node -> node.getOpType().equals("Identity") && nodes.size() > 1))
                .isEmpty();
        assertThat(model.proto().getGraph().getInitializerList()).allMatch(tensor -> read.contains(tensor.getName()));
    }

    /** What a node reads, in its subgraphs as well. */
    private static Stream<String> reads(NodeProto node) {
        Stream<String> inside = node.getAttributeList().stream()
                .map(AttributeProto::getG)
                .flatMap(graph -> Stream.concat(
                        graph.getNodeList().stream().flatMap(RandomNetworks::reads),
                        graph.getOutputList().stream().map(ValueInfoProto::getName)));
        return Stream.concat(node.getInputList().stream(), inside);
    }
}
