package io.kanerva.tools.run;

import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The command that started a training run. It is kept in {@code command.txt} in the run's folder: the command on the
 * first line, the commit of the source on the second, empty if unknown.
 *
 * @param command as typed
 * @param commit the sources were built from
 */
public record CommandRecord(String command, String commit) {
    public static final String FILE = "command.txt";

    /** Writes the record into a run's folder. */
    public static void write(Path folder, String command) {
        OutputFile.write(folder.resolve(FILE), command + "\n" + Version.commit() + "\n");
    }

    /** The record of a run; both texts are empty if there is none. */
    public static CommandRecord read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return new CommandRecord("", "");
        }
        try {
            List<String> lines = Files.readAllLines(file);
            return new CommandRecord(lines.isEmpty() ? "" : lines.get(0), lines.size() < 2 ? "" : lines.get(1));
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected the command of the run, found an unreadable file (%s)"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }
}
