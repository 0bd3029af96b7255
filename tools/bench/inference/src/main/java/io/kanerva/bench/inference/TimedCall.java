package io.kanerva.bench.inference;

import java.util.List;

/**
 * A timed call.
 *
 * @param name for example {@code recall-16}
 * @param batch images: queries of one memory of 32 samples, or written images
 */
record TimedCall(String name, int batch) {
    static final int EPISODE = 32;
    static final List<TimedCall> RECALLS =
            List.of(new TimedCall("recall-1", 1), new TimedCall("recall-16", 16), new TimedCall("recall-64", 64));
    static final List<TimedCall> WRITES =
            List.of(new TimedCall("write-1", 1), new TimedCall("write-16", 16), new TimedCall("write-64", 64));

    /** B of a write: episodes of at most 32 images. */
    int episodes() {
        return (batch + EPISODE - 1) / EPISODE;
    }

    /** T of a write. */
    int samples() {
        return batch / episodes();
    }
}
