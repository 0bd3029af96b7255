package io.kanerva.bench.index;

import com.sun.management.OperatingSystemMXBean;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.FloatTensor;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.MemoryHeap;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * Compares an index with the runtime's search of all samples: how often it finds the same, and at which part of the CPU
 * time. The memories hold a sample each, images of Fashion-MNIST that are moved, turned, scaled and dimmed by chance; a
 * query is a sample with a half erased, with noise, or moved by a pixel. {@code tools/bench/index/run} starts it.
 */
final class IndexBench {

    private static final int SIDE = 28;
    private static final int FLOATS = SIDE * SIDE;
    private static final int BATCH = 500;

    /** Samples that the exact search holds at a time, 0.9 GB. */
    private static final int PART = 100_000;

    private static final int TOGETHER = 64;
    private static final int ALONE = 16;

    /** Of damage. */
    private static final int KINDS = 3;

    private static final int[] CANDIDATES = {10, 30, 100, 300, 1000, 3000};
    private static final ThreadMXBean THREAD = ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final byte[] pixels;
    private final int count;
    private final int samples;
    private final int[] asked;
    private final float[] queries;
    private final long[] found;
    private final double[] best;
    private double written;
    private double together;
    private double alone;

    private IndexBench(byte[] pixels, int samples, int queries) {
        this.pixels = pixels;
        count = pixels.length / FLOATS;
        this.samples = samples;
        asked = new SplittableRandom(3).ints(queries, 0, samples).toArray();
        this.queries = new float[queries * FLOATS];
        found = new long[queries];
        best = new double[queries];
        Arrays.fill(best, Double.NEGATIVE_INFINITY);
        for (int i = 0; i < queries; i++) {
            damage(i);
        }
    }

    /** The bundle's folder, images (idx3, gzipped), a folder for the index, samples, queries. */
    public static void main(String[] arguments) throws IOException {
        byte[] pixels;
        try (GZIPInputStream stream = new GZIPInputStream(Files.newInputStream(Path.of(arguments[1])))) {
            stream.skipNBytes(16);
            pixels = stream.readAllBytes();
        }
        IndexBench bench = new IndexBench(pixels, Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
        try (Kanerva kanerva = Kanerva.load(Path.of(arguments[0]), Device.CPU)) {
            bench.run(kanerva, Path.of(arguments[2]));
        }
    }

    private void run(Kanerva kanerva, Path folder) throws IOException {
        Features features = new Features(kanerva.bundle().settings().image());
        double before = processSeconds();
        try (SampleIndex.Writer writer = new SampleIndex.Writer(folder, features)) {
            for (int first = 0; first < samples; first += PART) {
                search(kanerva, writer, first, Math.min(PART, samples - first));
            }
        }
        print("%,d samples written, searched and put into the index: %.0f s", samples, processSeconds() - before);
        print("putting %.0f s, index %,d bytes a sample", written, size(folder) / samples);
        int right = 0;
        for (int i = 0; i < asked.length; i++) {
            right += found[i] == asked[i] ? 1 : 0;
        }
        double eachTogether = together / asked.length;
        double eachAlone = alone / Math.min(ALONE, asked.length);
        print(
                "exact search: %.3f ms a query of %d at once, %.3f ms of one alone; the damaged sample is the best for "
                        + "%.3f",
                eachTogether * 1e3, TOGETHER, eachAlone * 1e3, (double) right / asked.length);
        print("candidates   ms a query   64 at once is x   alone is x   recall (half, noise, moved)");
        try (SampleIndex.Reader index = new SampleIndex.Reader(folder, features)) {
            for (int candidates : CANDIDATES) {
                ask(index, candidates); // compiles, and brings the index into the page cache
                double[] result = ask(index, candidates);
                print(
                        "%,10d %12.3f %17.2f %12.1f   %.4f (%.3f, %.3f, %.3f)",
                        candidates,
                        result[KINDS] * 1e3,
                        eachTogether / result[KINDS],
                        eachAlone / result[KINDS],
                        (result[0] + result[1] + result[2]) / KINDS,
                        result[0],
                        result[1],
                        result[2]);
            }
        }
    }

    private void search(Kanerva kanerva, SampleIndex.Writer writer, int first, int number) throws IOException {
        MemoryHeap heap = kanerva.heap();
        for (int from = first; from < first + number; from += BATCH) {
            int size = Math.min(BATCH, first + number - from);
            FloatTensor images = FloatTensor.zeros(size, 1, SIDE, SIDE);
            long[] ids = new long[size];
            for (int i = 0; i < size; i++) {
                ids[i] = from + i;
                image(from + i, images.data(), i * FLOATS);
            }
            heap.write(ids, images);
            float[] read = heap.read(ids).data();
            double start = threadSeconds();
            for (int i = 0; i < size; i++) {
                writer.put(ids[i], read, i * FLOATS);
            }
            written += threadSeconds() - start;
        }
        for (int from = 0; from < asked.length; from += TOGETHER) {
            int size = Math.min(TOGETHER, asked.length - from);
            double start = threadSeconds();
            MemoryHeap.Found some = heap.lookUp(tensor(from, size));
            together += threadSeconds() - start;
            for (int i = 0; i < size; i++) {
                if (some.scores()[i] > best[from + i]) {
                    best[from + i] = some.scores()[i];
                    found[from + i] = some.ids()[i];
                }
            }
        }
        for (int i = 0; i < Math.min(ALONE, asked.length); i++) {
            double start = threadSeconds();
            heap.lookUp(tensor(i, 1));
            alone += threadSeconds() - start;
        }
        print("%,d of %,d", first + number, samples);
    }

    /** Of each kind the part of queries that find the best sample, or one as good; then seconds of CPU time a query. */
    private double[] ask(SampleIndex.Reader index, int candidates) throws IOException {
        double[] result = new double[KINDS + 1];
        double start = threadSeconds();
        for (int i = 0; i < asked.length; i++) {
            SampleIndex.Found one = index.find(queries, i * FLOATS, candidates);
            boolean same = one.sample() == found[i] || one.score() >= best[i] - 1e-6;
            result[i % KINDS] += same ? 1 : 0;
        }
        result[KINDS] = (threadSeconds() - start) / asked.length;
        for (int kind = 0; kind < KINDS; kind++) {
            result[kind] /= (asked.length + KINDS - 1 - kind) / KINDS;
        }
        return result;
    }

    private FloatTensor tensor(int from, int size) {
        return new FloatTensor(Arrays.copyOfRange(queries, from * FLOATS, (from + size) * FLOATS), size, 1, SIDE, SIDE);
    }

    /** Sample {@code number}: one of the images, moved, turned, scaled, mirrored and dimmed. */
    private void image(int number, float[] to, int at) {
        SplittableRandom random = new SplittableRandom(number * 0x9E3779B97F4A7C15L);
        int from = random.nextInt(count) * FLOATS;
        double angle = random.nextDouble(-0.5, 0.5);
        double scale = random.nextDouble(0.8, 1.25);
        double cosine = Math.cos(angle) * scale;
        double sine = Math.sin(angle) * scale;
        double mirror = random.nextBoolean() ? 1 : -1;
        double middle = (SIDE - 1) / 2.0;
        double right = random.nextDouble(-4, 4);
        double down = random.nextDouble(-4, 4);
        double gain = random.nextDouble(0.6, 1) / 255;
        for (int row = 0; row < SIDE; row++) {
            for (int column = 0; column < SIDE; column++) {
                double x = mirror * (column - middle - right);
                double y = row - middle - down;
                to[at + row * SIDE + column] =
                        (float) (gain * pixel(from, cosine * x - sine * y + middle, sine * x + cosine * y + middle));
            }
        }
    }

    private double pixel(int from, double x, double y) {
        int column = (int) Math.floor(x);
        int row = (int) Math.floor(y);
        double right = x - column;
        double down = y - row;
        return (1 - down) * ((1 - right) * stored(from, row, column) + right * stored(from, row, column + 1))
                + down * ((1 - right) * stored(from, row + 1, column) + right * stored(from, row + 1, column + 1));
    }

    private int stored(int from, int row, int column) {
        return row < 0 || column < 0 || row >= SIDE || column >= SIDE ? 0 : pixels[from + row * SIDE + column] & 0xff;
    }

    /** Query {@code number}: by turns without its lower half, with a tenth of its pixels black or white, or moved. */
    private void damage(int number) {
        int at = number * FLOATS;
        image(asked[number], queries, at);
        SplittableRandom random = new SplittableRandom(number);
        switch (number % KINDS) {
            case 0 -> Arrays.fill(queries, at + FLOATS / 2, at + FLOATS, 0);
            case 1 -> {
                for (int i = 0; i < FLOATS; i++) {
                    queries[at + i] = random.nextInt(10) == 0 ? random.nextInt(2) : queries[at + i];
                }
            }
            default -> System.arraycopy(queries, at, queries, at + 1, FLOATS - 1);
        }
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.sorted(Comparator.naturalOrder()).toList();
            long size = 0;
            for (Path file : all) {
                size += Files.size(file);
            }
            return size;
        }
    }

    private static double threadSeconds() {
        return THREAD.getCurrentThreadCpuTime() / 1e9;
    }

    private static double processSeconds() {
        return PROCESS.getProcessCpuTime() / 1e9;
    }

    private static void print(String pattern, Object... values) {
        System.out.printf(Locale.ROOT, pattern + "%n", values);
    }
}
