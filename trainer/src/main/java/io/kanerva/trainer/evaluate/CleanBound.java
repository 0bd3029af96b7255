package io.kanerva.trainer.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.Images;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.WriterOutput;
import java.util.Arrays;
import java.util.function.IntConsumer;

/** Scores a model by the clean bound (one draw per image) and the importance-weighted bound (Burda et al. 2016). */
public final class CleanBound {

    private CleanBound() {}

    /**
     * Scores all episodes.
     *
     * @param model only read
     * @param noise of keys and latents; draw 0 is the clean bound's
     * @param importanceSamples draws per image for the importance-weighted bound, 0 to skip it
     * @param progress called after each episode with the number done
     * @throws IllegalArgumentException if the images do not have the model's size or are not of the kind that its
     *     likelihood describes (black and white, or 256 levels), an episode does not fit into the heap, or
     *     importanceSamples is negative
     */
    public static BoundReport evaluate(
            KanervaModel model, TestEpisodes episodes, NoiseSource noise, int importanceSamples, IntConsumer progress) {
        KanervaSettings s = model.settings();
        Images images = episodes.images();
        // Checked here because the engine would silently truncate an array that is too long.
        images.requireSize(s.image().channels(), s.image().height(), s.image().width());
        requireKind(s, episodes.binarisation());
        if (importanceSamples < 0) {
            throw new IllegalArgumentException("importance samples: expected at least 0, found " + importanceSamples);
        }
        BoundTotals totals = new BoundTotals();
        for (int e = 0; e < episodes.count(); e++) {
            score(model, episodes, e, noise, importanceSamples, totals);
            progress.accept(e + 1);
        }
        return totals.report(importanceSamples, episodes.length());
    }

    /** @throws IllegalArgumentException if a model of black and white would be scored on levels, or the reverse */
    static void requireKind(KanervaSettings settings, Binarisation binarisation) {
        if (settings.likelihood().isBinary() != binarisation.isBinary()) {
            throw new IllegalArgumentException("a %s likelihood: expected %s to score, found the binarisation %s"
                    .formatted(
                            settings.likelihood(),
                            settings.likelihood().isBinary() ? "binary images" : "images of 256 levels",
                            binarisation));
        }
    }

    private static void score(
            KanervaModel model,
            TestEpisodes episodes,
            int episode,
            NoiseSource noise,
            int importanceSamples,
            BoundTotals totals) {
        KanervaSettings s = model.settings();
        int t = episodes.length();
        int draws = Math.max(1, importanceSamples);
        Shape keyShape = s.readNoiseShape(1, t);
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(episodes.episode(episode), s.image().shape(1, t));
            EncoderOutput encoded = model.encode(images, false);
            WriterOutput written = model.write(encoded.content(), false);
            // The largest logarithm of each sample's weights so far, and the sum of the weights relative to it.
            double[] largest = new double[t];
            double[] sums = new double[t];
            Arrays.fill(largest, Double.NEGATIVE_INFINITY);
            for (int draw = 0; draw < draws; draw++) {
                try (NDManager one = scratch.newSubManager()) {
                    NDArray keyNoise = one.create(
                            noise.normals(NoiseSource.stream(episode, draw, 0), (int) keyShape.size()), keyShape);
                    NDArray latentNoise = one.create(
                            noise.normals(NoiseSource.stream(episode, draw, 1), t * s.latent()),
                            new Shape(1, t, s.latent()));
                    images.tempAttach(one);
                    encoded.list().tempAttach(one);
                    written.list().tempAttach(one);
                    ElboTerms terms = model.readBack(images, encoded, written, keyNoise, latentNoise, false);
                    if (draw == 0) {
                        totals.add(SampleTerms.of(terms));
                    }
                    float[] logWeights = terms.importanceLogWeight().toFloatArray();
                    if (s.charged()) {
                        shareWeight(logWeights);
                    }
                    for (int i = 0; i < t; i++) {
                        double most = Math.max(largest[i], logWeights[i]);
                        sums[i] = sums[i] * Math.exp(largest[i] - most) + Math.exp(logWeights[i] - most);
                        largest[i] = most;
                    }
                }
            }
            for (int i = 0; i < t; i++) {
                totals.addImportance((largest[i] + Math.log(sums[i] / draws)) / (s.charged() ? t : 1));
            }
        }
    }

    /** The samples of a charged memory share one draw of it: only the whole episode has an importance weight. */
    private static void shareWeight(float[] logWeights) {
        float sum = 0;
        for (float weight : logWeights) {
            sum += weight;
        }
        Arrays.fill(logWeights, sum);
    }
}
