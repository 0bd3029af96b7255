package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two copies on one CPU stand for two GPUs: the arithmetic is the same. */
class DataParallelTest {
    private static final List<Device> TWO = List.of(Device.cpu(), Device.cpu());

    @TempDir
    Path folder;

    @Test
    void twoDevicesLearnWhatOneDoes() {
        List<StepMetrics> one = steps(folder.resolve("one"), List.of(Device.cpu()), 10);
        List<StepMetrics> two = steps(folder.resolve("two"), TWO, 10);
        for (int i = 0; i < 10; i++) {
            assertThat(two.get(i).bound())
                    .as("step %d", i + 1)
                    .isCloseTo(one.get(i).bound(), within(1e-3 * one.get(i).bound()));
            assertThat(two.get(i).gradientNorm())
                    .as("step %d", i + 1)
                    .isCloseTo(
                            one.get(i).gradientNorm(), within(1e-2 * one.get(i).gradientNorm()));
        }
        // The first step's gradient is that of the very same weights.
        assertThat(two.get(0).gradientNorm())
                .isCloseTo(one.get(0).gradientNorm(), within(1e-5 * one.get(0).gradientNorm()));
    }

    @Test
    void aRunOnTwoDevicesThatWasStoppedEndsLikeOneThatWasNot() {
        steps(folder.resolve("whole"), TWO, 40);
        steps(folder.resolve("stopped"), TWO, 13);
        try (TrainingRun run = TrainingRun.resume(folder.resolve("stopped"), TinyRuns.IMAGES, TWO)) {
            run.train(step -> {});
        }
        assertThat(TinyRuns.differences(folder.resolve("whole"), folder.resolve("stopped")))
                .isEmpty();
    }

    @Test
    void aModelThatReadsGistsLearnsOnTwoDevicesWhatItDoesOnOneFromImagesThatWereNotWrittenToo() {
        List<StepMetrics> one = steps(TinyRuns.gist(), folder.resolve("one"), List.of(Device.cpu()), 10);
        List<StepMetrics> two = steps(TinyRuns.gist(), folder.resolve("two"), TWO, 10);
        for (int i = 0; i < 10; i++) {
            assertThat(two.get(i).bound())
                    .as("step %d", i + 1)
                    .isCloseTo(one.get(i).bound(), within(1e-3 * one.get(i).bound()));
        }
        assertThat(two.get(0).gradientNorm())
                .isCloseTo(one.get(0).gradientNorm(), within(1e-5 * one.get(0).gradientNorm()));
    }

    @Test
    void episodesThatCannotBeSharedOutEquallyAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrainingRun.start(
                        TinyRuns.plan(),
                        folder.resolve("run"),
                        TinyRuns.IMAGES,
                        List.of(Device.cpu(), Device.cpu(), Device.cpu()),
                        Optional.empty(),
                        done -> {}))
                .withMessage("2 episodes a step: expected a multiple of the 3 devices, so that each "
                        + "gets the same number");
        assertThat(Files.exists(folder.resolve("run"))).isFalse();
    }

    private static List<StepMetrics> steps(Path run, List<Device> devices, int stopAfter) {
        return steps(TinyRuns.plan(), run, devices, stopAfter);
    }

    private static List<StepMetrics> steps(TrainingPlan plan, Path run, List<Device> devices, int stopAfter) {
        List<StepMetrics> steps = new ArrayList<>();
        try (TrainingRun training =
                TrainingRun.start(plan, run, TinyRuns.IMAGES, devices, Optional.empty(), done -> {})) {
            training.train(metrics -> {
                steps.add(metrics);
                if (metrics.step() == stopAfter) {
                    training.requestStop();
                }
            });
        }
        return steps;
    }
}
