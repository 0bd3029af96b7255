package io.kanerva.exporter.trace;

/** Marks a recording array; the proxies of {@link ArrayHandler} implement it in addition to {@code NDArray}. */
interface TracedArray {
    /** The recording that this array belongs to. */
    Recorder recorder();

    /** The value that this array holds now. */
    TapeValue tapeValue();

    /** Replaces the array's value, as the in-place operation of this name does. */
    void become(TapeValue version, String operation);
}
