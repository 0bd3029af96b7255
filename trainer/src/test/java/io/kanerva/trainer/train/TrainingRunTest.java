package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.WriterOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingRunTest {
    @TempDir
    Path folder;

    static Stream<KanervaSettings> settings() {
        return Stream.of(TinyModels.heap(), TinyModels.heap(KeyAddressing.CONTINUOUS, 1), TinyModels.pooled(2));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theBoundFallsOnImagesThatAreEasy(KanervaSettings s) {
        List<StepMetrics> steps = new ArrayList<>();
        try (TrainingRun run = TinyRuns.start(TinyRuns.plan(s, 200), folder)) {
            run.train(steps::add);
            assertThat(run.stepsDone()).isEqualTo(200);
            assertThat(run.seconds()).isPositive();
        }
        assertThat(steps)
                .extracting(StepMetrics::step)
                .hasSize(200)
                .isSorted()
                .startsWith(1)
                .endsWith(200);
        double last = steps.subList(180, 200).stream()
                .mapToDouble(StepMetrics::reconstruction)
                .average()
                .orElseThrow();
        assertThat(last).isLessThan(0.75 * steps.get(0).reconstruction());
        if (s.addressing() == KeyAddressing.DEREFERENCED) {
            assertThat(last)
                    .as("nats that a model leaves which has learned more than how often each pixel is set")
                    .isLessThan(0.85 * pixelEntropies());
        }
        assertThat(steps.get(0).keyWeight()).isEqualTo(0.1);
        assertThat(steps.get(199).keyWeight()).isEqualTo(1);
    }

    @Test
    void aPooledModelLearnsToReadItsOwnEpisodesMemory() {
        List<StepMetrics> steps = new ArrayList<>();
        try (TrainingRun run = TinyRuns.start(TinyRuns.plan(TinyModels.pooled(1), 60), folder)) {
            run.train(steps::add);
            KanervaModel model = run.model();
            try (NDManager scratch = model.manager().newSubManager()) {
                NDArray images = scratch.create(TinyModels.binaryImages(16, 105), new Shape(2, 8, 1, 8, 8));
                NDArray keyNoise = scratch.zeros(new Shape(2, 8, 1, 3));
                NDArray latentNoise =
                        scratch.zeros(new Shape(2, 8, model.settings().latent()));
                EncoderOutput encoded = model.encode(images, false);
                WriterOutput written = model.write(encoded.content(), false);
                NDArray others =
                        written.memory().get("1:2").concat(written.memory().get("0:1"), 0);
                WriterOutput swapped = new WriterOutput(others, written.pointers());
                float own = reconstruction(model.readBack(images, encoded, written, keyNoise, latentNoise, false));
                float other = reconstruction(model.readBack(images, encoded, swapped, keyNoise, latentNoise, false));
                assertThat(own).isLessThan(0.75f * (float) steps.get(0).reconstruction());
                assertThat(other).as("with the other episode's memory").isGreaterThan(1.5f * own);
            }
        }
    }

    private static float reconstruction(ElboTerms terms) {
        return terms.reconstruction().mean().getFloat();
    }

    /** What an image costs if each pixel is predicted alone, by how often it is set: nats. */
    private static double pixelEntropies() {
        ImageSet images = TinyRuns.IMAGES;
        double nats = 0;
        for (int pixel = 0; pixel < 64; pixel++) {
            double set = 0;
            for (int i = 0; i < images.count(); i++) {
                set += images.pixels()[i * 64 + pixel] == 0 ? 0 : 1.0 / images.count();
            }
            nats -= set > 0 && set < 1 ? set * Math.log(set) + (1 - set) * Math.log(1 - set) : 0;
        }
        return nats;
    }

    @Test
    void theSameSeedGivesTheSameWeightsAndAnotherSeedOthers() {
        Path first = TinyRuns.finished(TinyRuns.plan(), folder.resolve("first"));
        Path second = TinyRuns.finished(TinyRuns.plan(), folder.resolve("second"));
        Path other = TinyRuns.finished(TinyRuns.plan().withSeed(8), folder.resolve("other"));
        assertThat(TinyRuns.differences(first, second)).isEmpty();
        assertThat(TinyRuns.differences(first, other))
                .contains("parameter/decoder/" + lastName(first), "mean/decoder/" + lastName(first));
        assertThat(first.resolve(TrainingRun.METRICS)).hasSameTextualContentAs(second.resolve(TrainingRun.METRICS));
    }

    private static String lastName(Path run) {
        return TinyRuns.bits(run).keySet().stream()
                .filter(name -> name.startsWith("parameter/decoder/"))
                .reduce((a, b) -> b)
                .orElseThrow()
                .substring("parameter/decoder/".length());
    }

    @Test
    void aRunOnAnotherThreadLearnsTheSameWeights() throws InterruptedException {
        Path here = TinyRuns.finished(TinyRuns.plan(), folder.resolve("here"));
        Thread thread = new Thread(() -> TinyRuns.finished(TinyRuns.plan(), folder.resolve("there")));
        thread.start();
        thread.join();
        assertThat(TinyRuns.differences(here, folder.resolve("there"))).isEmpty();
    }

    @Test
    void scoringTheModelBetweenStepsChangesNothing() {
        Path unscored = TinyRuns.finished(TinyRuns.plan(), folder.resolve("unscored"));
        TestEpisodes episodes = new TestEpisodes(TinyModels.rectangles(16, 102), Binarisation.FIXED, 8, 103);
        try (TrainingRun run = TinyRuns.start(TinyRuns.plan(), folder.resolve("scored"))) {
            run.train(step -> {
                if (step.step() % 7 == 0) {
                    CleanBound.evaluate(run.model(), episodes, NoiseSource.seeded(104), 2, done -> {});
                }
            });
        }
        assertThat(TinyRuns.differences(unscored, folder.resolve("scored"))).isEmpty();
    }

    @Test
    void theFolderHoldsThePlanTheMetricsAndTheCheckpoint() throws IOException {
        TinyRuns.finished(TinyRuns.plan(), folder);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            ".lock",
                            "metrics.jsonl",
                            "events.out.tfevents.kpp",
                            "plan.json",
                            "metrics.csv",
                            "last.ckpt");
        }
        assertThat(new ObjectMapper().readValue(folder.resolve("plan.json").toFile(), TrainingPlan.class))
                .isEqualTo(TinyRuns.plan());
        List<StepMetrics> rows =
                CurveFile.metrics(folder.resolve("metrics.csv")).read();
        assertThat(rows).extracting(StepMetrics::step).containsExactly(3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39);
    }

    @Test
    void aFolderThatHoldsARunIsLeftAlone() throws IOException {
        TinyRuns.finished(TinyRuns.plan(), folder);
        byte[] before = Files.readAllBytes(folder.resolve("last.ckpt"));
        assertThatIllegalStateException()
                .isThrownBy(() -> TinyRuns.start(TinyRuns.plan(), folder))
                .withMessage(
                        "%s: expected no run there yet, found last.ckpt: resume it, or choose another folder", folder);
        assertThat(folder.resolve("last.ckpt")).hasBinaryContent(before);
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "not a folder");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> TinyRuns.start(TinyRuns.plan(), file.resolve("run")))
                .withMessageStartingWith("%s: the run's folder cannot be created (", file.resolve("run"));
    }

    @Test
    void imagesOfTheWrongSizeAreRefusedBeforeAnythingIsWritten() {
        ImageSet wide = new ImageSet("wide", 9, 1, 8, 9, new byte[9 * 72]);
        int arrays = systemArrays();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrainingRun.start(TinyRuns.plan(), folder.resolve("run"), wide, Device.cpu()))
                .withMessage("'wide': expected images of [1, 8, 8], found [1, 8, 9]");
        assertThat(folder.resolve("run")).doesNotExist();
        assertThat(systemArrays()).isEqualTo(arrays);
    }

    @Test
    void tooFewImagesForAnEpisodeAreRefused() {
        ImageSet few = TinyModels.rectangles(7, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrainingRun.start(TinyRuns.plan(), folder.resolve("run"), few, Device.cpu()))
                .withMessage("'rectangles': expected at least the 8 images of an episode, found 7");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void trainingThatDivergesSaysSoAndKeepsTheLastCheckpoint() {
        TrainingPlan wild = TinyRuns.plan()
                .with("learningRate=1e30", "warmup=0", "gradientNorm=1e9", "logEvery=1", "checkpointEvery=1");
        try (TrainingRun run = TinyRuns.start(wild, folder)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> run.train(step -> {}))
                    .withMessageMatching("training diverged in step 2: expected a finite loss, found .*: try a smaller "
                            + "learning rate");
        }
        assertThat(TinyRuns.bits(folder).get("step")).containsExactly(1);
    }

    @Test
    void stepsAndEvaluationsLeaveNoArrayBehind() {
        int before = systemArrays();
        try (TrainingRun run = TinyRuns.start(TinyRuns.plan(), folder)) {
            int own = run.model().manager().getManagedArrays().size();
            assertThat(own)
                    .as("parameters, moments, and the three arrays that hold them all")
                    .isEqualTo(3 * run.model().parameters().size() + 3);
            run.train(step -> assertThat(run.model().manager().getManagedArrays())
                    .as("arrays after step %d", step.step())
                    .hasSize(own));
        }
        assertThat(systemArrays()).isEqualTo(before);
    }

    private static int systemArrays() {
        return Engine.getEngine("PyTorch")
                .newBaseManager()
                .getParentManager()
                .getManagedArrays()
                .size();
    }
}
