package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
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
        assertThatThrownBy(() -> OutputFile.write(file, stream -> {
                    stream.write("half".getBytes(StandardCharsets.UTF_8));
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

    @Test
    void followsLinksAndKeepsTheModeOfWhatItReplaces() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "older");
        Files.setPosixFilePermissions(real, PosixFilePermissions.fromString("rw-r-----"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("real"));
        Path chain = Files.createSymbolicLink(folder.resolve("chain"), link);
        OutputFile.requireWritable(chain);
        OutputFile.write(chain, "newer");
        assertThat(link).isSymbolicLink();
        assertThat(chain).isSymbolicLink();
        assertThat(real).hasContent("newer");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(real)))
                .isEqualTo("rw-r-----");
    }

    @Test
    void followsALinkToWhatIsNotThereYet() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("new/file"));
        OutputFile.write(link, "text");
        assertThat(link).isSymbolicLink();
        assertThat(folder.resolve("new/file")).hasContent("text");
        Path circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
        assertThatThrownBy(() -> OutputFile.write(circle, "text"))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith(circle + ": expected a writable path, found an unwritable one (");
    }

    @Test
    void aNewFileHasTheModeOfAnyNewFile() throws IOException {
        Path plain = Files.writeString(folder.resolve("plain"), "");
        OutputFile.write(folder.resolve("file"), "text");
        assertThat(Files.getPosixFilePermissions(folder.resolve("file")))
                .isEqualTo(Files.getPosixFilePermissions(plain));
    }

    @Test
    void aNameOfTheLongestLengthIsWritten() {
        Path file = folder.resolve("x".repeat(255));
        OutputFile.requireWritable(file);
        OutputFile.write(file, "text");
        assertThat(file).hasContent("text");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void devicesAndPipesTakeTheBytesAndStay() throws Exception {
        Path full = Files.createSymbolicLink(folder.resolve("full"), Path.of("/dev/full"));
        OutputFile.requireWritable(full);
        assertThatThrownBy(() -> OutputFile.write(full, "text"))
                .isInstanceOf(Failure.class)
                .hasMessage(full + ": expected a writable path, found an unwritable one (No space left on device)");
        assertThat(full).isSymbolicLink();
        Files.delete(full); // JUnit warns of links that leave its folder
        OutputFile.write(Path.of("/dev/null"), "text");
        assertThat(Files.isRegularFile(Path.of("/dev/null"))).isFalse();

        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        OutputFile.requireWritable(pipe);
        Process reader = new ProcessBuilder("cat", pipe.toString()).start();
        OutputFile.write(pipe, "through the pipe");
        assertThat(new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("through the pipe");
        assertThat(Files.isRegularFile(pipe)).isFalse();
        assertThat(pipe).exists();
    }
}
