package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.data.Augmentation;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LinearStart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that begin with a linear model. */
class LinearRunTest {
    private static final KanervaSettings SETTINGS =
            TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(4, 2));
    private static final ImageSet IMAGES = TinyModels.colours(60, 4);

    @TempDir
    Path folder;

    private static TrainingPlan plan() {
        return plan(SETTINGS, 12, 2);
    }

    private static TrainingPlan plan(KanervaSettings settings, int steps, int warmup) {
        return new TrainingPlan(
                settings,
                "colours",
                Binarisation.NONE,
                1,
                8,
                0,
                steps,
                1e-3,
                warmup,
                1000,
                Ramp.NONE,
                Ramp.NONE,
                3,
                1,
                5,
                Validation.NONE,
                0,
                Augmentation.NONE,
                Schedule.COSINE,
                0);
    }

    @Test
    void aRunThatWasStoppedGoesOnWithoutFittingAnewAndEndsLikeOneThatWasNot() {
        Path whole = folder.resolve("whole");
        List<Integer> fitted = new ArrayList<>();
        List<Double> bounds = new ArrayList<>();
        try (TrainingRun run =
                TrainingRun.start(plan(), whole, IMAGES, List.of(Device.cpu()), Optional.empty(), fitted::add)) {
            assertThat(fitted).hasSize(LinearStart.work(SETTINGS)).last().isEqualTo(LinearStart.work(SETTINGS));
            run.train(step -> bounds.add(step.bound()));
        }
        Path stopped = folder.resolve("stopped");
        try (TrainingRun run = TrainingRun.start(plan(), stopped, IMAGES, Device.cpu())) {
            run.train(step -> {
                if (step.step() == 7) {
                    run.requestStop();
                }
            });
        }
        try (TrainingRun run = TrainingRun.resume(stopped, IMAGES, Device.cpu())) {
            run.train(step -> {});
        }
        assertThat(TinyRuns.differences(whole, stopped)).isEmpty();
        assertThat(bounds)
                .allMatch(bound -> bound < 192 * Math.log(256) * 1.2, "no worse than guessing all levels alike");
    }

    @Test
    void theFirstStepIsTakenFromTheFittedModel() {
        double[] first = new double[2];
        for (int banks = 0; banks < 2; banks++) {
            KanervaSettings settings =
                    TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(4, banks));
            TrainingPlan plan = plan(settings, 1, 0);
            int which = banks;
            try (TrainingRun run = TrainingRun.start(plan, folder.resolve("banks-" + banks), IMAGES, Device.cpu())) {
                run.train(step -> first[which] = step.bound());
            }
        }
        assertThat(first[1]).isLessThan(first[0] - 50);
    }
}
