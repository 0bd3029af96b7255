package io.kanerva.trainer.fetch;

/** Hears how far a fetch is. All calls come on the thread that fetches. */
public interface FetchListener {
    /** Hears nothing. */
    FetchListener SILENT = new FetchListener() {};

    /**
     * A file is under way.
     *
     * @param file its name
     * @param bytes that are here
     * @param total bytes of the whole file, or -1 if nobody knows
     */
    default void transferred(String file, long bytes, long total) {}

    /** Something worth a line of its own: a retry, a file that is there already, a sum that is new. */
    default void note(String sentence) {}
}
