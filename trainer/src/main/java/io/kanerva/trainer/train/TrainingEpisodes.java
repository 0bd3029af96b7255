package io.kanerva.trainer.train;

import io.kanerva.trainer.data.AffineMap;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.model.KanervaSettings;
import java.util.SplittableRandom;

/**
 * The input of each step: episodes of images drawn at random, and the noise of their keys and latents. Step n's input
 * depends on the seed and on n alone, so a resumed run needs no generator state but the step.
 */
public final class TrainingEpisodes {
    private final Images images;
    private final TrainingPlan plan;

    /**
     * The input of a plan's steps.
     *
     * @throws IllegalArgumentException if the images are not of the model's size or do not fill an episode, or cannot be moved
     */
    public TrainingEpisodes(Images images, TrainingPlan plan) {
        this.images = images;
        this.plan = plan;
        KanervaSettings s = plan.settings();
        if (images.channels() != s.imageChannels() || images.height() != s.imageHeight() || images.width() != s.imageWidth()) {
            throw new IllegalArgumentException("'%s': expected images of [%d, %d, %d], found [%d, %d, %d]".formatted(images.name(),
                    s.imageChannels(), s.imageHeight(), s.imageWidth(), images.channels(), images.height(), images.width()));
        }
        if (!plan.augment().isNone() && plan.binarisation() == Binarisation.FIXED && !images.staysBlackAndWhite()) {
            throw new IllegalArgumentException(("'%s': expected images that are black and white again when they are moved, as Omniglot's original drawings are, found others: "
                    + "take a binarisation other than fixed, or none of augment.…").formatted(images.name()));
        }
        if (images.count() < plan.episodeLength()) {
            throw new IllegalArgumentException("'%s' holds %d images, an episode needs %d".formatted(images.name(), images.count(), plan.episodeLength()));
        }
    }

    /**
     * One step's input, all row-major.
     *
     * @param images [B, T, Cx, Hx, Wx], zeros and ones
     * @param keyNoise [B, T, K, 3], standard normal
     * @param latentNoise [B, T, D], standard normal
     */
    public record Batch(float[] images, float[] keyNoise, float[] latentNoise) {}

    /** The input of step {@code step}, counted from 0. */
    public Batch draw(int step) {
        SplittableRandom random = new SplittableRandom(StreamSeed.of(plan.seed(), step));
        int samples = plan.episodes() * plan.episodeLength();
        int size = images.pixelsPerImage();
        float[] pixels = new float[samples * size];
        for (int i = 0; i < samples; i++) {
            int drawn = random.nextInt(images.count());
            AffineMap map = plan.augment().isNone() ? null : plan.augment().draw(random);
            plan.binarisation().copy(images, drawn, map, pixels, i * size, random);
        }
        float[] keyNoise = normals(random, samples * plan.settings().keys() * 3);
        return new Batch(pixels, keyNoise, normals(random, samples * plan.settings().latent()));
    }

    /**
     * A sample of the images as an episode would show them, the same for the same seed; an image may come more than once.
     *
     * @return [count, Cx, Hx, Wx]
     */
    float[] sample(int count) {
        // No step has this number.
        SplittableRandom random = new SplittableRandom(StreamSeed.of(plan.seed(), -1));
        int size = images.pixelsPerImage();
        float[] pixels = new float[count * size];
        for (int i = 0; i < count; i++) {
            plan.binarisation().copy(images, random.nextInt(images.count()), pixels, i * size, random);
        }
        return pixels;
    }

    private static float[] normals(SplittableRandom random, int count) {
        float[] normals = new float[count];
        for (int i = 0; i < count; i++) {
            normals[i] = (float) random.nextGaussian();
        }
        return normals;
    }
}
