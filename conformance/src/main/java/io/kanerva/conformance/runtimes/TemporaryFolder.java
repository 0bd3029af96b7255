package io.kanerva.conformance.runtimes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for files in between that is gone when it is closed, and when the process is told to end before that. */
public final class TemporaryFolder implements AutoCloseable {
    private final Path path;
    private final Thread hook = new Thread(this::atTheEnd, "delete-temporary-folder");
    private volatile Runnable user = () -> { };

    /**
     * Makes the folder where the machine has its temporary files.
     *
     * @param prefix what its name begins with
     * @throws IOException if it cannot be made
     */
    public TemporaryFolder(String prefix) throws IOException {
        path = Files.createTempDirectory(prefix);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Is done first when the process is told to end: it stops whatever writes to the folder. */
    void stopFirst(Runnable stop) {
        user = stop;
    }

    private void atTheEnd() {
        user.run();
        try {
            delete();
        } catch (IOException e) {
            // The process ends, and there is nobody left to tell.
        }
    }

    private void delete() throws IOException {
        try (Stream<Path> walk = Files.walk(path)) {
            for (Path file : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Deletes it with all that is in it. */
    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // the process is ending, and the hook does it
        }
        delete();
    }
}
