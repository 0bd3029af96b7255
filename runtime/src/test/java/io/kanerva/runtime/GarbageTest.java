package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.sun.management.ThreadMXBean;
import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.bundle.Signature;
import io.kanerva.runtime.session.StoredMemory;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a call allocates beyond ONNX Runtime's own Java call, which creates its arrays of names and handles and a result
 * at each run: a prepared call nothing; another what it returns and, whatever the sizes, little else. Counted in a
 * separate JVM without the optimising compiler, which hides some allocations and not others.
 */
@Timeout(120)
class GarbageTest {

    private static final int RUNS = 12;

    @TempDir
    Path folder;

    @Test
    void preparedCallsOfABlackAndWhiteModelAllocateNothingOfTheirOwn() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        assertThat(ownBytes(folder)).isEqualTo("recall of 1: 0\nrecall of 40: 0\nwrite: 0\n");
    }

    @Test
    void aPreparedRecallWhoseQueriesShareAProductAllocatesNothingOfItsOwn() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        String found = ForkedJvm.run(List.of("-XX:TieredStopAtLevel=1"), GarbageTest.class, folder.toString(), "many");
        assertThat(found).isEqualTo("recall of 40 among 500: 0\n");
    }

    @Test
    void preparedCallsOfAColourModelAllocateNothingOfTheirOwn() throws Exception {
        Path colour = Path.of("..", "models", "bundles", "cifar10");
        assertThat(colour.resolve("bundle.json")).as("the bundle that ships").exists();
        assertThat(ownBytes(colour)).isEqualTo("recall of 1: 0\nrecall of 40: 0\nwrite: 0\n");
    }

    @Test
    void otherCallsAllocateWhatTheyReturnAndAFewSmallObjectsWhateverTheSizes() throws Exception {
        new TinyBundle(Kind.HEAP).write(folder);
        String found = ForkedJvm.run(List.of("-XX:TieredStopAtLevel=1"), GarbageTest.class, folder.toString(), "plain");
        Matcher bytes = Pattern.compile("recall of 1: (\\d+)\nrecall of 40: \\1\nwrite: (\\d+)\n")
                .matcher(found);
        assertThat(bytes.matches()).as(found).isTrue();
        assertThat(Integer.parseInt(bytes.group(1))).isLessThan(350);
        assertThat(Integer.parseInt(bytes.group(2))).isLessThan(350);
    }

    private static String ownBytes(Path bundle) throws Exception {
        return ForkedJvm.run(List.of("-XX:TieredStopAtLevel=1"), GarbageTest.class, bundle.toString());
    }

    /** Runs in the other JVM: prints how many more bytes each prepared call leaves than the bare run of its graph. */
    public static void main(String[] arguments) throws Exception {
        Path bundle = Path.of(arguments[0]);
        try (Kanerva kanerva = Kanerva.load(bundle, Device.CPU)) {
            ModelSettings settings = kanerva.bundle().settings();
            Planes image = settings.image();
            FloatTensor episode = FloatTensor.zeros(1, 2, image.channels(), image.height(), image.width());
            if (arguments.length > 1 && arguments[1].equals("many")) {
                many(kanerva, bundle);
                return;
            }
            Memory memory = kanerva.write(episode);
            if (arguments.length > 1) {
                plain(kanerva, bundle, memory, episode);
                return;
            }
            FloatBuffer images = FloatBuffer.allocate(40 * image.floats());
            for (int queries : new int[] {1, 40}) {
                try (PreparedRecall recall = kanerva.prepareRecall(memory, queries)) {
                    System.out.printf("recall of %d: %d%n", queries, leastBytes(() -> recall.run(images, images)));
                }
            }
            FloatBuffer written = FloatBuffer.allocate(memory.memory().size());
            FloatBuffer pointers = FloatBuffer.allocate(memory.pointers().size());
            long bare = bareRun(kanerva, bundle, "write", 2, BundleGraph.MEMORY, BundleGraph.POINTERS);
            try (PreparedWrite write = kanerva.prepareWrite(1, 2)) {
                System.out.printf("write: %d%n", leastBytes(() -> write.run(images, written, pointers)) - bare);
            }
        }
    }

    /** Of each call, the bytes beyond the bare run of its graph and beyond what it returns. */
    private static void plain(Kanerva kanerva, Path bundle, Memory memory, FloatTensor episode) throws Exception {
        for (int queries : new int[] {1, 40}) {
            FloatTensor images =
                    FloatTensor.zeros(1, queries, episode.dimension(2), episode.dimension(3), episode.dimension(4));
            Recall recall = kanerva.recall(memory, images, 1);
            long returned = leastBytes(() -> copy(recall));
            System.out.printf(
                    "recall of %d: %d%n", queries, leastBytes(() -> kanerva.recall(memory, images, 1)) - returned);
        }
        long bare = bareRun(kanerva, bundle, "write", 2, BundleGraph.MEMORY, BundleGraph.POINTERS);
        long returned =
                leastBytes(() -> new Memory(new StoredMemory(memory.memory(), memory.pointers(), memory.modelId())));
        System.out.printf("write: %d%n", leastBytes(() -> kanerva.write(episode)) - bare - returned);
    }

    /** Of a recall that runs a product, which takes two tensors and gives one, as the decoder does. */
    private static void many(Kanerva kanerva, Path bundle) throws Exception {
        int samples = 500;
        int queries = 40;
        assertThat(io.kanerva.runtime.session.Matcher.together(queries, samples))
                .as("queries of a product")
                .isEqualTo(queries);
        Planes image = kanerva.bundle().settings().image();
        Memory memory = kanerva.write(FloatTensor.zeros(1, samples, image.channels(), image.height(), image.width()));
        FloatBuffer images = FloatBuffer.allocate(queries * image.floats());
        long bare = bareRun(kanerva, bundle, "decoder", 1, BundleGraph.LOGITS);
        try (PreparedRecall recall = kanerva.prepareRecall(memory, queries)) {
            System.out.printf(
                    "recall of %d among %d: %d%n",
                    queries, samples, leastBytes(() -> recall.run(images, images)) - bare);
        }
    }

    private static Recall copy(Recall recall) {
        Lookup lookup = recall.lookups().get(0);
        Lookup copied = new Lookup(
                lookup.samples().clone(), lookup.scores().copy(), lookup.keys().copy());
        return new Recall(List.of(copied), List.of(recall.images().copy()));
    }

    private static long bareRun(Kanerva kanerva, Path bundle, String graph, int count, String... wanted)
            throws Exception {
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
        GraphDescription description = kanerva.bundle().graphs().get(graph);
        for (TensorDescription input : description.inputs()) {
            inputs.put(input.name(), tensor(kanerva, input, count));
        }
        for (TensorDescription output : description.outputs()) {
            if (Arrays.asList(wanted).contains(output.name())) {
                outputs.put(output.name(), tensor(kanerva, output, count));
            }
        }
        try (OrtSession session =
                OrtEnvironment.getEnvironment().createSession(Files.readAllBytes(bundle.resolve(description.file())))) {
            return leastBytes(() -> {
                try {
                    session.run(inputs, outputs).close();
                } catch (OrtException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    /** Zeros for a count of samples or queries, and a memory with as many rows of slots as they take. */
    private static OnnxTensor tensor(Kanerva kanerva, TensorDescription description, int count) throws OrtException {
        ModelSettings settings = kanerva.bundle().settings();
        int rows = (count * settings.keys() + settings.slotColumns() - 1) / settings.slotColumns();
        int[] shape =
                Signature.shape(description, 1, count, rows * settings.block().height());
        FloatBuffer values = ByteBuffer.allocateDirect(
                        Float.BYTES * FloatTensor.zeros(shape).size())
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        return OnnxTensor.createTensor(
                OrtEnvironment.getEnvironment(),
                values,
                Arrays.stream(shape).asLongStream().toArray());
    }

    /** The least of many runs: the first ones load classes. */
    private static long leastBytes(Runnable call) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < RUNS; i++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            call.run();
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }
}
