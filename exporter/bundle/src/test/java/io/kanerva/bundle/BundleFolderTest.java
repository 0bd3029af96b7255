package io.kanerva.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleFolderTest {
    private static final Map<String, byte[]> OLD = files("old");
    private static final Map<String, byte[]> NEW = files("new");

    @TempDir
    Path temporary;

    @Test
    void aNewFolderIsMadeWithItsParentsAndNothingIsLeftBeside() throws IOException {
        Path folder = temporary.resolve("a/b/bundle");
        new BundleFolder(folder, false).write(NEW);
        assertThat(folder.resolve("vectors/x")).hasContent("new");
        assertThat(entries(folder.getParent())).containsExactly("bundle");
    }

    @Test
    void anEmptyFolderIsAsGoodAsNone() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("bundle"));
        new BundleFolder(folder, false).write(NEW);
        assertThat(entries(temporary)).containsExactly("bundle");
        assertThat(folder.resolve("vectors/x")).hasContent("new");
    }

    @Test
    void aBundleIsReplacedOnlyWhenAsked() throws IOException {
        Path folder = temporary.resolve("bundle");
        new BundleFolder(folder, false).write(OLD);
        assertThatThrownBy(() -> new BundleFolder(folder, false).write(NEW))
                .isInstanceOf(BundleExportException.class)
                .hasMessageContaining("expected a new folder, found an existing bundle");
        assertThat(folder.resolve("vectors/x")).hasContent("old");
        Files.writeString(folder.resolve("left-over"), "of the old bundle");
        new BundleFolder(folder, true).write(NEW);
        assertThat(folder.resolve("vectors/x")).hasContent("new");
        assertThat(folder.resolve("left-over")).doesNotExist();
        assertThat(entries(temporary)).containsExactly("bundle");
    }

    @Test
    void aFolderOfOtherThingsIsNeverReplaced() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("home"));
        Files.writeString(folder.resolve("bundle.json"), "{\"format\": \"something else\"}");
        assertThatThrownBy(() -> new BundleFolder(folder, true).write(NEW))
                .isInstanceOf(BundleExportException.class)
                .hasMessageEndingWith(
                        "home: expected a new folder, or a bundle to replace, found a folder with other content");
        assertThat(entries(folder)).containsExactly("bundle.json");
    }

    @Test
    void aFileIsNeverReplaced() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "precious");
        assertThatThrownBy(() -> new BundleFolder(file, true).write(NEW))
                .isInstanceOf(BundleExportException.class)
                .hasMessageEndingWith("found a file");
        assertThat(file).hasContent("precious");
    }

    @Test
    void aPlaceThatCannotBeWrittenIsOneClearSentence() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "precious");
        assertThatThrownBy(() -> new BundleFolder(file.resolve("bundle"), true).write(NEW))
                .isInstanceOf(BundleExportException.class)
                .hasMessageContaining("expected a writable place for a bundle, found an error");
        assertThat(entries(temporary)).containsExactly("file");
    }

    @Test
    void aLinkStaysAndWhatItLeadsToIsReplaced() throws IOException {
        Path real = temporary.resolve("real");
        Path link = Files.createSymbolicLink(temporary.resolve("link"), Path.of("real"));
        new BundleFolder(link, false).write(files("old"));
        new BundleFolder(link, true).write(files("new"));
        assertThat(link).isSymbolicLink();
        assertThat(real.resolve("vectors/x")).hasContent("new");
        assertThat(entries(temporary)).containsExactlyInAnyOrder("real", "link");
    }

    private static Map<String, byte[]> files(String text) {
        return Map.of(
                "bundle.json",
                "{\"format\": \"kanerva-bundle\"}".getBytes(StandardCharsets.UTF_8),
                "vectors/x",
                text.getBytes(StandardCharsets.UTF_8));
    }

    private static Stream<String> entries(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).toList().stream();
        }
    }
}
