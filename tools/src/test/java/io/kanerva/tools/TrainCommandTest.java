package io.kanerva.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.trainer.train.Checkpoint;
import io.kanerva.trainer.train.TrainingPlan;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kpp train} with a model so small that a step takes milliseconds. */
class TrainCommandTest {
    private static final List<String> SMALL = List.of(
            "--preset",
            "quickstart",
            "-T",
            "8",
            "--set",
            "episodes=1",
            "--set",
            "model.encoder.width=8",
            "--set",
            "model.encoder.depth=1",
            "--set",
            "model.decoder.width=8",
            "--set",
            "model.decoder.depth=1",
            "--set",
            "logEvery=1");

    @TempDir
    private Path folder;

    @Test
    void setsValuesOfThePlanByTheirNames() throws IOException {
        Path run = folder.resolve("a run");
        CommandRun trained = train(run, "--steps", "3", "--seed", "7");
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        TrainingPlan plan =
                new ObjectMapper().readValue(run.resolve("plan.json").toFile(), TrainingPlan.class);
        assertThat(plan.settings().encoder().width()).isEqualTo(8);
        assertThat(plan.episodeLength()).isEqualTo(8);
        assertThat(plan.seed()).isEqualTo(7);
        assertThat(Files.readString(run.resolve("command.txt")))
                .as("as a shell takes it")
                .contains("--set model.encoder.width=8", "--run '" + run + "'");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--steps 1 --set logEvery=10",
                "--steps 1 --set episodeLength=1",
                "--steps 2 --set validation.images=8 --set validation.every=1 --set validation.patience=1",
                "--steps 1 --seeds 5"
            })
    void trainsWithTheSmallestValues(String values) {
        CommandRun trained = train(folder.resolve("run"), values.split(" "));
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        assertThat(trained.out()).contains("run.html").doesNotContain("NaN");
    }

    @Test
    void listsTheValuesWithoutTraining() {
        CommandRun run = train(folder.resolve("run"), "--dry-run", "--set", "averageDecay=0.99");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines())
                .contains("model.encoder.width=8", "averageDecay=0.99", "data=fashion-mnist", "steps=2000");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void leavesNoFolderIfItHasNoImages() {
        Path run = folder.resolve("new/run");
        CommandRun failed = CommandRun.kpp(
                "train",
                "--preset",
                "mnist",
                "--data",
                folder.resolve("nowhere").toString(),
                "--run",
                run.toString());
        assertThat(failed.exitCode()).isEqualTo(1);
        assertThat(failed.err()).contains(folder.resolve("nowhere") + ": expected a data folder, found no such folder");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void saysInOneSentenceWhatIsWrongWithAValue() {
        CommandRun run = train(folder.resolve("run"), "--set", "model.widht=9");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).hasSize(1);
        assertThat(run.err()).startsWith("'model.widht': expected one of writer, addressing, ");
        assertThat(train(folder.resolve("run"), "--device", "tpu").err())
                .startsWith("Invalid value for option '--device': expected cpu, cuda, cuda:N, cuda:N,N... or auto, "
                        + "found 'tpu'");
        assertThat(train(folder.resolve("run"), "--device", "cuda:1,1").err())
                .startsWith("Invalid value for option '--device': expected distinct GPUs, found 'cuda:1,1'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "validation.images=1    | 'fashion-mnist train': expected to hold out from 8 to",
                "validation.images=9999 | 'fashion-mnist train': expected to hold out from 8 to",
                "model.image.channels=3 | 'fashion-mnist train': expected images of [3, 28, 28], found [1, 28, 28]",
                "data=fashion           | data set 'fashion': expected one of ",
                "binarisation=fixed     | 'fashion-mnist train': expected only pixels 0 and 255 for the binarisation",
                "binarisation=none      | a bernoulli likelihood needs binary images, found the binarisation none",
                "model.likelihood=discretized_logistic_mixture | a discretized_logistic_mixture likelihood needs",
                "validation.patience=2  | early stopping (patience 2) needs validation images, found none"
            })
    void refusesWhatItsSettingsMakeImpossibleBeforeTraining(String setting, String message) {
        for (List<String> seeds : List.of(List.<String>of(), List.of("--seeds", "1,2"))) {
            List<String> arguments = new ArrayList<>(List.of("--set", setting));
            arguments.addAll(seeds);
            CommandRun run = train(folder.resolve("run"), arguments.toArray(String[]::new));
            assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
            assertThat(run.err().lines()).singleElement().asString().startsWith(message);
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void longEpisodesMayComeWithTheirSlots() {
        CommandRun run = CommandRun.kpp(
                "train",
                "--preset",
                "quickstart",
                "--dry-run",
                "--run",
                folder.resolve("run").toString(),
                "-T",
                "200",
                "--set",
                "model.slots.rows=10",
                "--set",
                "model.slots.columns=20",
                "--set",
                "model.memory.height=70",
                "--set",
                "model.memory.width=140");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out().lines()).contains("episodeLength=200", "model.slots.rows=10");
        CommandRun refused = CommandRun.kpp(
                "train",
                "--preset",
                "quickstart",
                "--dry-run",
                "--run",
                folder.resolve("run").toString(),
                "-T",
                "200");
        assertThat(refused.exitCode()).isEqualTo(2);
        assertThat(refused.err())
                .startsWith("episode length (T) must be at most 32, the slots of the memory, found 200");
    }

    @Test
    void aModelOfGreyLevelsIsScoredOnGreyLevels() {
        Path run = folder.resolve("run");
        CommandRun trained = train(
                run,
                "--steps",
                "1",
                "--set",
                "binarisation=none",
                "--set",
                "model.likelihood=discretized_logistic_mixture");
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        Path bundle = folder.resolve("bundle");
        CommandRun exported = CommandRun.kpp("export", "--run", run.toString(), "--out", bundle.toString());
        assertThat(exported.exitCode()).as(exported.err()).isZero();
        List<String> scores = new ArrayList<>();
        for (CommandRun scored : List.of(
                CommandRun.kpp("evaluate", "--run", run.toString(), "--episodes", "2"),
                CommandRun.kpp("evaluate", "--bundle", bundle.toString(), "--episodes", "2"))) {
            assertThat(scored.exitCode()).as(scored.err()).isZero();
            assertThat(scored.out()).contains("fashion-mnist test, none binarisation, 16 images", "bits       ");
            scores.add(scored.out()
                    .lines()
                    .filter(line -> line.startsWith("bound"))
                    .findFirst()
                    .orElseThrow()
                    .replaceAll("(\\.[0-9])[0-9]*", "$1"));
        }
        assertThat(scores.get(1)).as("with the graphs").isEqualTo(scores.get(0));
        assertThat(bundle.resolve("bundle.json")).content().contains("none binarisation");
        assertThat(CommandRun.kpp("info", "--bundle", bundle.toString()).out()).contains("none binarisation");
    }

    @Test
    void leavesAPageWithCurvesAndSamplesThatFetchesNothing() throws IOException {
        Path run = folder.resolve("run");
        CommandRun trained = train(
                run,
                "--steps",
                "12",
                "--set",
                "validation.images=64",
                "--set",
                "validation.every=4",
                "--set",
                "averageDecay=0.9");
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        assertThat(trained.out())
                .contains(
                        "page       " + run.resolve("run.html"),
                        "best       step ",
                        "kpp evaluate --run " + run.resolve("best.ckpt"));
        String page = Files.readString(run.resolve("run.html"));
        assertThat(page)
                .contains(
                        "<section id=\"training\">",
                        "<section id=\"validation\">",
                        "<section id=\"samples\">",
                        "After 12 steps; before: as recalled after 1.",
                        "<section id=\"changes\">",
                        "of 12, finished",
                        "kpp train --run ")
                .doesNotContain("http-equiv=\"refresh\"", "http:", "https:", "<script", "<link");
        assertThat(Pattern.compile("href=\"data:image/png;base64,")
                        .matcher(page)
                        .results()
                        .count())
                .as("images, recalled before and now, generated, and the memory")
                .isEqualTo(5);
    }

    @Test
    void scoresAnyCheckpoint() {
        Path run = folder.resolve("run");
        train(
                run,
                "--steps",
                "8",
                "--set",
                "validation.images=64",
                "--set",
                "validation.every=4",
                "--set",
                "learningRate=1e-30",
                "--set",
                "warmup=0");
        assertThat(Checkpoint.read(run.resolve("best.ckpt")).step()).isEqualTo(4);
        assertThat(CommandRun.kpp("evaluate", "--run", run.resolve("best.ckpt").toString(), "--episodes", "2")
                        .out())
                .contains("step 4, with DJL");
        assertThat(CommandRun.kpp("evaluate", "--run", run.toString(), "--episodes", "2")
                        .out())
                .contains("step 8, with DJL");
    }

    @Test
    void trainsSeveralSeedsAndSumsThemUp() throws IOException {
        Path runs = folder.resolve("runs");
        CommandRun trained = train(runs, "--steps", "2", "--seeds", "1,2,3");
        assertThat(trained.exitCode()).as(trained.err()).isZero();
        JsonNode summary =
                new ObjectMapper().readTree(runs.resolve("summary.json").toFile());
        List<Double> bounds = new ArrayList<>();
        summary.get("runs").forEach(run -> bounds.add(run.get("bound").asDouble()));
        assertThat(bounds).hasSize(3).doesNotHaveDuplicates();
        double mean = bounds.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
        assertThat(summary.get("mean").asDouble()).isCloseTo(mean, within(1e-9));
        double variance = bounds.stream()
                        .mapToDouble(bound -> (bound - mean) * (bound - mean))
                        .sum()
                / 2;
        assertThat(summary.get("standardDeviation").asDouble()).isCloseTo(Math.sqrt(variance), within(1e-9));
        assertThat(trained.out()).containsPattern("(?m)^mean +" + String.format(Locale.ROOT, "%.3f", mean));
        assertThat(Checkpoint.read(runs.resolve("seed-3/last.ckpt")).plan().seed())
                .isEqualTo(3);
        CommandRun again = CommandRun.kpp("train", "--resume", "--run", runs.toString(), "--seeds", "2,4");
        assertThat(again.exitCode()).as(again.err()).isZero();
        assertThat(Checkpoint.read(runs.resolve("seed-4/last.ckpt")).step()).isEqualTo(2);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void controlCFinishesTheStepWritesACheckpointAndSaysHowToGoOn() throws Exception {
        Path run = Files.createDirectory(folder.resolve("run"));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                Kpp.class.getName(),
                "train",
                "--run",
                run.toString(),
                "--steps",
                "1000000"));
        command.addAll(SMALL);
        Process process;
        try (WatchService watch = FileSystems.getDefault().newWatchService()) {
            run.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            process = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            waitFor(run.resolve("run.html"), watch, process, err);
        }
        assertThat(Files.readString(run.resolve("run.html"))).contains("http-equiv=\"refresh\"", "training");
        String signal = Signals.areInterruptsIgnored() ? "TERM" : "INT";
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        assertThat(process.waitFor(120, TimeUnit.SECONDS))
                .as("ends after its step")
                .isTrue();
        assertThat(process.exitValue()).isEqualTo(signal.equals("INT") ? 130 : 143);
        assertThat(Files.readString(err)).contains("Stopping after this step, with a checkpoint");
        Matcher said =
                Pattern.compile("(?m)^run +\\S+: ([0-9,]+) of 1,000,000 steps").matcher(Files.readString(out));
        assertThat(said.find()).as(Files.readString(out)).isTrue();
        int steps = Integer.parseInt(said.group(1).replace(",", ""));
        assertThat(steps).isPositive();
        assertThat(Checkpoint.read(run.resolve("last.ckpt")).step()).isEqualTo(steps);
        assertThat(Files.readString(out)).contains("resume     kpp train --resume --run " + run);
        assertThat(Files.readString(run.resolve("run.html")))
                .contains("stopped: it can be resumed")
                .doesNotContain("http-equiv=\"refresh\"");
        assertThat(Files.readAllLines(run.resolve("metrics.csv"))).hasSize(1 + steps);
    }

    /** Waits until the file is there; the process must not end before. */
    private static void waitFor(Path file, WatchService watch, Process process, Path err)
            throws IOException, InterruptedException {
        while (!Files.exists(file)) {
            assertThat(process.isAlive()).as(Files.readString(err)).isTrue();
            WatchKey key = watch.poll(5, TimeUnit.SECONDS);
            if (key != null) {
                key.pollEvents();
                key.reset();
            }
        }
    }

    private static CommandRun train(Path run, String... more) {
        List<String> arguments = new ArrayList<>(List.of("train", "--run", run.toString()));
        arguments.addAll(SMALL);
        arguments.addAll(List.of(more));
        return CommandRun.kpp(arguments.toArray(String[]::new));
    }
}
