package io.kanerva.trainer.train;

import com.sun.jna.Function;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;

/**
 * The engine's memory, which Java does not manage. With glibc's default settings, the gaps that a step's arrays leave
 * are slightly too small for the next arrays of the same size, and the process grows by some megabytes a step. Trimming
 * now and then returns what is free. An allocator that is set to keep it for the next step, as by {@code tools/kpp},
 * grows too where images are large, but pages that were returned cost time: it is trimmed less often.
 */
final class NativeHeap {
    /** Of glibc's settings, the one by which it keeps free memory. */
    private static final String KEEPS = "glibc.malloc.trim_threshold";

    /** Steps between two trims: some hundred megabytes accumulate, and a trim takes milliseconds. */
    static final int OFTEN = 25;

    /** The same where the allocator keeps free memory. */
    static final int SELDOM = 50;

    private static final int STEPS =
            System.getenv().getOrDefault("GLIBC_TUNABLES", "").contains(KEEPS) ? SELDOM : OFTEN;

    private static final Function TRIM = trimmer();

    private NativeHeap() {}

    /**
     * Returns free memory to the system every {@link #OFTEN} or {@link #SELDOM} steps, unless the allocator cannot.
     *
     * @param step of a run, from 1
     * @return whether memory was returned
     */
    static boolean trim(int step) {
        return step % STEPS == 0 && TRIM != null && TRIM.invokeInt(new Object[] {new NativeLong(0)}) != 0;
    }

    private static Function trimmer() {
        if (!Platform.isLinux()) {
            return null;
        }
        try {
            return Function.getFunction("c", "malloc_trim");
        } catch (UnsatisfiedLinkError e) {
            // Another C library, which has no such function.
            return null;
        }
    }
}
