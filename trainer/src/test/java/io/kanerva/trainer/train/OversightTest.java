package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Validation, early stopping, the best checkpoint and the average of the weights. */
class OversightTest {
    private static final TrainingPlan WATCHED =
            TinyRuns.plan().with("validation.images=40", "validation.every=5", "averageDecay=0.9");

    @TempDir
    Path folder;

    @Test
    void theAverageFollowsTheWeightsAsItsFormulaSays() {
        try (KanervaModel learner = TinyModels.randomised(TinyModels.heap(), 5);
                WeightAverage average =
                        new WeightAverage(learner, TinyRuns.plan().with("averageDecay=0.5"))) {
            String name = learner.parameters().keySet().iterator().next();
            NDArray weight = learner.parameters().get(name).getArray();
            double expected = weight.toFloatArray()[0];
            for (int update = 1; update <= 20; update++) {
                try (NDArray detached = weight.stopGradient()) {
                    detached.addi(1);
                }
                average.update(update);
                double kept = Math.min(0.5, update / (9.0 + update));
                expected = kept * expected + (1 - kept) * weight.toFloatArray()[0];
                assertThat((double) average.model()
                                .parameters()
                                .get(name)
                                .getArray()
                                .toFloatArray()[0])
                        .isCloseTo(expected, within(1e-4));
            }
            assertThat(average.model().parameters().values())
                    .noneMatch(parameter -> parameter.getArray().hasGradient());
        }
    }

    @Test
    void averagingLeavesTheTrainingAloneAndIsWhatIsUsed() {
        Path plain = TinyRuns.finished(TinyRuns.plan(), folder.resolve("plain"));
        Path averaged = TinyRuns.finished(TinyRuns.plan().with("averageDecay=0.9"), folder.resolve("averaged"));
        Checkpoint one = Checkpoint.read(plain.resolve("last.ckpt"));
        Checkpoint other = Checkpoint.read(averaged.resolve("last.ckpt"));
        one.arrays()
                .forEach((name, values) ->
                        assertThat(other.arrays().get(name)).as(name).isEqualTo(values));
        try (KanervaModel used = other.model(Device.cpu());
                KanervaModel trained = other.trained(Device.cpu())) {
            used.parameters()
                    .forEach(
                            (name, parameter) -> assertThat(parameter.getArray().toFloatArray())
                                    .as(name)
                                    .isEqualTo(other.arrays().get("average/" + name)));
            trained.parameters()
                    .forEach(
                            (name, parameter) -> assertThat(parameter.getArray().toFloatArray())
                                    .as(name)
                                    .isEqualTo(one.arrays().get("parameter/" + name)));
            assertThat(used.parameters().keySet())
                    .anyMatch(name -> !used.parameters()
                            .get(name)
                            .getArray()
                            .contentEquals(trained.parameters().get(name).getArray()));
        }
    }

    @Test
    void aWatchedRunThatWasStoppedTwiceEndsLikeOneThatWasNot() {
        Path uninterrupted = TinyRuns.finished(WATCHED, folder.resolve("uninterrupted"));
        Path stopped = folder.resolve("stopped");
        for (int stop : new int[] {7, 23, 40}) {
            try (TrainingRun run = stop == 7 ? TinyRuns.start(WATCHED, stopped) : TinyRuns.resume(stopped)) {
                run.train(metrics -> {
                    if (metrics.step() == stop) {
                        run.requestStop();
                    }
                });
            }
        }
        assertThat(TinyRuns.differences(uninterrupted, stopped)).isEmpty();
        assertThat(stopped.resolve("validation.csv")).hasSameTextualContentAs(uninterrupted.resolve("validation.csv"));
        assertThat(stopped.resolve("metrics.csv")).hasSameTextualContentAs(uninterrupted.resolve("metrics.csv"));
        Checkpoint best = Checkpoint.read(stopped.resolve("best.ckpt"));
        Checkpoint bestUninterrupted = Checkpoint.read(uninterrupted.resolve("best.ckpt"));
        assertThat(best.step()).isEqualTo(bestUninterrupted.step());
        best.arrays()
                .forEach((name, values) -> assertThat(values)
                        .as(name)
                        .isEqualTo(bestUninterrupted.arrays().get(name)));
    }

    @Test
    void theBestCheckpointIsThatOfTheLowestScoreAndScoresTheSameAgain() {
        List<ValidationScore> heard = new ArrayList<>();
        List<Integer> best = new ArrayList<>();
        try (TrainingRun run = TinyRuns.start(WATCHED, folder)) {
            run.train(new TrainingListener() {
                @Override
                public void stepped(StepMetrics metrics) {}

                @Override
                public void validated(ValidationScore score, boolean isBest) {
                    heard.add(score);
                    if (isBest) {
                        best.add(score.step());
                    }
                }
            });
            assertThat(run.best().orElseThrow().step()).isEqualTo(best.get(best.size() - 1));
        }
        assertThat(heard).extracting(ValidationScore::step).containsExactly(5, 10, 15, 20, 25, 30, 35, 40);
        assertThat(CurveFile.validation(folder.resolve("validation.csv")).read())
                .isEqualTo(heard);
        ValidationScore lowest = heard.stream()
                .min((a, b) -> Double.compare(a.bound(), b.bound()))
                .orElseThrow();
        Checkpoint checkpoint = Checkpoint.read(folder.resolve("best.ckpt"));
        assertThat(checkpoint.step()).isEqualTo(lowest.step());
        ImageSet heldOut = TinyRuns.IMAGES.slice(160, 200);
        try (KanervaModel model = checkpoint.model(Device.cpu())) {
            double again = CleanBound.evaluate(
                            model,
                            new TestEpisodes(heldOut, Binarisation.FIXED, 8, 7),
                            NoiseSource.seeded(~7),
                            0,
                            done -> {})
                    .nats();
            assertThat(again).isEqualTo(lowest.bound());
        }
    }

    @Test
    void trainingEndsEarlyWhenTheScoreNoLongerFalls() {
        // So small a rate moves no weight: every score is the first one again.
        TrainingPlan still = TinyRuns.plan()
                .with(
                        "learningRate=1e-30",
                        "warmup=0",
                        "validation.images=8",
                        "validation.every=4",
                        "validation.patience=3");
        try (TrainingRun run = TinyRuns.start(still, folder)) {
            run.train(step -> {});
            assertThat(run.stepsDone()).isEqualTo(16);
            assertThat(run.endedEarly()).isTrue();
            assertThat(run.isFinished()).isTrue();
        }
        assertThat(Checkpoint.read(folder.resolve("best.ckpt")).step()).isEqualTo(4);
        try (TrainingRun run = TinyRuns.resume(folder)) {
            run.train(step -> {});
            assertThat(run.stepsDone())
                    .as("a run that ended early stays as it is")
                    .isEqualTo(16);
        }
    }

    @Test
    void imagesThatAreHeldOutAreNotLearnedFrom() {
        ImageSet images = TinyRuns.IMAGES;
        byte[] other = images.pixels().clone();
        for (int i = 160 * 64; i < other.length; i++) {
            other[i] = (byte) ~other[i];
        }
        ImageSet changed = new ImageSet(images.name(), images.count(), 1, 8, 8, other);
        TrainingPlan plan = TinyRuns.plan().with("validation.images=40", "validation.every=20");
        TinyRuns.finished(plan, folder.resolve("one"));
        try (TrainingRun run = TrainingRun.start(plan, folder.resolve("other"), changed, Device.cpu())) {
            run.train(step -> {});
        }
        assertThat(TinyRuns.differences(folder.resolve("one"), folder.resolve("other")))
                .isEmpty();
        assertThat(CurveFile.validation(folder.resolve("one/validation.csv")).read())
                .isNotEqualTo(CurveFile.validation(folder.resolve("other/validation.csv"))
                        .read());
    }

    @Test
    void greyImagesAreMadeBinaryOnceForAllScores() {
        TrainingPlan plan = TinyRuns.plan().with("binarisation=dynamic", "validation.images=16", "validation.every=10");
        byte[] grey = new byte[100 * 64];
        Arrays.fill(grey, (byte) 100);
        Validator validator = new Validator(new ImageSet("grey", 100, 1, 8, 8, grey), plan);
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 9)) {
            assertThat(validator.score(model, 10)).isEqualTo(validator.score(model, 10));
        }
    }

    @Test
    void asManyImagesAreHeldOutAsLeaveAnEpisodeOnEitherSide() {
        for (int held : new int[] {7, 193}) {
            TrainingPlan plan = TinyRuns.plan().with("validation.images=" + held, "validation.every=5");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> TinyRuns.start(plan, folder.resolve("run")))
                    .withMessage(
                            "'rectangles': expected to hold out from 8 to 192 of its 200 images for validation, "
                                    + "found %d",
                            held);
        }
        assertThat(Files.exists(folder.resolve("run"))).isFalse();
    }

    @Test
    void aRunIsNotResumedWithMoreOrFewerImages() {
        TinyRuns.finished(TinyRuns.plan(), folder);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrainingRun.resume(folder, TinyModels.rectangles(199, 101), Device.cpu()))
                .withMessage(
                        "'rectangles': expected the 200 images that the run in %s was started with, found 199", folder);
    }

    @Test
    void aWatchedRunOnTwoDevicesLeavesNoArrayBehind() {
        int before = systemArrays();
        try (TrainingRun run = TrainingRun.start(
                WATCHED, folder, TinyRuns.IMAGES, List.of(Device.cpu(), Device.cpu()), Optional.empty(), done -> {})) {
            int averaged = run.model().manager().getManagedArrays().size();
            List<Integer> system = new ArrayList<>();
            run.train(step -> {
                assertThat(run.model().manager().getManagedArrays())
                        .as("the averaged model's arrays after step %d", step.step())
                        .hasSize(averaged);
                system.add(systemArrays());
            });
            assertThat(system).as("all other arrays after each step").containsOnly(system.get(0));
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

    @Test
    void numbersOutOfTheirRangeAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Validation(-1, 1, 0))
                .withMessage("validation images must not be negative, found -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Validation(1, 0, 0))
                .withMessage("steps between validations must be greater than 0, found 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Validation(1, 1, -1))
                .withMessage("patience must not be negative, found -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Validation(0, 1, 3))
                .withMessage("early stopping (patience 3) needs validation images, found none");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TinyRuns.plan().with("averageDecay=1"))
                .withMessage("decay of the average must be at least 0 and below 1, found 1.0");
    }
}
