package io.kanerva.runtime;

import java.util.Objects;

/**
 * How a bundle is loaded.
 *
 * <p>Graphs of this size run best with one ONNX Runtime thread each and as many calling threads as the service has;
 * that is the default. More threads help single large batches.
 *
 * @param device where the graphs run
 * @param threads threads that one call may use inside one graph, 1 or more (ONNX Runtime's intra-op threads; they never
 *     spin while idle)
 * @param callers threads that are expected to call at the same time, 1 to {@value #MOST_CALLERS}. Each graph is opened
 *     so many times, since callers of one ONNX Runtime session slow each other down; that takes as many times the
 *     memory of the weights. More threads may call: they share
 */
public record Options(Device device, int threads, int callers) {

    /** The largest number of expected callers. */
    public static final int MOST_CALLERS = 64;

    /** @throws IllegalArgumentException if {@code threads} or {@code callers} is out of its range */
    public Options {
        Objects.requireNonNull(device, "device");
        if (threads < 1) {
            throw new IllegalArgumentException("Options: threads: expected at least 1, found " + threads);
        }
        if (callers < 1 || callers > MOST_CALLERS) {
            throw new IllegalArgumentException(
                    "Options: callers: expected 1 to %d, found %d".formatted(MOST_CALLERS, callers));
        }
    }

    /** {@code device} with one thread a call and one caller. */
    public static Options on(Device device) {
        return new Options(device, 1, 1);
    }

    /**
     * These options with another number of threads a call.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Options withThreads(int threads) {
        return new Options(device, threads, callers);
    }

    /**
     * These options with another number of expected callers.
     *
     * @throws IllegalArgumentException if it is not from 1 to {@value #MOST_CALLERS}
     */
    public Options withCallers(int callers) {
        return new Options(device, threads, callers);
    }
}
