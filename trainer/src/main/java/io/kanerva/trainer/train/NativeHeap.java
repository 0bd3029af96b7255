package io.kanerva.trainer.train;

import com.sun.jna.Function;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;

/**
 * The engine's memory, which Java does not manage. Where glibc's allocator has its usual settings, the gaps that a
 * step's arrays leave are a little short for the next arrays of their size, and a process grows by some megabytes a
 * step; so it is told now and then to give back what is free.
 */
final class NativeHeap {
    /** Often enough for a few hundred megabytes between, seldom enough to cost nothing: milliseconds each. */
    static final int STEPS = 25;

    private static final Function TRIM = trimmer();

    private NativeHeap() {}

    /**
     * Gives free memory back, where the allocator can and was not set to keep it ({@code GLIBC_TUNABLES}, as
     * {@code tools/kpp} does).
     *
     * @return whether there was any to give back; false where nothing is done
     */
    static boolean trim() {
        return TRIM != null && TRIM.invokeInt(new Object[] {new NativeLong(0)}) != 0;
    }

    private static Function trimmer() {
        if (!Platform.isLinux() || System.getenv("GLIBC_TUNABLES") != null) {
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
