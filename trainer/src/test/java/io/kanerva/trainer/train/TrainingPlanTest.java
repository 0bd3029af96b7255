package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Binarisation;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingPlanTest {

    /** A tiny plan in which one number, counted from the episodes on, is another. */
    private static TrainingPlan plan(int index, double value) {
        double[] n = {2, 8, 100, 1e-3, 10, 50, 5, 20};
        n[index] = value;
        return new TrainingPlan(
                TinyModels.heap(),
                "rectangles",
                Binarisation.FIXED,
                (int) n[0],
                (int) n[1],
                (int) n[2],
                n[3],
                (int) n[4],
                n[5],
                Ramp.NONE,
                Ramp.NONE,
                1,
                (int) n[6],
                (int) n[7]);
    }

    @ParameterizedTest
    @CsvSource({
        "0, episodes",
        "1, episode length (T)",
        "2, steps",
        "3, learning rate",
        "5, gradient norm",
        "6, steps between metrics",
        "7, steps between checkpoints"
    })
    void aNumberOfZeroOrLessIsNamed(int index, String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(index, 0))
                .withMessage("%s must be greater than 0, found 0", name);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(index, -3))
                .withMessage("%s must be greater than 0, found -3", name);
    }

    @Test
    void aLearningRateThatIsNoNumberIsNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(3, Double.NaN))
                .withMessage("learning rate must be greater than 0, found NaN");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(3, -0.5))
                .withMessage("learning rate must be greater than 0, found -0.5");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(3, Double.POSITIVE_INFINITY))
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
                        100,
                        1e-3,
                        10,
                        50,
                        Ramp.NONE,
                        Ramp.NONE,
                        1,
                        5,
                        20))
                .withMessage(
                        "a plan needs settings, a data set's name, a binarisation and two weight schedules, found that one is missing");
    }

    @Test
    void imagesMustBeAsTheLikelihoodHasThem() {
        TrainingPlan plan = Preset.CIFAR10.plan();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingPlan(
                        plan.settings(),
                        "cifar10",
                        Binarisation.THRESHOLD,
                        2,
                        8,
                        100,
                        1e-3,
                        10,
                        50,
                        Ramp.NONE,
                        Ramp.NONE,
                        1,
                        5,
                        20))
                .withMessage(
                        "a discretized_logistic_mixture likelihood needs images of 256 levels (binarisation none), found the binarisation threshold");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrainingPlan(
                        TinyModels.heap(),
                        "cifar10",
                        Binarisation.NONE,
                        2,
                        8,
                        100,
                        1e-3,
                        10,
                        50,
                        Ramp.NONE,
                        Ramp.NONE,
                        1,
                        5,
                        20))
                .withMessage("a bernoulli likelihood needs binary images, found the binarisation none");
    }

    @Test
    void aNegativeWarmUpIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(4, -1))
                .withMessage("warm-up must not be negative, found -1");
    }

    @Test
    void anEpisodeThatTheHeapCannotHoldIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(1, 9))
                .withMessage("episode length (T) must be at most 8, the slots of the memory, found 9");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plan(1, 8).withEpisodeLength(9))
                .withMessageContaining("at most 8");
    }

    @Test
    void theLearningRateWarmsUpAndThenFollowsHalfACosine() {
        TrainingPlan plan = plan(4, 10);
        for (int step = 0; step < 100; step++) {
            double warm = step < 10 ? (step + 1) / 10.0 : 1;
            assertThat(plan.learningRateAt(step))
                    .isCloseTo(1e-3 * warm * Math.pow(Math.cos(Math.PI * step / 200.0), 2), within(1e-12));
        }
        assertThat(plan.learningRateAt(9)).isCloseTo(1e-3 * 0.9801, within(1e-6));
        assertThat(plan.learningRateAt(50)).isCloseTo(0.5e-3, within(1e-12));
        assertThat(plan.learningRateAt(99)).isPositive().isLessThan(1e-6);
        assertThat(plan(4, 0).learningRateAt(0)).isEqualTo(1e-3);
    }

    @Test
    void copiesDifferInWhatWasAskedForAlone() {
        TrainingPlan plan = plan(0, 2);
        assertThat(plan.withSeed(9).withSeed(1)).isEqualTo(plan);
        assertThat(plan.withSeed(9).seed()).isEqualTo(9);
        assertThat(plan.withEpisodeLength(4).withEpisodeLength(8)).isEqualTo(plan);
        assertThat(plan.withIntervals(1, 2))
                .isEqualTo(plan.withIntervals(7, 7).withIntervals(1, 2))
                .isNotEqualTo(plan);
        assertThat(plan.withSteps(1000)).isEqualTo(plan(2, 1000));
        assertThat(plan.withSteps(20).warmup())
                .as("the warm-up takes at most a quarter")
                .isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource(Preset.class)
    void presetsHave32SamplesAnEpisodeAndAtMost16384FloatsOfMemory(Preset preset) {
        TrainingPlan plan = preset.plan();
        assertThat(plan.episodeLength()).isEqualTo(32);
        assertThat(plan.settings().memoryFloats()).isLessThanOrEqualTo(16_384);
        assertThat(plan.settings().capacity()).isGreaterThanOrEqualTo(32);
        assertThat(plan.data()).isEqualTo(preset.data().id());
        assertThat(plan.warmup()).isLessThan(plan.steps());
        assertThat(Preset.named(preset.id())).isEqualTo(preset);
    }

    @Test
    void anUnknownPresetIsAnsweredWithThoseThatThereAre() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Preset.named("minst"))
                .withMessageStartingWith("preset 'minst': expected one of ")
                .withMessageContainingAll(
                        Arrays.stream(Preset.values()).map(Preset::id).toArray(String[]::new));
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
                        "a weight's schedule needs 0 <= start <= 1 and 0 <= from <= to <= 1, found start %s, from %s, to %s",
                        start, from, to);
    }
}
