package io.kanerva.tools.run;

import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.tools.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What started a training run: the file {@code command.txt} in the run's folder, its first line the command, its second
 * the commit of the source, empty if unknown.
 *
 * @param command as typed
 * @param commit of the source that trained
 */
public record CommandRecord(String command, String commit) {
    public static final String FILE = "command.txt";

    /** Leaves the record in a run's folder. */
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
                    "%s: expected the command of the run, found that it cannot be read (%s)"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }
}
