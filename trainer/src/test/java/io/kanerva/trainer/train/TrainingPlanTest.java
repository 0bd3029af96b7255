package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Augmentation;
import io.kanerva.trainer.data.Binarisation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingPlanTest {

    private static final TrainingPlan PLAN = TinyRuns.plan(TinyModels.heap(), 100)
            .with(
                    "learningRate=1e-3",
                    "warmup=10",
                    "gradientNorm=50",
                    "keyWeight.start=1",
                    "seed=1",
                    "logEvery=5",
                    "checkpointEvery=20");

    @ParameterizedTest
    @CsvSource({
        "episodes, episodes",
        "episodeLength, episode length (T)",
        "steps, steps",
        "learningRate, learning rate",
        "gradientNorm, gradient norm",
        "logEvery, steps between metrics",
        "checkpointEvery, steps between checkpoints"
    })
    void aNumberOfZeroOrLessIsNamed(String key, String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with(key + "=0"))
                .withMessage("%s must be greater than 0, found 0", name);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with(key + "=-3"))
                .withMessage("%s must be greater than 0, found -3", name);
    }

    @Test
    void aLearningRateThatIsNoNumberIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with("learningRate=NaN"))
                .withMessage("learning rate must be greater than 0, found NaN");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with("learningRate=-0.5"))
                .withMessage("learning rate must be greater than 0, found -0.5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with("learningRate=Infinity"))
                .withMessage("learning rate must be finite, found Infinity");
    }

    @Test
    void aPlanWithoutSettingsDataOrScheduleSaysWhatIsMissing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingPlan(
                        null,
                        "rectangles",
                        Binarisation.FIXED,
                        2,
                        8,
                        0,
                        100,
                        1e-3,
                        10,
                        50,
                        Ramp.NONE,
                        Ramp.NONE,
                        1,
                        5,
                        20,
                        Validation.NONE,
                        0,
                        Augmentation.NONE,
                        Schedule.COSINE,
                        0))
                .withMessage("a plan needs a model, a data set's name, a binarisation, two weight schedules, a "
                        + "validation, an augmentation and a schedule, found one of them missing");
    }

    @Test
    void imagesMustBeAsTheLikelihoodHasThem() {
        TrainingPlan plan = Preset.named("cifar10").plan();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan.with("binarisation=threshold"))
                .withMessage("a discretized_logistic_mixture likelihood needs images of 256 levels (binarisation "
                        + "none), found the binarisation threshold");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with("binarisation=none"))
                .withMessage("a bernoulli likelihood needs binary images, found the binarisation none");
    }

    @Test
    void aNegativeWarmUpIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with("warmup=-1"))
                .withMessage("warm-up must not be negative, found -1");
    }

    @Test
    void anEpisodeThatTheHeapCannotHoldIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with("episodeLength=9"))
                .withMessage("episode length (T) must be at most 8, the slots of the memory, found 9");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PLAN.with("episodeLength=8").with("episodeLength=9"))
                .withMessageContaining("at most 8");
    }

    @Test
    void theLearningRateWarmsUpAndThenFollowsHalfACosine() {
        TrainingPlan plan = PLAN.with("warmup=10");
        for (int step = 0; step < 100; step++) {
            double warm = step < 10 ? (step + 1) / 10.0 : 1;
            assertThat(plan.learningRateAt(step))
                    .isCloseTo(1e-3 * warm * Math.pow(Math.cos(Math.PI * step / 200.0), 2), within(1e-12));
        }
        assertThat(plan.learningRateAt(9)).isCloseTo(1e-3 * 0.9801, within(1e-6));
        assertThat(plan.learningRateAt(50)).isCloseTo(0.5e-3, within(1e-12));
        assertThat(plan.learningRateAt(99)).isPositive().isLessThan(1e-6);
        assertThat(PLAN.with("warmup=0").learningRateAt(0)).isEqualTo(1e-3);
    }

    @Test
    void copiesDifferInWhatWasAskedForAlone() {
        TrainingPlan plan = PLAN.with("episodes=2");
        assertThat(plan.withSeed(9).withSeed(1)).isEqualTo(plan);
        assertThat(plan.withSeed(9).seed()).isEqualTo(9);
        assertThat(plan.with("episodeLength=4").with("episodeLength=8")).isEqualTo(plan);
        assertThat(plan.with("logEvery=1", "checkpointEvery=2"))
                .isEqualTo(plan.with("logEvery=7", "checkpointEvery=7").with("logEvery=1", "checkpointEvery=2"))
                .isNotEqualTo(plan);
        assertThat(plan.withSteps(1000)).isEqualTo(PLAN.with("steps=1000"));
        assertThat(plan.withSteps(20).warmup())
                .as("the warm-up takes at most a quarter")
                .isEqualTo(5);
    }

    @ParameterizedTest
    @MethodSource("io.kanerva.trainer.train.Preset#all")
    void presetsHave32SamplesAnEpisodeOr20OfOneClassAndAtMost16384FloatsOfMemory(Preset preset) {
        TrainingPlan plan = preset.plan();
        assertThat(plan.episodeLength()).isEqualTo(plan.oneClass() > 0 ? 20 : 32);
        assertThat(plan.settings().memoryFloats()).isLessThanOrEqualTo(16_384);
        assertThat(plan.settings().capacity()).isGreaterThanOrEqualTo(32);
        assertThat(plan.data()).isEqualTo(preset.data().id());
        assertThat(plan.binarisation()).isEqualTo(preset.data().trainBinarisation());
        assertThat(plan.seed()).isEqualTo(1);
        assertThat(preset.about()).isNotBlank();
        assertThat(plan.warmup()).isLessThan(plan.steps());
        assertThat(Preset.named(preset.id())).isEqualTo(preset);
    }

    @Test
    void anUnknownPresetIsAnsweredWithThoseThatThereAre() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preset.named("minst"))
                .withMessageStartingWith("preset 'minst': expected one of ")
                .withMessageContainingAll(Preset.all().stream().map(Preset::id).toArray(String[]::new));
    }

    @Test
    void aRampHoldsRisesAndStays() {
        Ramp ramp = new Ramp(0.02, 0.2, 0.6);
        assertThat(ramp.at(0)).isEqualTo(0.02);
        assertThat(ramp.at(0.2)).isEqualTo(0.02);
        assertThat(ramp.at(0.3)).isCloseTo(0.265, within(1e-12));
        assertThat(ramp.at(0.4)).isCloseTo(0.51, within(1e-12));
        assertThat(ramp.at(0.6)).isEqualTo(1);
        assertThat(ramp.at(1)).isEqualTo(1);
        assertThat(Ramp.NONE.at(0)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"-0.1, 0, 1", "1.1, 0, 1", "0, -0.1, 1", "0, 0.5, 0.4", "0, 0, 1.1", "NaN, 0, 1", "0, NaN, 1"})
    void aRampOutOfItsRangesIsRefused(double start, double from, double to) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Ramp(start, from, to))
                .withMessage(
                        "a weight's schedule needs 0 <= start <= 1 and 0 <= from <= to <= 1, found start %s, "
                                + "from %s, to %s",
                        start, from, to);
    }
}
