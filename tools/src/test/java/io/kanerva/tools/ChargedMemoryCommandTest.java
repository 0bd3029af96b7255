package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A charged memory on the command line, in models so small that a step takes milliseconds. */
class ChargedMemoryCommandTest {
    @TempDir
    private Path folder;

    private Path trained(String writer, int memory) {
        Path run = folder.resolve(writer);
        List<String> arguments = new ArrayList<>(List.of("train", "--preset", "fashion-mnist", "--steps", "1"));
        for (String value : List.of(
                "episodeLength=4",
                "episodes=1",
                "oneClass=1",
                "model.writer=" + writer,
                "model.addressing=continuous",
                "model.slots.rows=0",
                "model.slots.columns=0",
                "model.memory.height=" + memory,
                "model.memory.width=" + memory,
                "model.encoder.width=8",
                "model.decoder.width=8")) {
            arguments.addAll(List.of("--set", value));
        }
        arguments.addAll(List.of("--run", run.toString()));
        CommandRun train = CommandRun.kpp(arguments.toArray(String[]::new));
        assertThat(train.exitCode()).as(train.err()).isZero();
        return run;
    }

    @Test
    void itIsScoredBesideABaselineOnEpisodesOfOneClassAndOfAnyAndNotExported() {
        String charged = trained("charged", 7).toString();
        String none = trained("none", 14).toString();
        CommandRun run =
                CommandRun.kpp("experiment", "charged-memory", "--run", charged, "--beside", none, "--episodes", "3");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("490 charged floats", "fashion-mnist test", "T = 4");
        Matcher lines = Pattern.compile(
                        "(one|any) class  ([0-9.]+) \\+- [0-9.]+ nats per image = reconstruction ([0-9.]+) "
                                + "\\+ KL\\(Z\\) ([0-9.]+) \\+ KL\\(M\\) / T ([0-9.]+) \\(3 episodes\\)")
                .matcher(run.out());
        for (String kind : List.of("one", "any")) {
            assertThat(lines.find()).as(run.out()).isTrue();
            assertThat(lines.group(1)).isEqualTo(kind);
            double sum = 0;
            for (int term = 3; term <= 5; term++) {
                sum += Double.parseDouble(lines.group(term));
            }
            assertThat(Double.parseDouble(lines.group(2))).isCloseTo(sum, org.assertj.core.api.Assertions.within(2e-3));
        }
        CommandRun swapped = CommandRun.kpp("experiment", "charged-memory", "--run", none, "--beside", charged);
        assertThat(swapped.exitCode()).isEqualTo(1);
        assertThat(swapped.err()).contains("model settings: expected the writer charged, found none");
        CommandRun export = CommandRun.kpp(
                "export", "--run", charged, "--out", folder.resolve("bundle").toString());
        assertThat(export.exitCode()).isEqualTo(1);
        assertThat(export.err())
                .contains("a model with a charged memory: expected a heap or pooled writer, found charged")
                .doesNotContain("Scoring");
        CommandRun score = CommandRun.kpp("evaluate", "--run", charged, "--episodes", "2");
        assertThat(score.exitCode()).as(score.err()).isZero();
        assertThat(score.out()).contains("memory     charged: KL(Z) includes");
    }
}
