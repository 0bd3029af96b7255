package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The whole chain: train, export, load, write, recall, generate, score both ways, check, report. */
class QuickstartTest {
    private final CommandRun run = Quick.start();

    @Test
    void bothPathsFindTheSameBound() {
        MatchResult bound = find("bound +([0-9.]+) nats per image with DJL, ([0-9.]+) with the graphs alone");
        assertThat(Double.parseDouble(bound.group(2)))
                .isCloseTo(Double.parseDouble(bound.group(1)), Offset.offset(1e-3));
    }

    @Test
    void everyGraphAgreesWithItsBlock() {
        String graphs = find("graphs +maximum difference from DJL: (.*)").group(1);
        for (String graph : List.of("encoder", "memory-writer", "reader", "decoder")) {
            double difference = Double.parseDouble(
                    find(Pattern.quote(graph) + " ([0-9.e+-]+)").group(1));
            assertThat(difference).as(graphs).isLessThanOrEqualTo(graph.equals("decoder") ? 1e-4 : 1e-5);
        }
    }

    @Test
    void thePageShowsTheTerminalsMaximumDifference() throws IOException {
        String largest = Pattern.compile(" ([0-9.]+e[+-][0-9]+)")
                .matcher(find("graphs +maximum difference from DJL: (.*)").group(1))
                .results()
                .map(number -> number.group(1))
                .max(Comparator.comparing(Double::valueOf))
                .orElseThrow();
        assertThat(Files.readString(Quick.FOLDER.resolve("report.html")))
                .containsPattern("Maximum difference[^0-9]*<b>" + Pattern.quote(largest) + "</b>");
    }

    @Test
    void cleanQueriesFindTheirSamplesFarMoreOftenThanByChance() {
        assertThat(Integer.parseInt(find("recall +clean ([0-9]+) of 32").group(1)))
                .isBetween(16, 32);
    }

    @Test
    void theReportHasAllSectionsAndPictures() throws IOException {
        Path page = Path.of(find("report +(.*report\\.html)").group(1));
        assertThat(page)
                .isAbsolute()
                .isEqualTo(Quick.FOLDER.resolve("report.html").toAbsolutePath());
        String html = Files.readString(page);
        for (String section :
                List.of("episode", "memory", "recall", "generations", "training", "agreement", "settings")) {
            assertThat(html).contains("<section id=\"" + section + "\">");
        }
        // Episode, memory and its channels, three kinds of recall of three rows each, generations.
        assertThat(html.split("data:image/png;base64,", -1)).hasSize(1 + 1 + 2 + 9 + 1);
        assertThat(html.split("class=\"slot\"", -1)).as("allocated blocks").hasSize(33);
        assertThat(html).contains("class=\"bound\"", "memory-writer", "kpp quickstart --steps 24");
    }

    @Test
    void aQuickStartThatRunsKeepsItsFiles(@TempDir Path folder) throws IOException {
        Path runFolder = Files.createDirectories(folder.resolve("run"));
        Path plan = Files.writeString(runFolder.resolve("plan.json"), "{}");
        try (FileChannel channel = FileChannel.open(
                        runFolder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();
            CommandRun second = CommandRun.kpp("quickstart", "--steps", "2", "--out", folder.toString());
            assertThat(second.exitCode()).isEqualTo(1);
            assertThat(second.err()).contains(runFolder + ": expected a folder that no other training writes into");
            assertThat(plan).hasContent("{}");
        }
    }

    @Test
    void theLastLinesSayWhatMatters() {
        assertThat(run.out().lines().map(line -> line.split(" ")[0]))
                .containsExactly("bound", "graphs", "recall", "took", "report");
    }

    @Test
    void leavesABundleAMemoryAndARunBehind() {
        for (Path file : List.of(
                Quick.BUNDLE.resolve("bundle.json"),
                Quick.BUNDLE.resolve("card.png"),
                Quick.BUNDLE.resolve("encoder.onnx"),
                Quick.MEMORY,
                Quick.RUN.resolve("last.ckpt"))) {
            assertThat(file).isNotEmptyFile();
        }
    }

    @ParameterizedTest(name = "{0} steps, {1} episodes")
    @CsvSource({"1, 1", "2, 3", "10, 1"})
    void theSmallestRunsEndWithAReport(String steps, String episodes, @TempDir Path folder) throws IOException {
        CommandRun small =
                CommandRun.kpp("quickstart", "--steps", steps, "--episodes", episodes, "--out", folder.toString());
        assertThat(small.exitCode()).as(small.err()).isZero();
        assertThat(small.out()).contains("(" + episodes + " test episode").doesNotContain("NaN");
        assertThat(Files.readString(folder.resolve("report.html")))
                .contains("<section id=\"agreement\">", "%s steps, in Java".formatted(steps))
                .doesNotContain("NaN<", "NaN ", " NaN");
    }

    @Test
    void refusesToReplaceARunThatItDidNotMake(@TempDir Path folder) throws IOException {
        Path foreign = Files.createDirectories(folder.resolve("run"));
        Files.copy(Quick.RUN.resolve("last.ckpt"), foreign.resolve("last.ckpt"));
        CommandRun refused = CommandRun.kpp("quickstart", "--steps", "1", "--out", folder.toString());
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err())
                .isEqualTo(foreign + ": expected no run there, or one of an earlier quick start, found another"
                        + System.lineSeparator());
        assertThat(foreign.resolve("last.ckpt")).hasSameBinaryContentAs(Quick.RUN.resolve("last.ckpt"));
    }

    @Test
    void saysBeforeTrainingThatItsFolderCannotBeWritten(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        CommandRun refused =
                CommandRun.kpp("quickstart", "--out", file.resolve("below").toString());
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err().lines())
                .singleElement()
                .asString()
                .contains("found an unwritable one (" + file + " is a file, not a folder)");
    }

    private MatchResult find(String pattern) {
        return Pattern.compile(pattern)
                .matcher(run.out())
                .results()
                .findFirst()
                .orElseThrow(() -> new AssertionError(pattern + " not in:\n" + run.out()));
    }
}
