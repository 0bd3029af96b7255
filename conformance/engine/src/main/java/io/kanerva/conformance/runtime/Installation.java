package io.kanerva.conformance.runtime;

import io.kanerva.conformance.runtime.Readiness.State;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** What the setup of a runtime leaves in its folder; a stamp there records the files that it was made from. */
final class Installation {
    private static final String STAMP = ".installed";
    private static final Set<String> NOT_SOURCES = Set.of("target", "node_modules", ".venv", "__pycache__", STAMP);
    private static final long SETUP_SECONDS = 1200;
    /** By a runtime's folder, what a thread holds that sets it up. */
    private static final Map<Path, Object> SETTING_UP = new ConcurrentHashMap<>();

    private final Path folder;
    private final List<String> setup;
    private final BooleanSupplier complete;

    /**
     * @param folder of the runtime
     * @param setup the command
     * @param complete whether all that is wanted is there, whatever it was made from; null if the stamp decides
     */
    Installation(Path folder, List<String> setup, BooleanSupplier complete) {
        this.folder = folder;
        this.setup = setup;
        this.complete = complete;
    }

    /**
     * Runs the setup if that is necessary. One thread at a time, since a file's lock is the whole process's: a second
     * thread would not get it, and would give up the first one's by closing the stamp that it has read.
     *
     * @param install whether that is allowed
     * @param log file for the command's output
     */
    Readiness make(boolean install, Path log) throws IOException {
        synchronized (SETTING_UP.computeIfAbsent(folder.toRealPath(), one -> new Object())) {
            return makeAlone(install, log);
        }
    }

    private Readiness makeAlone(boolean install, Path log) throws IOException {
        String digest = digest();
        Path stamp = folder.resolve(STAMP);
        if (isMade(Files.exists(stamp) ? Files.readString(stamp) : "none", digest)) {
            return Readiness.READY;
        }
        if (!install) {
            return new Readiness(State.NOT_INSTALLED, "it is not installed; --install does that");
        }
        // Another process may be setting it up, and must not be disturbed: this one waits, and looks again. It reads
        // the stamp through the lock's channel, since closing another one of the same file would give the lock up.
        try (FileChannel own = FileChannel.open(
                        stamp, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = own.lock()) {
            ByteBuffer content = ByteBuffer.allocate((int) own.size());
            own.read(content, 0);
            if (lock.isValid() && isMade(new String(content.array(), StandardCharsets.UTF_8), digest)) {
                return Readiness.READY;
            }
            own.truncate(0);
            int status = Command.run(Command.of(folder, setup), log, SETUP_SECONDS);
            if (status != 0) {
                return new Readiness(
                        State.FAILED,
                        "installing it failed: " + (status == -2 ? "it took too long" : Command.problem(log)));
            }
            own.write(ByteBuffer.wrap(digest.getBytes(StandardCharsets.UTF_8)), 0);
            return Readiness.READY;
        }
    }

    /** @param stamp empty while a setup runs, and after one that failed, which may leave half of a file */
    private boolean isMade(String stamp, String digest) {
        return complete == null ? stamp.strip().equals(digest) : !stamp.isBlank() && complete.getAsBoolean();
    }

    /** A digest that changes when a file of the folder does, or a file beside the folder that the setup names. */
    private String digest() throws IOException {
        List<Path> files = new ArrayList<>(sources(folder));
        setup.stream()
                .filter(word -> word.startsWith("../"))
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .forEach(files::add);
        StringBuilder all = new StringBuilder();
        for (Path file : files) {
            all.append(folder.relativize(file))
                    .append(' ')
                    .append(Arrays.hashCode(Files.readAllBytes(file)))
                    .append('\n');
        }
        return Integer.toHexString(all.toString().hashCode()) + "-" + files.size();
    }

    /** The files of a runtime's folder but for those that a setup or a run makes. */
    static List<Path> sources(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        List<Path> children;
        try (Stream<Path> listed = Files.list(folder)) {
            children = listed.filter(
                            child -> !NOT_SOURCES.contains(child.getFileName().toString()))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        }
        for (Path child : children) {
            files.addAll(Files.isDirectory(child) ? sources(child) : List.of(child));
        }
        return files;
    }
}
