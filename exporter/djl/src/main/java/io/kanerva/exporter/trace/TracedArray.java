package io.kanerva.exporter.trace;

/** Marks a recording array; the proxies of {@link ArrayHandler} implement it in addition to {@code NDArray}. */
interface TracedArray {
    /** The recording that this array belongs to. */
    Recorder recorder();

    /** The value that this array holds now. */
    TapeValue tapeValue();

    /** What the array holds, which it may share with others. */
    Memory memory();

    /** Makes the array hold something else, which changes no other array. */
    void hold(Memory memory);
}
