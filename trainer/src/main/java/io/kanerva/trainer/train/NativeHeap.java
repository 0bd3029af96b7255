package io.kanerva.trainer.train;

import com.sun.jna.Function;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;

/**
 * The engine's memory, which Java does not manage. With glibc's default settings, the gaps that a step's arrays leave
 * are slightly too small for the next arrays of the same size, and the process grows by some megabytes a step; with
 * those of {@code tools/kpp}, it still does where images are large. Trimming now and then returns what is free.
 */
final class NativeHeap {
    /** Steps between two trims: some hundred megabytes accumulate, and a trim takes milliseconds. */
    static final int STEPS = 25;

    private static final Function TRIM = trimmer();

    private NativeHeap() {}

    /**
     * Returns free memory to the system, unless the allocator cannot.
     *
     * @return whether memory was returned
     */
    static boolean trim() {
        return TRIM != null && TRIM.invokeInt(new Object[] {new NativeLong(0)}) != 0;
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
