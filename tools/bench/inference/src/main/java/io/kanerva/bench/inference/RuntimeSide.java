package io.kanerva.bench.inference;

import io.kanerva.runtime.BundleGraph;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.Options;
import io.kanerva.runtime.Planes;
import io.kanerva.runtime.PreparedRecall;
import io.kanerva.runtime.PreparedWrite;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Our side: {@code runtime} is Kanerva's calls, {@code prepared} those that write into the caller's buffers,
 * {@code graph} ONNX Runtime's Java API alone with preallocated tensors, so that the difference is our own overhead;
 * {@code arrays} is the JVM allocating arrays as large as the results of {@code runtime}.
 */
final class RuntimeSide {
    private RuntimeSide() {}

    public static void main(String[] arguments) throws Exception {
        SharedFolder shared = new SharedFolder(Path.of(arguments[0]));
        double seconds = Double.parseDouble(arguments[1]);
        try (Kanerva kanerva = Kanerva.load(shared.bundle(), Device.CPU)) {
            Memory memory = kanerva.write(images(kanerva, shared, 1, TimedCall.EPISODE));
            if (arguments.length > 2) {
                threads("threads-1", 1, kanerva, memory, shared, seconds);
                threads("threads-2", 2, kanerva, memory, shared, seconds);
                try (Kanerva forTwo =
                        Kanerva.load(shared.bundle(), Options.on(Device.CPU).withCallers(2))) {
                    threads("callers-2", 2, forTwo, memory, shared, seconds);
                }
                return;
            }
            for (TimedCall c : TimedCall.RECALLS) {
                recall(kanerva, memory, shared, c, seconds);
            }
            for (TimedCall c : TimedCall.WRITES) {
                write(kanerva, shared, c, seconds);
            }
        }
    }

    private static void recall(Kanerva kanerva, Memory memory, SharedFolder shared, TimedCall c, double seconds)
            throws Exception {
        FloatTensor queries = images(kanerva, shared, 1, c.batch());
        Timing.report("runtime", c.name(), seconds, () -> kanerva.recall(memory, queries, 1));
        arrays(c, seconds, queries.size(), c.batch() * memory.samples());
        FloatBuffer given = BareGraph.direct(queries.size()).put(0, queries.data());
        FloatBuffer recalled = BareGraph.direct(queries.size());
        try (PreparedRecall prepared = kanerva.prepareRecall(memory, c.batch())) {
            Timing.report("prepared", c.name(), seconds, () -> prepared.run(given, recalled));
        }
        check(c, recalled, queries.size());
        FloatTensor keys = kanerva.lookUp(memory, queries).keys();
        int[] shape = {1, c.batch(), queries.dimension(2), queries.dimension(3), queries.dimension(4)};
        graph(
                shared,
                BundleGraph.INDEX.label(),
                c,
                seconds,
                Map.of(BundleGraph.MEMORY, memory.memory(), BundleGraph.POINTERS, keys),
                Map.of(BundleGraph.CONTENTS, FloatTensor.zeros(shape)));
    }

    /** Times the JVM's allocation of arrays like the large ones that a call returns, which it fills with zeros. */
    private static void arrays(TimedCall c, double seconds, int... sizes) {
        float[][] made = new float[sizes.length][]; // escapes, so that the compiler cannot remove the allocations
        Timing.report("arrays", c.name(), seconds, () -> Arrays.setAll(made, i -> new float[sizes[i]]));
    }

    private static void write(Kanerva kanerva, SharedFolder shared, TimedCall c, double seconds) throws Exception {
        FloatTensor episodes = images(kanerva, shared, c.episodes(), c.samples());
        Timing.report("runtime", c.name(), seconds, () -> kanerva.write(episodes));
        Memory memory = kanerva.write(episodes);
        arrays(c, seconds, memory.memory().size(), memory.pointers().size());
        FloatBuffer given = BareGraph.direct(episodes.size()).put(0, episodes.data());
        FloatBuffer written = BareGraph.direct(memory.memory().size());
        FloatBuffer pointers = BareGraph.direct(memory.pointers().size());
        try (PreparedWrite prepared = kanerva.prepareWrite(c.episodes(), c.samples())) {
            Timing.report("prepared", c.name(), seconds, () -> prepared.run(given, written, pointers));
        }
        check(c, written, memory.memory().size());
        graph(
                shared,
                BundleGraph.WRITE.label(),
                c,
                seconds,
                Map.of(BundleGraph.IMAGES, episodes),
                Map.of(BundleGraph.MEMORY, memory.memory(), BundleGraph.POINTERS, memory.pointers()));
    }

    private static void graph(
            SharedFolder shared,
            String graph,
            TimedCall c,
            double seconds,
            Map<String, FloatTensor> given,
            Map<String, FloatTensor> wanted)
            throws Exception {
        byte[] model = Files.readAllBytes(shared.bundle().resolve(graph + ".onnx"));
        try (BareGraph bare = BareGraph.open(model, given, wanted, Optional.empty())) {
            Timing.report("graph", c.name(), seconds, bare::run);
        }
    }

    /** Times recalls of one query on several threads, each with its own prepared call. */
    private static void threads(
            String name, int threads, Kanerva kanerva, Memory memory, SharedFolder shared, double seconds)
            throws InterruptedException {
        FloatTensor query = images(kanerva, shared, 1, 1);
        CountDownLatch ready = new CountDownLatch(threads);
        AtomicLong calls = new AtomicLong();
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            all.add(new Thread(() -> {
                FloatBuffer images = BareGraph.direct(query.size()).put(0, query.data());
                FloatBuffer recalled = BareGraph.direct(query.size());
                try (PreparedRecall prepared = kanerva.prepareRecall(memory, 1)) {
                    ready.countDown();
                    ready.await();
                    long end = System.nanoTime() + (long) (2 * seconds * 1e9);
                    long own = 0;
                    for (; System.nanoTime() < end; own++) {
                        prepared.run(images, recalled);
                    }
                    calls.addAndGet(own);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        all.forEach(Thread::start);
        for (Thread thread : all) {
            thread.join();
        }
        System.out.printf(Locale.ROOT, "prepared %s %.2f%n", name, 2e6 * seconds / calls.get());
    }

    /** Prints a checksum, which must be the same on all sides. */
    private static void check(TimedCall c, FloatBuffer values, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += values.get(i);
        }
        System.out.printf(Locale.ROOT, "check %s %.4f%n", c.name(), sum);
    }

    private static FloatTensor images(Kanerva kanerva, SharedFolder shared, int episodes, int samples) {
        Planes image = kanerva.bundle().settings().image();
        return new FloatTensor(
                shared.images(episodes * samples), episodes, samples, image.channels(), image.height(), image.width());
    }
}
