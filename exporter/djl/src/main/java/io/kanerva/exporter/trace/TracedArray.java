package io.kanerva.exporter.trace;

import java.util.concurrent.atomic.AtomicReference;

/** Marks a recording array; the proxies of {@link ArrayHandler} implement it in addition to {@code NDArray}. */
interface TracedArray {
    /** The recording that this array belongs to. */
    Recorder recorder();

    /** The value that this array holds now. */
    TapeValue tapeValue();

    /** What the array holds; the same reference for all arrays over one tensor of the engine. */
    AtomicReference<ArrayStorage> memory();

    /** Makes the tensor hold something else, which leaves its views as they are. */
    void hold(ArrayStorage memory);
}
