package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.conformance.OncePerBuild;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** One quick start, with its training cut to seconds, that all tests of this module share. */
public final class Quick {
    /** The folder of its results. */
    public static final Path FOLDER = Path.of("target", "quickstart-of-the-tests");
    /** The bundle that it exported. */
    public static final Path BUNDLE = FOLDER.resolve("bundle");
    /** Its training run. */
    public static final Path RUN = FOLDER.resolve("run");
    /** The memory of 32 test images. */
    public static final Path MEMORY = FOLDER.resolve("episode.memory");

    private static CommandRun start;

    private Quick() {}

    /** The run of the command, done once in a build. */
    public static synchronized CommandRun start() {
        if (start == null) {
            Path out = FOLDER.resolve("out.txt");
            OncePerBuild.make(FOLDER, () -> {
                delete(FOLDER);
                CommandRun run =
                        CommandRun.kpp("quickstart", "--steps", "24", "--episodes", "2", "--out", FOLDER.toString());
                assertThat(run.exitCode()).as(run.err()).isZero();
                OutputFile.write(out, run.out());
            });
            try {
                start = new CommandRun(0, Files.readString(out), "");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return start;
    }

    /** Deletes a folder with all that is in it, if it is there. */
    static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path visited, IOException exception) throws IOException {
                    Files.delete(visited);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
