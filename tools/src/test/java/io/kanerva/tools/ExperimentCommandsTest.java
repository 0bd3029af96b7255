package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The experiments, on the model that ships and on the quick start's run. */
class ExperimentCommandsTest {
    @TempDir
    private Path folder;

    @Test
    void randomKeysOfTheModelThatShipsGiveValidImagesAndNamingAKeyCostsLnT() {
        CommandRun run = CommandRun.kpp("experiment", "generation", "--keys", "70", "--episodes", "3");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("fashion-mnist test, 70 random keys of 3 episodes of T = 32, seed 1");
        assertThat(number(run.out(), "valid +([0-9.]+) %")).isGreaterThan(99);
        assertThat(number(run.out(), "KL\\(Y\\) +([0-9.]+)")).isBetween(3.4657, 3.6);
        double distance = number(run.out(), "distance +([0-9.]+)");
        assertThat(distance).isPositive().isLessThan(number(run.out(), "two images of a class: ([0-9.]+)"));
    }

    @Test
    void readingMendsEveryDamageAndWholeQueriesAreAllFound() {
        CommandRun run = CommandRun.kpp("experiment", "iterations", "--episodes", "2", "--iterations", "2");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()
                        .lines()
                        .filter(line -> line.matches("(none|salt|speckle|Poisson|left|right|top|bottom).*")))
                .hasSize(9);
        Matcher rows = Pattern.compile(
                        "(?m)^(salt.*|speckle.*|Poisson.*|.* erased) +([0-9.]+) +([0-9.]+) +([0-9.]+)   ")
                .matcher(run.out());
        int damages = 0;
        while (rows.find()) {
            assertThat(Double.parseDouble(rows.group(4)))
                    .as(rows.group(1))
                    .isLessThan(Double.parseDouble(rows.group(2)));
            damages++;
        }
        assertThat(damages).isEqualTo(8);
        assertThat(run.out()).containsPattern("none .*0\\.00000 .*100\\.00 % 100\\.00 %");
    }

    @Test
    void fewerBitsOfMemoryCostMoreAndAnotherEpisodesMemoryCostsMost() throws IOException {
        Path picture = folder.resolve("bits.svg");
        CommandRun run = CommandRun.kpp(
                "experiment", "memory-bits", "--episodes", "3", "--without", "92", "--out", picture.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("an image has 784 bits");
        double[] bounds = new double[5];
        int[] bits = {1, 2, 4, 16, 32};
        for (int i = 0; i < bits.length; i++) {
            // 490 floats per image.
            String start = "(?m)^" + bits[i] + " +" + "%,d".formatted(490 * bits[i]) + " +";
            bounds[i] = number(run.out().replace(",", ""), start.replace(",", "") + "([0-9.]+)");
        }
        assertThat(bounds[0]).isGreaterThan(2 * bounds[1]);
        assertThat(bounds[1]).isGreaterThan(bounds[2] + 1);
        assertThat(bounds[2]).isGreaterThan(bounds[4]);
        assertThat(bounds[3]).isCloseTo(bounds[4], org.assertj.core.api.Assertions.within(1e-2));
        assertThat(number(run.out().replace(",", ""), "swapped +([0-9.]+)")).isGreaterThan(10 * bounds[4] + 100);
        CommandRun score = CommandRun.kpp("evaluate", "--episodes", "3");
        assertThat(number(score.out(), "bound +([0-9.]+)"))
                .isCloseTo(bounds[4], org.assertj.core.api.Assertions.within(2e-3));
        assertThat(Files.readString(picture))
                .startsWith("<svg")
                .contains("the image: 784 bits", "1 a float", "without a memory: 92 nats");
    }

    @Test
    void aModelWithoutAMemoryPaysNoNegativeNats() {
        CommandRun run = CommandRun.kpp("experiment", "memory-bits", "--without", "-1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("Invalid value for option '--without': expected at least 0, found -1.0");
        CommandRun without = CommandRun.kpp("experiment", "memory-bits", "--without", "2");
        assertThat(without.exitCode()).isEqualTo(2);
        assertThat(without.err())
                .contains("Missing option '--out': expected an SVG file to draw the line of --without");
        CommandRun twice = CommandRun.kpp("experiment", "memory-bits", "--episodes", "1", "--beside", "fashion-mnist");
        assertThat(twice.exitCode()).isEqualTo(1);
        assertThat(twice.err())
                .contains("--beside fashion-mnist: expected models of different names, found 'fashion-mnist' twice");
    }

    @Test
    void interpolationDrawsAPictureAndStaysNearTheWrittenImages() {
        Path picture = folder.resolve("between.png");
        CommandRun run = CommandRun.kpp(
                "experiment", "interpolation", "--out", picture.toString(), "--pairs", "3", "--steps", "5");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("3 pairs of one episode of T = 32, 5 keys each")
                .containsPattern("distance +([0-9.]+ ){5}to the nearest");
        assertThat(picture).isNotEmptyFile();
        CommandRun wrong = CommandRun.kpp("experiment", "interpolation", "--out", picture.toString(), "--steps", "1");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).contains("'--steps': expected at least 2, found 1");
    }

    @Test
    void aMemoryOfOneClassGeneratesThatClassAboutAsOftenAsItsWrittenImagesAreNamedSo() {
        CommandRun run = CommandRun.kpp(
                "experiment",
                "one-shot",
                "--classes",
                "2",
                "--count",
                "32",
                "--out",
                folder.resolve("classes.png").toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        double generated = number(run.out(), "mean +([0-9.]+) %");
        double written = number(run.out(), "mean +[0-9.]+ % +([0-9.]+) %");
        assertThat(generated)
                .isCloseTo(written, org.assertj.core.api.Assertions.within(30.0))
                .isGreaterThan(40);
    }

    @Test
    void imagesThatWereWrittenScoreBetterThanHeldOutOnes() {
        Quick.start();
        CommandRun run = CommandRun.kpp(
                "experiment",
                "held-out",
                "--run",
                Quick.RUN.toString(),
                "--beside",
                Quick.RUN.toString(),
                "--episodes",
                "3");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("memory of 15,680 floats", "3 episodes of T = 32");
        assertThat(number(run.out(), "written +([0-9.]+)")).isLessThan(number(run.out(), "held out +([0-9.]+)"));
        // A model compared with itself: the same bound except for its noise.
        assertThat(number(run.out(), "in equal parts: written ([0-9.]+)"))
                .isCloseTo(number(run.out(), "written +([0-9.]+)"), org.assertj.core.api.Assertions.within(3.0));
    }

    @Test
    void anExperimentWithoutANameIsAnsweredWithThoseThatThereAre() {
        CommandRun run = CommandRun.kpp("experiment");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .contains("Expected a command, generation, iterations, interpolation, one-shot, memory-bits, "
                        + "charged-memory or held-out, found none");
    }

    private static double number(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
        return Double.parseDouble(matcher.group(1));
    }
}
