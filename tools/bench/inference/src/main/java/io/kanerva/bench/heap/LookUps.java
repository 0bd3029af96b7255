package io.kanerva.bench.heap;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import io.kanerva.runtime.MemoryHeap;
import io.kanerva.runtime.Planes;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Times look-ups of 1 and of 64 queries beside one pass over as much memory as their features take, all in CPU time of
 * the calling thread and by turns. The pass copies the features block by block to an array that stays in the
 * processor's cache.
 */
final class LookUps {

    private static final int BATCH = 512;
    private static final int QUERIES = 64;
    private static final int BLOCK = 1 << 17;
    private static final double[] CACHED = new double[BLOCK];
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private LookUps() {}

    /** The bundle's folder, the rounds, and the number of samples. */
    public static void main(String[] arguments) {
        int rounds = Integer.parseInt(arguments[1]);
        int samples = Integer.parseInt(arguments[2]);
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            Planes image = kanerva.bundle().settings().image();
            Rectangles shapes = new Rectangles(image);
            MemoryHeap heap = kanerva.heap();
            for (int first = 0; first < samples; first += BATCH) {
                int count = Math.min(BATCH, samples - first);
                long[] ids = new long[count];
                int begin = first;
                Arrays.setAll(ids, i -> begin + i);
                heap.write(ids, shapes.images(first, count));
            }
            Memory memory = heap.snapshot();
            FloatTensor sparse = damaged(shapes.images(samples / 2, QUERIES));
            FloatTensor dense = heap.recall(sparse);
            check(heap, sparse, samples / 2);
            double[][] features = new double[(samples + 1023) / 1024][1024 * (image.floats() + 1)];
            for (double[] page : features) {
                Arrays.fill(page, 0.5); // so that each has memory of its own
            }
            double[][] times = new double[9][rounds];
            for (int round = -1; round < rounds; round++) {
                double[] now = {
                    time(() -> pass(features)),
                    time(() -> heap.lookUp(first(dense))),
                    time(() -> heap.lookUp(dense)),
                    time(() -> heap.lookUp(first(sparse))),
                    time(() -> heap.lookUp(sparse)),
                    time(() -> kanerva.lookUp(memory, episode(first(dense)))),
                    time(() -> kanerva.lookUp(memory, episode(dense))),
                    time(() -> kanerva.lookUp(memory, episode(first(sparse)))),
                    time(() -> kanerva.lookUp(memory, episode(sparse)))
                };
                for (int i = 0; round >= 0 && i < now.length; i++) {
                    times[i][round] = now[i];
                }
            }
            report(samples, image, times);
        }
    }

    private static void report(int samples, Planes image, double[][] times) {
        double[] ms = Arrays.stream(times).mapToDouble(Operations::median).toArray();
        System.out.printf(
                Locale.ROOT,
                "%,d samples of %,d float64 features: one pass takes %.1f ms (%.1f GB/s)%n",
                samples,
                image.floats() + 1,
                ms[0],
                8e-6 * samples * (image.floats() + 1) / ms[0]);
        String[] names = {
            "heap, grey queries",
            "heap, black and white queries",
            "memory, grey queries",
            "memory, black and white queries"
        };
        for (int i = 0; i < names.length; i++) {
            double one = ms[1 + 2 * i];
            double many = ms[2 + 2 * i];
            System.out.printf(
                    Locale.ROOT,
                    "%-32s1 query %7.1f ms (%.2f x the pass), %d queries %7.1f ms (%.2f x one)%n",
                    names[i],
                    one,
                    one / ms[0],
                    QUERIES,
                    many,
                    many / one);
        }
    }

    /** The queries have to be found. */
    private static void check(MemoryHeap heap, FloatTensor queries, int first) {
        long[] found = heap.lookUp(queries).ids();
        int right = 0;
        for (int i = 0; i < QUERIES; i++) {
            right += found[i] == first + i ? 1 : 0;
        }
        System.out.printf("%d of %d damaged images are found%n", right, QUERIES);
    }

    private static void pass(double[][] features) {
        for (double[] page : features) {
            for (int i = 0; i < page.length; i += BLOCK) {
                System.arraycopy(page, i, CACHED, 0, Math.min(BLOCK, page.length - i));
            }
        }
    }

    private static FloatTensor first(FloatTensor queries) {
        int length = queries.size() / QUERIES;
        return new FloatTensor(
                Arrays.copyOf(queries.data(), length),
                1,
                queries.dimension(1),
                queries.dimension(2),
                queries.dimension(3));
    }

    private static FloatTensor episode(FloatTensor queries) {
        return new FloatTensor(
                queries.data(),
                1,
                queries.dimension(0),
                queries.dimension(1),
                queries.dimension(2),
                queries.dimension(3));
    }

    /** With a twentieth of their pixels inverted. */
    private static FloatTensor damaged(FloatTensor images) {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < images.size(); i++) {
            if (random.nextInt(20) == 0) {
                images.data()[i] = 1 - images.data()[i];
            }
        }
        return images;
    }

    private static double time(Runnable call) {
        long start = CLOCK.getCurrentThreadCpuTime();
        call.run();
        return (CLOCK.getCurrentThreadCpuTime() - start) / 1e6;
    }
}
