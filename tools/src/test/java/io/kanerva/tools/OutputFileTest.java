package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {
    @TempDir
    private Path folder;

    @Test
    void makesFoldersAndLeavesNothingButTheFile() throws IOException {
        Path file = folder.resolve("new/deep/file.txt");
        OutputFile.write(file, "text");
        assertThat(file).hasContent("text");
        try (Stream<Path> left = Files.list(file.getParent())) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void keepsTheOlderFileIfWritingFails() throws IOException {
        Path file = Files.writeString(folder.resolve("file.txt"), "older");
        assertThatThrownBy(() -> OutputFile.write(file, temporary -> {
                    Files.writeString(temporary, "half");
                    throw new IOException("disk full");
                }))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith(file + ": expected a writable path, found an unwritable one");
        assertThat(file).hasContent("older");
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void saysBeforehandWhatCannotBeWritten() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> OutputFile.requireWritable(folder))
                .isInstanceOf(Failure.class)
                .hasMessage(folder + ": expected a path for a file, found a folder");
        assertThatThrownBy(() -> OutputFile.requireWritable(file.resolve("below")))
                .isInstanceOf(Failure.class)
                .hasMessage(file + ": expected a writable path, found an unwritable one (it is a file, not a folder)");
        assertThatThrownBy(() -> OutputFile.requireWritableFolder(file.resolve("below")))
                .isInstanceOf(Failure.class)
                .hasMessage(file.resolve("below") + ": expected a writable path, found an unwritable one (" + file
                        + " is a file, not a folder)");
    }

    @Test
    void checkingLeavesNoTrace() throws IOException {
        OutputFile.requireWritable(folder.resolve("file"));
        OutputFile.requirePlaceForFolder(folder.resolve("new/deep"));
        OutputFile.requirePlaceForFolder(folder);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }
}
