package io.kanerva.onnx;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes files so that a reader sees the old content or the new one, never part of it. */
final class AtomicFiles {
    private static final int BUFFER = 1 << 16;

    private AtomicFiles() {}

    /** Writes a file's content. */
    interface Content {
        void write(OutputStream stream) throws IOException;
    }

    static void write(Path file, byte[] content) throws IOException {
        write(file, stream -> stream.write(content));
    }

    static void write(Path file, Content content) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, file.getFileName().toString(), ".tmp");
        try {
            try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(part), BUFFER)) {
                content.write(stream);
            }
            // Temporary files are private to their owner; the final file must not be.
            part.toFile().setReadable(true, false);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
