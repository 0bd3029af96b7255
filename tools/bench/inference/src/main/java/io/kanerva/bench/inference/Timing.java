package io.kanerva.bench.inference;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;

/**
 * Times a call: warms up, then takes the median of single calls.
 *
 * <p>All sides use one thread and its CPU time, which is almost unaffected by other processes.
 */
final class Timing {
    private static final int MAX_CALLS = 200_000;

    private Timing() {}

    /** Prints the median time per call in microseconds. */
    static void report(String side, String name, double seconds, Runnable call) {
        System.out.printf(Locale.ROOT, "%s %s %.2f%n", side, name, median(seconds, call));
    }

    private static double median(double seconds, Runnable call) {
        // Long enough for the JIT compiler, which runs in the background.
        long warm = System.nanoTime() + (long) (Math.max(seconds, 1) * 1e9);
        while (System.nanoTime() < warm) {
            call.run();
        }
        long[] times = new long[MAX_CALLS];
        int count = 0;
        ThreadMXBean clock = ManagementFactory.getThreadMXBean();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (count < 5 || System.nanoTime() < end && count < MAX_CALLS) {
            long start = clock.getCurrentThreadCpuTime();
            call.run();
            times[count++] = clock.getCurrentThreadCpuTime() - start;
        }
        Arrays.sort(times, 0, count);
        return times[count / 2] / 1000.0;
    }
}
