package io.kanerva.tools.command.memory;

import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Memory;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The memory that a subcommand reads from. */
final class MemoryFile {
    @Option(
            names = {"-m", "--memory"},
            paramLabel = "FILE",
            required = true,
            order = 2,
            description = "Memory file written by 'kpp write'.")
    private Path file;

    Path file() {
        return file;
    }

    /** Loads the memory, which must be of the opened model. */
    Memory load(Kanerva kanerva) {
        return kanerva.loadMemory(file);
    }
}
