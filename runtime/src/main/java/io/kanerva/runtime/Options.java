package io.kanerva.runtime;

import java.util.Objects;

/**
 * How a bundle is loaded.
 *
 * <p>Graphs of this size run best with one ONNX Runtime thread each and as many calling threads as the
 * service has; that is the default. More threads help single large batches.
 *
 * @param device where the graphs run
 * @param threads threads that one call may use inside one graph, 1 or more (ONNX Runtime's intra-op
 *     threads; they never spin while idle)
 */
public record Options(Device device, int threads) {

    /**
     * @throws IllegalArgumentException if {@code threads} is below 1
     */
    public Options {
        Objects.requireNonNull(device, "device");
        if (threads < 1) {
            throw new IllegalArgumentException("Options: threads: expected at least 1, found " + threads);
        }
    }

    /** {@code device} with one thread a call. */
    public static Options on(Device device) {
        return new Options(device, 1);
    }

    /** These options with another number of threads a call. */
    public Options withThreads(int threads) {
        return new Options(device, threads);
    }
}
