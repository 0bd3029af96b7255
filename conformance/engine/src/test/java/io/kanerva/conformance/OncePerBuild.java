package io.kanerva.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Slow work of tests that leaves a folder, done once in a build although several JVMs run its tests. */
public final class OncePerBuild {
    /** The build sets it; started by an IDE, each JVM does the work itself. */
    private static final String BUILD =
            System.getProperty("kanerva.build", UUID.randomUUID().toString());

    private OncePerBuild() {}

    /**
     * Does the work unless this build has done it. Other JVMs wait meanwhile; if it fails, the next one tries again.
     *
     * @param folder names the work; its parent is created
     */
    public static synchronized void make(Path folder, Runnable work) {
        try {
            Files.createDirectories(folder.toAbsolutePath().getParent());
            try (FileChannel done = FileChannel.open(
                    folder.resolveSibling(folder.getFileName() + ".build"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE)) {
                done.lock();
                ByteBuffer by = ByteBuffer.allocate((int) done.size());
                done.read(by);
                if (!new String(by.array(), StandardCharsets.UTF_8).equals(BUILD)) {
                    done.truncate(0);
                    work.run();
                    done.write(ByteBuffer.wrap(BUILD.getBytes(StandardCharsets.UTF_8)), 0);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
