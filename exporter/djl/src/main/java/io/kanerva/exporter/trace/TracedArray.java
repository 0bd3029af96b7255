package io.kanerva.exporter.trace;

/** Marks a recording array; implemented beside {@code NDArray} by the proxies of {@link ArrayHandler}. */
interface TracedArray {
    /** The recording that this array belongs to. */
    Recorder recorder();

    /** The value that this array holds now. */
    TapeValue tapeValue();

    /** Gives the array another value, as an operation of this name that works in place does. */
    void become(TapeValue version, String operation);
}
