package io.kanerva.trainer.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.WriterOutput;
import java.util.function.IntConsumer;

/**
 * The bound of a model whose memory is charged ({@link KanervaSettings#charged}), a bound on ln p(X) of whole episodes
 * with nothing free, beside that of a model without a memory, which is one, too.
 */
public final class ChargedBound {

    private ChargedBound() {}

    /**
     * What was measured, in nats per image.
     *
     * @param bound {@link BoundReport#klLatent} includes the memory's share
     * @param klMemory that share, KL(q(M | X) || p(M)) / T
     * @param swapped the bound with the next episode's memory; NaN for a single episode. About {@code bound} if the
     *     memory says nothing about its episode
     * @param difference the bounds minus the other model's, paired by image, as is the standard error; below 0 the
     *     memory pays for itself
     */
    public record Report(BoundReport bound, double klMemory, double swapped, BoundReport difference) {}

    /**
     * Scores both models on the same images.
     *
     * @param other without a memory
     * @param progress called after each episode with the number done
     * @throws IllegalArgumentException if the first model's memory is not charged, or the other model has one that is
     *     not, or the images are not those that a model is for
     */
    public static Report evaluate(
            KanervaModel model, KanervaModel other, TestEpisodes episodes, NoiseSource noise, IntConsumer progress) {
        if (!model.settings().charged()) {
            throw new IllegalArgumentException("model settings: expected the writer charged, found %s"
                    .formatted(model.settings().writer()));
        }
        if (!other.settings().charged() && other.settings().memoryFloats() > 0) {
            throw new IllegalArgumentException(
                    "model settings: expected the writer none or charged to compare with, since other memories are "
                            + "free, found %s".formatted(other.settings().writer()));
        }
        for (KanervaModel each : new KanervaModel[] {model, other}) {
            KanervaSettings s = each.settings();
            episodes.images()
                    .requireSize(
                            s.image().channels(), s.image().height(), s.image().width());
            CleanBound.requireKind(s, episodes.binarisation());
        }
        BoundTotals bounds = new BoundTotals();
        BoundTotals differences = new BoundTotals();
        double memories = 0;
        double swapped = 0;
        for (int e = 0; e < episodes.count(); e++) {
            int next = (e + 1) % episodes.count();
            SampleTerms own = terms(model, episodes, e, e, noise);
            bounds.add(own);
            differences.add(own.minus(terms(other, episodes, e, e, noise)));
            memories += own.klMemory()[0] / episodes.count();
            swapped += terms(model, episodes, e, next, noise).mean() / episodes.count();
            progress.accept(e + 1);
        }
        return new Report(
                bounds.report(0, episodes.length()),
                memories,
                episodes.count() > 1 ? swapped : Double.NaN,
                differences.report(0, episodes.length()));
    }

    /** @param writer the episode whose memory is read */
    private static SampleTerms terms(
            KanervaModel model, TestEpisodes episodes, int episode, int writer, NoiseSource noise) {
        KanervaSettings s = model.settings();
        int t = episodes.length();
        Shape keyShape = s.readNoiseShape(1, t);
        try (NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(episodes.episode(episode), s.image().shape(1, t));
            EncoderOutput encoded = model.encode(images, false);
            EncoderOutput written = writer == episode
                    ? encoded
                    : model.encode(
                            scratch.create(episodes.episode(writer), s.image().shape(1, t)), false);
            WriterOutput memory = model.write(written.content(), false);
            NDArray keyNoise = scratch.create(
                    noise.normals(NoiseSource.stream(episode, 0, 0), Math.toIntExact(keyShape.size())), keyShape);
            NDArray latentNoise = scratch.create(
                    noise.normals(NoiseSource.stream(episode, 0, 1), t * s.latent()), new Shape(1, t, s.latent()));
            return SampleTerms.of(model.readBack(images, encoded, memory, keyNoise, latentNoise, false));
        }
    }
}
