package io.kanerva.conformance.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for files in between that is gone when it is closed, and when the process is told to end before that. */
public final class TemporaryFolder implements AutoCloseable {
    private static final String ENDING = "this process was told to end";

    private final Path path;
    private final Thread hook = new Thread(this::atTheEnd, "delete-temporary-folder");
    private Runnable user = () -> {};
    private boolean ending;

    /**
     * Makes the folder where the machine has its temporary files.
     *
     * @param prefix what its name begins with
     * @throws IOException if it cannot be made, or the process has been told to end
     */
    public TemporaryFolder(String prefix) throws IOException {
        path = Files.createTempDirectory(prefix);
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            Files.delete(path);
            throw new IOException(ENDING, e);
        }
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /**
     * Starts something that writes to the folder.
     *
     * @param start does so and gives what stops it, which is done first when the process is told to end
     * @throws IOException if it cannot be started, or the process has been told to end
     */
    synchronized void use(Start start) throws IOException {
        if (ending) {
            throw new IOException(ENDING);
        }
        user = start.start();
    }

    /** Starts something, and gives what stops it. */
    interface Start {
        /** Does so. */
        Runnable start() throws IOException;
    }

    private synchronized void atTheEnd() {
        ending = true;
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
