package io.kanerva.bench.heap;

import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.MemoryHeap;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Times single writes, frees, reads and replacements in heaps of many sizes, in CPU time of the calling thread. All
 * heaps are there at once and take short turns, and a ratio is the median of those of single turns, so that a machine
 * whose speed changes slows both sides down alike.
 */
final class Operations {

    private static final int BATCH = 512;
    private static final int CALLS = 25;

    /** Turns of each heap in a round. */
    private static final int TURNS = 20;

    private static final String[] NAMES = {"free", "write", "replace", "read", "free, cold", "clock"};

    /** More than a core's caches and their tables of pages hold (16 MB). */
    private static final long[] OTHER_WORK = new long[1 << 21];

    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    private Operations() {}

    /** The bundle's folder, the rounds, and the sizes in ascending order. */
    public static void main(String[] arguments) throws IOException {
        int turns = TURNS * Integer.parseInt(arguments[1]);
        int[] sizes =
                Arrays.stream(arguments).skip(2).mapToInt(Integer::parseInt).toArray();
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            Rectangles shapes = new Rectangles(kanerva.bundle().settings().image());
            warmUp(kanerva, shapes);
            List<MemoryHeap> heaps = new ArrayList<>();
            System.out.println("samples, bytes of Java's heap per sample, direct buffers, other native memory:");
            for (int size : sizes) {
                long before = used();
                MemoryHeap heap = filled(kanerva, shapes, size);
                heaps.add(heap);
                System.out.printf(
                        Locale.ROOT,
                        "%,9d %,8d B %,8d KiB %,8d KiB%n",
                        size,
                        (used() - before) / size,
                        direct() >> 10,
                        other());
            }
            double[][][] medians = new double[sizes.length][NAMES.length][turns];
            for (int turn = 0; turn < turns; turn++) {
                for (int i = 0; i < sizes.length; i++) {
                    double[] times = times(heaps.get(i), shapes, sizes[i], turn);
                    for (int name = 0; name < NAMES.length; name++) {
                        medians[i][name][turn] = times[name];
                    }
                }
            }
            report(sizes, medians);
        }
    }

    private static void report(int[] sizes, double[][][] medians) {
        System.out.printf("%nmicroseconds of CPU time (medians), and the ratio to that of the smallest heap:%n");
        System.out.printf("%9s", "samples");
        for (String name : NAMES) {
            System.out.printf("%17s", name);
        }
        System.out.println();
        double worst = 0;
        for (int i = 0; i < sizes.length; i++) {
            System.out.printf(Locale.ROOT, "%,9d", sizes[i]);
            for (int name = 0; name < NAMES.length; name++) {
                double time = median(medians[i][name]);
                double ratio = ratio(medians[i][name], medians[0][name]);
                worst = Math.max(worst, ratio);
                System.out.printf(Locale.ROOT, "%10.2f (%4.2f)", time, ratio);
            }
            System.out.println();
        }
        System.out.printf(Locale.ROOT, "the largest ratio: %.2f%n", worst);
    }

    private static double ratio(double[] times, double[] ofSmallest) {
        double[] ratios = new double[times.length];
        Arrays.setAll(ratios, turn -> times[turn] / ofSmallest[turn]);
        return median(ratios);
    }

    private static void warmUp(Kanerva kanerva, Rectangles shapes) {
        MemoryHeap heap = filled(kanerva, shapes, 2_000);
        for (int round = 0; round < 120; round++) {
            times(heap, shapes, 2_000, round);
        }
    }

    private static MemoryHeap filled(Kanerva kanerva, Rectangles shapes, int size) {
        MemoryHeap heap = kanerva.heap();
        for (int first = 0; first < size; first += BATCH) {
            int count = Math.min(BATCH, size - first);
            long[] ids = new long[count];
            int begin = first;
            Arrays.setAll(ids, i -> begin + i);
            heap.write(ids, shapes.images(first, count));
        }
        return heap;
    }

    /** The medians of many calls each, at random samples. */
    private static double[] times(MemoryHeap heap, Rectangles shapes, int size, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] times = new double[NAMES.length][CALLS];
        for (int call = 0; call < CALLS; call++) {
            FloatTensor image = shapes.images(seed * 1_000L + call, 1);
            long id = random.nextInt(size);
            long other = random.nextInt(size);
            long third = random.nextInt(size);
            times[0][call] = time(() -> heap.free(id));
            times[1][call] = time(() -> heap.write(id, image));
            times[2][call] = time(() -> heap.replace(other, image));
            times[3][call] = time(() -> heap.read(third));
            displaceCaches();
            times[4][call] = time(() -> heap.free(third));
            heap.write(third, image);
            times[5][call] = time(() -> {}); // a part of each of the others
        }
        return Arrays.stream(times).mapToDouble(Operations::median).toArray();
    }

    /**
     * Leaves a core's caches as other work of a service does: in a loop a small heap stays in them, a large one cannot.
     */
    private static void displaceCaches() {
        for (int i = 0; i < OTHER_WORK.length; i += 8) {
            OTHER_WORK[i]++;
        }
    }

    private static double time(Runnable call) {
        long start = CLOCK.getCurrentThreadCpuTime();
        call.run();
        return (CLOCK.getCurrentThreadCpuTime() - start) / 1e3;
    }

    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Bytes of Java's heap in use. */
    private static long used() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    /** KiB of the process beyond Java's heap, which was touched as a whole when the JVM started (Linux). */
    private static long other() throws IOException {
        long resident = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
        return resident
                - (ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted() >> 10)
                - (direct() >> 10);
    }
}
