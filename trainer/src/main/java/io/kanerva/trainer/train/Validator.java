package io.kanerva.trainer.train;

import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSelection;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.CleanBound;
import io.kanerva.trainer.evaluate.NoiseSource;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import java.util.SplittableRandom;

/**
 * Scores a model on the images held out from the end of a training set, each time on the same episodes with the same
 * noise.
 */
final class Validator {
    /** Negative, since the training steps' streams are counted from 0. */
    private static final long BINARISATION_STREAM = -2;

    private final TestEpisodes episodes;
    private final NoiseSource noise;

    /**
     * @param images the whole training set
     * @throws IllegalArgumentException if the plan holds out more images than there are, or too few for an episode
     */
    Validator(Images images, TrainingPlan plan) {
        int held = plan.validation().images();
        requireEnoughImages(images, plan);
        ImageSelection range = ImageSelection.range(images, images.count() - held, images.count());
        boolean drawn = plan.binarisation() == Binarisation.DYNAMIC;
        episodes = new TestEpisodes(
                drawn ? drawnOnce(range, plan) : range,
                drawn ? Binarisation.FIXED : plan.binarisation(),
                plan.episodeLength(),
                plan.seed());
        noise = NoiseSource.seeded(~plan.seed());
    }

    /** The validator of a plan; null if it holds out no images. */
    static Validator of(Images images, TrainingPlan plan) {
        return plan.validation().images() > 0 ? new Validator(images, plan) : null;
    }

    /** The images that remain for training. */
    static Images training(Images images, TrainingPlan plan) {
        if (plan.validation().images() == 0) {
            return images;
        }
        requireEnoughImages(images, plan);
        return ImageSelection.range(
                images, 0, images.count() - plan.validation().images());
    }

    ValidationScore score(KanervaModel model, int step) {
        BoundReport report = CleanBound.evaluate(model, episodes, noise, 0, done -> {});
        return new ValidationScore(
                step,
                report.nats(),
                report.standardError(),
                report.reconstruction(),
                report.klKeys(),
                report.klLatent());
    }

    private static void requireEnoughImages(Images images, TrainingPlan plan) {
        int held = plan.validation().images();
        if (held < plan.episodeLength() || images.count() - held < plan.episodeLength()) {
            throw new IllegalArgumentException(
                    "'%s': expected to hold out from %d to %d of its %d images for validation, found %d"
                            .formatted(
                                    images.name(),
                                    plan.episodeLength(),
                                    images.count() - plan.episodeLength(),
                                    images.count(),
                                    held));
        }
    }

    private static ImageSet drawnOnce(Images images, TrainingPlan plan) {
        SplittableRandom random = new SplittableRandom(NoiseSource.seed(plan.seed(), BINARISATION_STREAM));
        float[] drawn = new float[images.pixelsPerImage()];
        byte[] pixels = new byte[Math.multiplyExact(images.count(), drawn.length)];
        for (int i = 0; i < images.count(); i++) {
            plan.binarisation().copy(images, i, drawn, 0, random);
            for (int k = 0; k < drawn.length; k++) {
                pixels[i * drawn.length + k] = (byte) (drawn[k] > 0 ? 255 : 0);
            }
        }
        return new ImageSet(images.name(), images.count(), images.channels(), images.height(), images.width(), pixels);
    }
}
