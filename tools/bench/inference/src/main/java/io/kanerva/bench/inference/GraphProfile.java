package io.kanerva.bench.inference;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.PreparedRecall;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Profiles a batch-64 recall and compares its arithmetic speed with ONNX Runtime's 512 x 512 matrix product. Runs the
 * index graph with and without ONNX Runtime's profiler, the complete recall, the product and some isolated
 * convolutions, alternately in one process on one thread. All times are wall-clock times.
 */
final class GraphProfile implements AutoCloseable {
    private static final int QUERIES = 64;
    private static final int PRODUCT = 512;

    private final Path traces;
    private final Deque<BareGraph> graphs = new ArrayDeque<>();
    private final List<Side> sides = new ArrayList<>();

    /** One of the alternating runs. */
    private static final class Side {
        private final Runnable call;
        private final List<Long> nanoseconds = new ArrayList<>();
        private int warm;

        Side(Runnable call) {
            this.call = call;
        }

        void warmUp() {
            // Long enough for the JIT compiler, which runs in the background.
            for (long end = System.nanoTime() + 1_000_000_000L; System.nanoTime() < end; warm++) {
                call.run();
            }
        }

        void time(double seconds) {
            long end = System.nanoTime() + (long) (seconds * 1e9);
            do {
                long start = System.nanoTime();
                call.run();
                nanoseconds.add(System.nanoTime() - start);
            } while (System.nanoTime() < end);
        }

        double microseconds() {
            return Median.of(nanoseconds) / 1e3;
        }
    }

    /** A side under the profiler. */
    private record Profiled(BareGraph graph, Side side) {

        /** Returns the nodes of the timed runs. */
        List<List<NodeRun>> runs() throws OrtException, IOException {
            List<List<NodeRun>> all = ProfilerTrace.runs(graph.endProfiling(), side.warm + side.nanoseconds.size());
            return all.subList(side.warm, all.size());
        }
    }

    private GraphProfile(Path traces) {
        this.traces = traces;
    }

    /** Arguments: the folder of {@link Prepare}, its preset, seconds per side and round, rounds. */
    public static void main(String[] arguments) throws Exception {
        SharedFolder shared = new SharedFolder(Path.of(arguments[0]));
        double seconds = Double.parseDouble(arguments[2]);
        int rounds = Integer.parseInt(arguments[3]);
        Path traces = Files.createTempDirectory("kanerva-profile");
        try (GraphProfile profile = new GraphProfile(traces);
                Kanerva kanerva = Kanerva.load(shared.bundle(), Device.CPU)) {
            String report = profile.run(kanerva, shared, seconds, rounds);
            System.out.printf(
                    "preset %s, %d queries; ONNX Runtime %s, Java %s, one thread; medians of wall-clock time "
                            + "over %d alternating rounds of %s s per side%n%n%s",
                    arguments[1],
                    QUERIES,
                    OrtEnvironment.getEnvironment().getVersion(),
                    Runtime.version(),
                    rounds,
                    arguments[2],
                    report);
        } finally {
            try (var files = Files.list(traces)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(traces);
        }
    }

    private String run(Kanerva kanerva, SharedFolder shared, double seconds, int rounds)
            throws OrtException, IOException {
        Planes image = kanerva.bundle().settings().image();
        Memory memory = kanerva.write(new FloatTensor(
                shared.images(TimedCall.EPISODE),
                1,
                TimedCall.EPISODE,
                image.channels(),
                image.height(),
                image.width()));
        FloatTensor queries =
                new FloatTensor(shared.images(QUERIES), 1, QUERIES, image.channels(), image.height(), image.width());
        FloatTensor keys = kanerva.lookUp(memory, queries).keys();
        Map<String, FloatTensor> given = Map.of(BundleGraph.MEMORY, memory.memory(), BundleGraph.POINTERS, keys);
        Map<String, FloatTensor> wanted =
                Map.of(BundleGraph.CONTENTS, kanerva.recall(memory, queries, 1).images());
        byte[] model = Files.readAllBytes(shared.bundle().resolve("index.onnx"));

        FloatTensor factor = random(PRODUCT, PRODUCT);
        Profiled product =
                profiled("product", TinyModels.product(PRODUCT), Map.of("a", factor, "b", factor), Map.of("c", factor));
        Profiled graph = profiled("graph", model, given, wanted);
        Side plain = side(own(BareGraph.open(model, given, wanted, Optional.empty()))::run);
        List<Profiled> convolutions = new ArrayList<>();
        for (LoneConvolution of : LoneConvolution.ALL) {
            convolutions.add(profiled(
                    "convolution-" + convolutions.size(),
                    TinyModels.convolution(of),
                    Map.of("x", random(of.images(), of.inputChannels(), of.size(), of.size())),
                    Map.of("y", FloatTensor.zeros(of.images(), of.outputChannels(), of.size(), of.size()))));
        }
        FloatBuffer images = BareGraph.direct(queries.size()).put(0, queries.data());
        FloatBuffer recalled = BareGraph.direct(queries.size());
        try (PreparedRecall prepared = kanerva.prepareRecall(memory, QUERIES)) {
            Side recall = side(() -> prepared.run(images, recalled));
            sides.forEach(Side::warmUp);
            for (int round = 1; round <= rounds; round++) {
                System.err.printf("round %d of %d%n", round, rounds);
                sides.forEach(side -> side.time(seconds));
            }
            ProfileReport report = new ProfileReport(NodeGroup.all(product.runs()), multiplyAdds(model, given, wanted));
            report.nodes(graph.runs());
            report.calls(plain.microseconds(), graph.side().microseconds(), recall.microseconds());
            for (int i = 0; i < convolutions.size(); i++) {
                report.alone(
                        LoneConvolution.ALL.get(i),
                        NodeGroup.of(convolutions.get(i).runs()).get(0));
            }
            return report.toString();
        }
    }

    /** Counts the multiply-adds of the model's own graph; ONNX Runtime's optimised graph may have padded channels. */
    private long multiplyAdds(byte[] model, Map<String, FloatTensor> given, Map<String, FloatTensor> wanted)
            throws OrtException, IOException {
        try (BareGraph graph =
                BareGraph.open(model, given, wanted, OptLevel.NO_OPT, Optional.of(traces.resolve("model")))) {
            graph.run();
            return NodeGroup.all(ProfilerTrace.runs(graph.endProfiling(), 1)).multiplyAdds();
        }
    }

    private Profiled profiled(
            String name, byte[] model, Map<String, FloatTensor> given, Map<String, FloatTensor> wanted)
            throws OrtException {
        BareGraph graph = own(BareGraph.open(model, given, wanted, Optional.of(traces.resolve(name))));
        return new Profiled(graph, side(graph::run));
    }

    private BareGraph own(BareGraph graph) {
        graphs.push(graph);
        return graph;
    }

    private Side side(Runnable call) {
        Side side = new Side(call);
        sides.add(side);
        return side;
    }

    private static FloatTensor random(int... shape) {
        FloatTensor values = FloatTensor.zeros(shape);
        Random random = new Random(5);
        for (int i = 0; i < values.size(); i++) {
            values.data()[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public void close() throws OrtException {
        while (!graphs.isEmpty()) {
            graphs.pop().close();
        }
    }
}
