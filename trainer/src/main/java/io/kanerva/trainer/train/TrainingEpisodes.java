package io.kanerva.trainer.train;

import io.kanerva.trainer.data.ImageSet;
import java.util.SplittableRandom;

/**
 * The input of each step: episodes of images drawn at random, and the noise of their keys and latents. Step n's input
 * depends on the seed and on n alone, so a resumed run needs no generator state but the step.
 */
final class TrainingEpisodes {
    private final ImageSet images;
    private final TrainingPlan plan;

    TrainingEpisodes(ImageSet images, TrainingPlan plan) {
        this.images = images;
        this.plan = plan;
        if (images.count() < plan.episodeLength()) {
            throw new IllegalArgumentException("'%s' holds %d images, an episode needs %d".formatted(images.name(), images.count(), plan.episodeLength()));
        }
    }

    /** One step's input: images [B, T, Cx, Hx, Wx], key noise [B, T, K, 3], latent noise [B, T, D], all row-major. */
    record Batch(float[] images, float[] keyNoise, float[] latentNoise) {}

    Batch draw(int step) {
        SplittableRandom random = new SplittableRandom(StreamSeed.of(plan.seed(), step));
        int samples = plan.episodes() * plan.episodeLength();
        int size = images.pixelsPerImage();
        float[] pixels = new float[samples * size];
        for (int i = 0; i < samples; i++) {
            plan.binarisation().copy(images, random.nextInt(images.count()), pixels, i * size, random);
        }
        float[] keyNoise = normals(random, samples * plan.settings().keys() * 3);
        return new Batch(pixels, keyNoise, normals(random, samples * plan.settings().latent()));
    }

    private static float[] normals(SplittableRandom random, int count) {
        float[] normals = new float[count];
        for (int i = 0; i < count; i++) {
            normals[i] = (float) random.nextGaussian();
        }
        return normals;
    }
}
