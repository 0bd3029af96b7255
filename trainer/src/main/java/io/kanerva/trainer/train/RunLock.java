package io.kanerva.trainer.train;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Keeps a second training out of a run's folder. The operating system holds the lock and frees it when the process
 * ends, however it ends; the empty file stays.
 */
final class RunLock implements AutoCloseable {
    /** The file's name in a run's folder. */
    static final String FILE = ".lock";

    /** Closing any channel of a file frees the locks that this process has on it, so they are known here, too. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private RunLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Locks an existing folder and opens its run, which takes over the lock.
     *
     * @throws IllegalStateException if another training holds it, in this process or another one
     */
    static TrainingRun open(Path folder, Function<RunLock, TrainingRun> opened) {
        RunLock lock = of(folder);
        try {
            return opened.apply(lock);
        } catch (RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    static RunLock of(Path folder) {
        Path key = real(folder);
        if (!HELD.add(key)) {
            throw held(folder);
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(folder.resolve(FILE), CREATE, WRITE);
            if (!isFree(channel)) {
                new RunLock(key, channel).close();
                throw held(folder);
            }
        } catch (IOException e) {
            // Some network file systems have no locks; and where nothing can be written, the run's files say so.
        }
        return new RunLock(key, channel);
    }

    private static boolean isFree(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // other code of this process has locked it
        }
    }

    private static Path real(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            return folder.toAbsolutePath().normalize();
        }
    }

    private static IllegalStateException held(Path folder) {
        return new IllegalStateException(
                "%s: expected a folder that no other training writes into, found one: choose another folder, or wait"
                        .formatted(folder));
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // The end of the process frees it.
        }
        HELD.remove(folder);
    }
}
