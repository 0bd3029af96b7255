package io.kanerva.conformance.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder for intermediate files, deleted when it is closed or when the process is terminated before that. */
public final class TemporaryFolder implements AutoCloseable {
    private static final String TERMINATING = "this process is being terminated";

    private final Path path;
    private final Thread hook = new Thread(this::onShutdown, "delete-temporary-folder");
    private Runnable user = () -> {};
    private boolean terminating;

    /**
     * Creates the folder in the system's folder for temporary files.
     *
     * @param prefix of its name
     * @throws IOException if it cannot be created, or the process is being terminated
     */
    public TemporaryFolder(String prefix) throws IOException {
        path = Files.createTempDirectory(prefix);
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            Files.delete(path);
            throw new IOException(TERMINATING, e);
        }
    }

    /** The folder. */
    public Path path() {
        return path;
    }

    /**
     * Starts something that writes to the folder.
     *
     * @param start starts it and returns what stops it, which runs first when the process is terminated
     * @throws IOException if it cannot be started, or the process is being terminated
     */
    synchronized void use(Start start) throws IOException {
        if (terminating) {
            throw new IOException(TERMINATING);
        }
        user = start.start();
    }

    /** Starts something, and returns what stops it. */
    interface Start {
        /** Starts it. */
        Runnable start() throws IOException;
    }

    private synchronized void onShutdown() {
        terminating = true;
        user.run();
        try {
            delete();
        } catch (IOException e) {
            // The process is ending, so there is nowhere to report it.
        }
    }

    private void delete() throws IOException {
        try (Stream<Path> walk = Files.walk(path)) {
            for (Path file : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Deletes the folder with its contents. */
    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return; // the process is ending, and the hook deletes the folder
        }
        delete();
    }
}
