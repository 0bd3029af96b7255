package io.kanerva.runtime;

import java.util.Objects;

/**
 * How a bundle is loaded.
 *
 * <p>Graphs of this size run best with one ONNX Runtime thread each, the default; more threads help large batches.
 *
 * @param device where the graphs run
 * @param threads ONNX Runtime's intra-op threads for one call, 1 to {@value #MAX_THREADS}; they never spin while idle
 * @param callers threads that are expected to call at the same time, 1 to {@value #MAX_CALLERS}. Each graph is opened
 *     once for each, as callers of one ONNX Runtime session slow each other down, at the cost of a copy of the weights.
 *     More threads may call: they share
 */
public record Options(Device device, int threads, int callers) {

    public static final int MAX_CALLERS = 64;

    /** Each graph has its own threads. */
    public static final int MAX_THREADS = 256;

    /** @throws IllegalArgumentException if {@code threads} or {@code callers} is out of its range */
    public Options {
        Objects.requireNonNull(device, "device");
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException(
                    "Options: threads: expected 1 to %d, found %d".formatted(MAX_THREADS, threads));
        }
        if (callers < 1 || callers > MAX_CALLERS) {
            throw new IllegalArgumentException(
                    "Options: callers: expected 1 to %d, found %d".formatted(MAX_CALLERS, callers));
        }
    }

    /** {@code device} with one thread per call and one caller. */
    public static Options on(Device device) {
        return new Options(device, 1, 1);
    }

    /** These options with another number of threads per call. */
    public Options withThreads(int threads) {
        return new Options(device, threads, callers);
    }

    /** These options with another number of expected callers. */
    public Options withCallers(int callers) {
        return new Options(device, threads, callers);
    }
}
