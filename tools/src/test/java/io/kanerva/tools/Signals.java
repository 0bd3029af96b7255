package io.kanerva.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tests of signals must know of their process. */
final class Signals {
    private Signals() {}

    /**
     * Whether this process, and so its children, were started with SIGINT ignored, as shells do for work in the
     * background.
     */
    static boolean areInterruptsIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return false;
        }
        String ignored = Files.readString(status, StandardCharsets.US_ASCII)
                .lines()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow()
                .split("\\s+")[1];
        return (Long.parseUnsignedLong(ignored, 16) >> 1 & 1) == 1;
    }
}
