package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What neither the compiler nor the formatter sees to, which breaks no string literals and no comments' commands. */
class SourcesTest {
    private static final int MAX_COLUMNS = 120;

    @Test
    void noLineOfJavaIsLongerThan120ColumnsOutsideOfTextBlocks() throws IOException {
        List<String> tooLong = new ArrayList<>();
        Path root = Path.of("..").toRealPath();
        List<Path> files = SourceFiles.below(root, file -> file.toString().endsWith(".java"));
        assertThat(files).isNotEmpty();
        for (Path file : files) {
            boolean inTextBlock = false;
            List<String> lines = Files.readAllLines(file);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                if (line.length() > MAX_COLUMNS && !inTextBlock && !line.startsWith("import ")) {
                    tooLong.add(root.relativize(file) + ":" + (i + 1));
                }
                inTextBlock ^= line.split("\"\"\"", -1).length % 2 == 0;
            }
        }
        assertThat(tooLong).isEmpty();
    }

    @Test
    void noTwoMainClassesShareASimpleName() throws IOException {
        Path main = Path.of("src/main/java");
        List<String> names =
                SourceFiles.below(
                                Path.of("..").toRealPath(),
                                file -> file.toString().endsWith(".java"))
                        .stream()
                        .filter(file ->
                                file.toString().contains(main.toString()) && !file.endsWith("package-info.java"))
                        .map(file -> file.getFileName().toString())
                        .toList();
        assertThat(names).isNotEmpty().doesNotHaveDuplicates();
    }
}
