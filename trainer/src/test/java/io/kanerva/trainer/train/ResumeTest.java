package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResumeTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    /** The uninterrupted run. */
    private static Path uninterrupted;

    @BeforeAll
    static void train() {
        uninterrupted = TinyRuns.finished(TinyRuns.plan(), shared.resolve("uninterrupted"));
    }

    private void finishesLikeTheUninterruptedRun() {
        try (TrainingRun run = TinyRuns.resume(folder)) {
            run.train(step -> {});
        }
        assertThat(TinyRuns.differences(uninterrupted, folder)).isEmpty();
        assertThat(folder.resolve(TrainingRun.METRICS))
                .hasSameBinaryContentAs(uninterrupted.resolve(TrainingRun.METRICS));
    }

    @Test
    void aRunThatWasStoppedTwiceEndsLikeOneThatWasNot() {
        for (int stop : new int[] {4, 17}) {
            try (TrainingRun run = stop == 4 ? TinyRuns.start(TinyRuns.plan(), folder) : TinyRuns.resume(folder)) {
                run.train(metrics -> {
                    if (metrics.step() == stop) {
                        run.requestStop();
                    }
                });
                assertThat(run.stepsDone()).isEqualTo(stop);
            }
            assertThat(TinyRuns.bits(folder).get("step")).containsExactly(stop);
        }
        finishesLikeTheUninterruptedRun();
    }

    @Test
    void aRunThatReadsGistsAndWasStoppedEndsLikeOneThatWasNot() {
        TinyRuns.finished(TinyRuns.gist(), folder.resolve("gist"));
        Path stopped = folder.resolve("gist-stopped");
        try (TrainingRun run = TinyRuns.start(TinyRuns.gist(), stopped)) {
            run.train(metrics -> {
                if (metrics.step() == 17) {
                    run.requestStop();
                }
            });
        }
        try (TrainingRun run = TinyRuns.resume(stopped)) {
            run.train(step -> {});
        }
        assertThat(TinyRuns.differences(folder.resolve("gist"), stopped)).isEmpty();
    }

    @Test
    void aRunWithMovedImagesThatWasStoppedEndsLikeOneThatWasNot() {
        TrainingPlan moving = PlanEdit.apply(
                TinyRuns.plan().withSteps(12),
                List.of("binarisation=threshold", "augment.rotation=20", "augment.mirror=true"));
        Path whole = TinyRuns.finished(moving, folder.resolve("whole"));
        Path parts = folder.resolve("parts");
        try (TrainingRun run = TinyRuns.start(moving, parts)) {
            run.train(metrics -> {
                if (metrics.step() == 5) {
                    run.requestStop();
                }
            });
        }
        try (TrainingRun run = TinyRuns.resume(parts)) {
            run.train(step -> {});
        }
        assertThat(TinyRuns.differences(whole, parts)).isEmpty();
        assertThat(parts.resolve(TrainingRun.METRICS)).hasSameBinaryContentAs(whole.resolve(TrainingRun.METRICS));
    }

    @Test
    void aRunInAnotherJvmThatWasKilledBetweenCheckpointsEndsLikeOneThatWasNotInterrupted() throws Exception {
        Process child = TinyRuns.inAnotherJvm(folder, 26);
        List<String> said = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                said.add(line);
                if (line.equals("step 26")) {
                    break;
                }
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
        assertThat(said).endsWith("step 26");
        assertThat(child.exitValue()).as("killed, not ended").isNotZero();
        assertThat(TinyRuns.bits(folder).get("step"))
                .as("the checkpoint before the kill")
                .containsExactly(20);
        assertThat(CurveFile.metrics(folder.resolve(TrainingRun.METRICS)).read())
                .as("rows beyond the checkpoint")
                .last()
                .extracting(StepMetrics::step)
                .isEqualTo(24);
        finishesLikeTheUninterruptedRun();
    }

    @Test
    void aRunInAnotherJvmLearnsTheSameWeights() throws Exception {
        Process child = TinyRuns.inAnotherJvm(folder, -1);
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.lines()).hasSize(40);
        } finally {
            assertThat(child.waitFor()).isZero();
        }
        assertThat(TinyRuns.differences(uninterrupted, folder)).isEmpty();
        assertThat(folder.resolve(TrainingRun.METRICS))
                .hasSameBinaryContentAs(uninterrupted.resolve(TrainingRun.METRICS));
    }

    @Test
    void halfALineThatAKillLeftInTheMetricsIsDropped() throws IOException {
        stopAt(23);
        Files.writeString(folder.resolve(TrainingRun.METRICS), "24,41.2", StandardOpenOption.APPEND);
        finishesLikeTheUninterruptedRun();
    }

    @Test
    void aFinishedRunThatIsResumedStaysAsItIs() {
        TinyRuns.finished(TinyRuns.plan(), folder);
        List<StepMetrics> steps = new ArrayList<>();
        try (TrainingRun run = TinyRuns.resume(folder)) {
            run.train(steps::add);
        }
        assertThat(steps).isEmpty();
        assertThat(TinyRuns.differences(uninterrupted, folder)).isEmpty();
    }

    @Test
    void theSecondsOfAllPartsAddUp() {
        stopAt(10);
        double before = Checkpoint.read(folder.resolve(TrainingRun.CHECKPOINT)).seconds();
        try (TrainingRun run = TinyRuns.resume(folder)) {
            assertThat(run.seconds()).isEqualTo(before).isPositive();
            run.train(step -> {});
            assertThat(run.seconds()).isGreaterThan(before);
        }
    }

    @Test
    void aFolderWithoutACheckpointCannotBeResumed() {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> TinyRuns.resume(folder))
                .withMessage("%s: expected a checkpoint, found no such file", folder.resolve("last.ckpt"));
    }

    private void stopAt(int step) {
        try (TrainingRun run = TinyRuns.start(TinyRuns.plan(), folder)) {
            run.train(metrics -> {
                if (metrics.step() == step) {
                    run.requestStop();
                }
            });
        }
    }
}
