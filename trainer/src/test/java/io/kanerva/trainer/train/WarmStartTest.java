package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that go on from others, and how the learning rate changes. */
class WarmStartTest {
    @TempDir
    private Path folder;

    @Test
    void startsWithTheWeightsOfAnotherRunAndRefusesThoseOfAnotherModel() {
        Path first = TinyRuns.finished(TinyRuns.plan().with("steps=4", "averageDecay=0.5"), folder.resolve("first"));
        Checkpoint from = Checkpoint.read(first.resolve(TrainingRun.CHECKPOINT));
        TrainingPlan plan = TinyRuns.plan().with("seed=9", "steps=3");
        Path second = folder.resolve("second");
        try (TrainingRun run = start(plan, second, from)) {
            run.requestStop();
            run.train(step -> {});
        }
        Checkpoint begun = Checkpoint.read(second.resolve(TrainingRun.CHECKPOINT));
        assertThat(begun.step()).isZero();
        assertThat(from.arrays().keySet().stream().filter(name -> name.startsWith("average/")))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(begun.arrays().get(name.replace("average/", "parameter/")))
                        .isEqualTo(from.arrays().get(name)));
        TrainingPlan wider = plan.with("model.encoder.width=16");
        assertThatThrownBy(() -> start(wider, folder.resolve("third"), from))
                .isInstanceOf(CheckpointException.class)
                .hasMessageMatching("checkpoint of step 4: expected \\d+ values for '[^']+', found \\d+");
        assertThat(folder.resolve("third").resolve(TrainingRun.CHECKPOINT)).doesNotExist();
    }

    @Test
    void aFinishedRunGoesOnWithMoreStepsAsIfItHadHadThem() throws IOException {
        // With a rate that depends on no number of steps, the extended run must be the long one.
        TrainingPlan constant = TinyRuns.plan().with("schedule=constant", "keyWeight.start=1", "steps=20");
        Path extended = TinyRuns.finished(constant, folder.resolve("extended"));
        TrainingRun.setSteps(extended, 24);
        try (TrainingRun run = TinyRuns.resume(extended)) {
            run.train(step -> {});
        }
        Path whole = TinyRuns.finished(constant.with("steps=24"), folder.resolve("whole"));
        assertThat(TinyRuns.differences(extended, whole)).isEmpty();
        assertThat(extended.resolve("plan.json")).hasSameTextualContentAs(whole.resolve("plan.json"));
        assertThat(Files.readString(extended.resolve("metrics.csv")))
                .isEqualTo(Files.readString(whole.resolve("metrics.csv")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrainingRun.setSteps(whole, 24))
                .withMessage("%s: expected more than the 24 steps that the run has done, found 24", whole);
    }

    @Test
    void keepsTheNewestCheckpoints() throws IOException {
        Path run = TinyRuns.finished(TinyRuns.plan().with("checkpointEvery=1", "keepCheckpoints=2", "steps=5"), folder);
        try (Stream<Path> files = Files.list(run)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> name.contains("ckpt")))
                    .containsExactlyInAnyOrder("last.ckpt", "step-000000004.ckpt", "step-000000005.ckpt");
        }
        assertThat(Checkpoint.read(run.resolve("step-000000004.ckpt")).step()).isEqualTo(4);
    }

    @Test
    void aCopyThatFailsOrWasCutOffLeavesNothing() throws IOException {
        Path cutOff = Files.writeString(folder.resolve("step-000000003.ckpt.tmp"), "half");
        assertThatThrownBy(() -> KeptCheckpoints.keep(folder, 4, 1)).isInstanceOf(UncheckedIOException.class);
        assertThat(folder).isDirectoryNotContaining("glob:**step-000000004*");
        Files.writeString(folder.resolve(TrainingRun.CHECKPOINT), "whole");
        KeptCheckpoints.keep(folder, 5, 1);
        assertThat(cutOff).doesNotExist();
        assertThat(folder.resolve("step-000000005.ckpt")).hasContent("whole");
        assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void ratesFollowTheirSchedule() {
        TrainingPlan plan = TinyRuns.plan().with("warmup=0", "learningRate=1", "steps=100");
        assertThat(plan.learningRateAt(50)).as("cosine").isCloseTo(0.5, within(1e-12));
        assertThat(plan.with("schedule=linear").learningRateAt(25)).isCloseTo(0.75, within(1e-12));
        assertThat(plan.with("schedule=constant").learningRateAt(99)).isEqualTo(1);
        assertThat(plan.with("schedule=rising").learningRateAt(49)).isCloseTo(1e-3, within(1e-12));
        assertThat(plan.with("schedule=rising").learningRateAt(99)).isEqualTo(1);
    }

    @Test
    void theRateFinderProposesATenthOfTheRateAtWhichTheBoundRises() {
        // Falls to step 60, then rises, with a noise of up to 2 throughout; twenty steps for a factor of ten.
        List<StepMetrics> rows = IntStream.range(0, 100)
                .mapToObj(i -> new StepMetrics(
                        i + 1, Math.abs(i - 60) + 10 + i * 7 % 5 - 2, 0, 0, 1, Math.pow(10, i / 20.0), 1, 1))
                .toList();
        assertThat(RateFinder.propose(rows, false)).isBetween(Math.pow(10, 3) / 10, Math.pow(10, 4) / 10);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateFinder.propose(rows.subList(0, 60), false))
                .withMessage("expected a bound that rises when the learning rate is too large, found none in 60 steps");
        assertThat(RateFinder.propose(rows.subList(0, 61), true)).as("diverged").isEqualTo(100);
    }

    private static TrainingRun start(TrainingPlan plan, Path place, Checkpoint from) {
        return TrainingRun.start(plan, place, TinyRuns.IMAGES, List.of(Device.cpu()), Optional.of(from), done -> {});
    }
}
