package io.kanerva.trainer.fetch;

/** Receives the progress of a download, on the downloading thread. */
public interface FetchListener {

    /**
     * Called after each chunk of a file.
     *
     * @param file its name
     * @param bytes bytes received
     * @param total bytes of the complete file, or -1 if unknown
     */
    default void transferred(String file, long bytes, long total) {}

    /** Called with a sentence worth a line: a retry, an existing file, a new checksum. */
    default void note(String sentence) {}
}
