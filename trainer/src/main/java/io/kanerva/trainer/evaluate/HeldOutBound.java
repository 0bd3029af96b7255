package io.kanerva.trainer.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.model.ElboTerms;
import io.kanerva.trainer.model.EncoderOutput;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.ReaderOutput;
import io.kanerva.trainer.model.WriterKind;
import io.kanerva.trainer.model.WriterOutput;
import java.util.function.IntConsumer;

/**
 * The held-out protocol: a memory is written with some images of an episode and scored on these and on others of the
 * same classes.
 *
 * <p>A held-out image has no pointer. On a heap it takes that of the written sample whose image, read back at the
 * latent's prior mean, correlates best with it, so that q(Y | X, M) is a function of image and memory. Without
 * allocation its key comes from the encoder alone. A model that reads gists ({@link KanervaSettings#gist}) has a
 * posterior over all written samples. The bound is the clean one for each of these q.
 */
public final class HeldOutBound {

    private HeldOutBound() {}

    /**
     * Both bounds.
     *
     * @param written on the images that wrote the memories
     * @param heldOut on other images of the same classes
     */
    public record Report(BoundReport written, BoundReport heldOut) {}

    /**
     * Two models on the same images with the same noise.
     *
     * @param difference the first model's bounds minus the second's, paired by image, as is the standard error; below 0
     *     the first is better
     * @param mixture the bounds of their equal mixture, all in {@link BoundReport#reconstruction}
     */
    public record Comparison(Report difference, Report mixture) {}

    /**
     * Scores all episodes.
     *
     * @param progress called after each episode with the number done
     */
    public static Report evaluate(KanervaModel model, ClassEpisodes episodes, NoiseSource noise, IntConsumer progress) {
        CleanBound.requireKind(model.settings(), episodes.binarisation());
        BoundTotals[] totals = {new BoundTotals(), new BoundTotals()};
        for (int e = 0; e < episodes.count(); e++) {
            SampleTerms[] terms = terms(model, episodes, e, noise);
            totals[0].add(terms[0]);
            totals[1].add(terms[1]);
            progress.accept(e + 1);
        }
        return report(totals, episodes);
    }

    /**
     * Compares two models and scores their equal mixture, p(x | M) = (p1(x | M1) + p2(x | M2)) / 2. In it, a memory of
     * what was written and an autoencoder that models images in general complement each other, at a cost of at most ln
     * 2 nats per image over the better one. The bound is -E ln((w1 + w2) / 2) with w = p(x, z, y | M) / q(z, y | x),
     * from one draw of each model's latents.
     *
     * @throws IllegalArgumentException if the models' image sizes or likelihoods differ
     */
    public static Comparison compare(
            KanervaModel model, KanervaModel other, ClassEpisodes episodes, NoiseSource noise, IntConsumer progress) {
        if (model.settings().image().size() != other.settings().image().size()
                || model.settings().likelihood() != other.settings().likelihood()) {
            throw new IllegalArgumentException(
                    ("expected two models of the same images, found one of %,d values with likelihood %s and one "
                                    + "of %,d with %s")
                            .formatted(
                                    model.settings().image().size(),
                                    model.settings().likelihood(),
                                    other.settings().image().size(),
                                    other.settings().likelihood()));
        }
        BoundTotals[] differences = {new BoundTotals(), new BoundTotals()};
        BoundTotals[] mixtures = {new BoundTotals(), new BoundTotals()};
        float[] nothing = new float[episodes.length()];
        for (int e = 0; e < episodes.count(); e++) {
            SampleTerms[] first = terms(model, episodes, e, noise);
            SampleTerms[] second = terms(other, episodes, e, noise);
            for (int part = 0; part < 2; part++) {
                differences[part].add(first[part].minus(second[part]));
                float[] mixed = mixed(first[part].logWeight(), second[part].logWeight());
                mixtures[part].add(new SampleTerms(mixed, nothing, nothing, nothing, nothing));
            }
            progress.accept(e + 1);
        }
        return new Comparison(report(differences, episodes), report(mixtures, episodes));
    }

    private static Report report(BoundTotals[] totals, ClassEpisodes episodes) {
        return new Report(totals[0].report(0, episodes.length()), totals[1].report(0, episodes.length()));
    }

    /** Returns -ln((exp(a) + exp(b)) / 2), element by element. */
    private static float[] mixed(float[] a, float[] b) {
        float[] mixed = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            double larger = Math.max(a[i], b[i]);
            mixed[i] = (float) (Math.log(2) - larger - Math.log1p(Math.exp(Math.min(a[i], b[i]) - larger)));
        }
        return mixed;
    }

    /** Returns the terms of the written images and those of the held-out ones. */
    private static SampleTerms[] terms(KanervaModel model, ClassEpisodes episodes, int episode, NoiseSource noise) {
        KanervaSettings s = model.settings();
        if (s.charged()) {
            throw new IllegalArgumentException(
                    "a charged memory: expected a model whose bound takes the written images "
                            + "for granted, found one that charges for them: use kpp experiment charged-memory");
        }
        int t = episodes.length();
        Shape shape = s.image().shape(1, t);
        try (NDManager scratch = model.manager().newSubManager()) {
            float[] others = episodes.heldOut(episode);
            NDArray images = scratch.create(episodes.written(episode), shape);
            NDArray otherImages = scratch.create(others, shape);
            NDArray keyNoise = scratch.create(
                    noise.normals(NoiseSource.stream(episode, 0, 0), t * s.keys() * 3), new Shape(1, t, s.keys(), 3));
            NDArray latentNoise = scratch.create(
                    noise.normals(NoiseSource.stream(episode, 0, 1), t * s.latent()), new Shape(1, t, s.latent()));
            EncoderOutput encoded = model.encode(images, false);
            WriterOutput stored = model.write(encoded.content(), false);
            ElboTerms written = model.readBack(images, encoded, stored, keyNoise, latentNoise, false);
            EncoderOutput otherEncoded = model.encode(otherImages, false);
            ElboTerms heldOut;
            if (s.gist()) {
                heldOut = model.readGist(otherImages, otherEncoded, stored, latentNoise, false);
            } else {
                NDArray pointers = s.writer() == WriterKind.NONE
                        ? stored.pointers()
                        : scratch.create(
                                nearestPointers(model, stored, others),
                                stored.pointers().getShape());
                WriterOutput found = new WriterOutput(stored.memory(), pointers);
                heldOut = model.readBack(otherImages, otherEncoded, found, keyNoise, latentNoise, false);
            }
            return new SampleTerms[] {SampleTerms.of(written), SampleTerms.of(heldOut)};
        }
    }

    /** Returns for each image the pointers of the best-correlated written sample, [T, K, 3]. */
    private static float[] nearestPointers(KanervaModel model, WriterOutput stored, float[] images) {
        ReaderOutput read = model.read(stored.memory(), stored.pointers(), false);
        NDArray decoded = model.decode(read.priorMean(), read.traces());
        float[] contents =
                model.settings().likelihood().means(model.settings(), decoded).toFloatArray();
        float[] pointers = stored.pointers().toFloatArray();
        int size = model.settings().image().size();
        int key = model.settings().keys() * 3;
        float[] chosen = new float[images.length / size * key];
        for (int i = 0; i < images.length / size; i++) {
            int best = 0;
            double max = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < contents.length / size; j++) {
                double correlation = correlation(images, i * size, contents, j * size, size);
                if (correlation > max) {
                    max = correlation;
                    best = j;
                }
            }
            System.arraycopy(pointers, best * key, chosen, i * key, key);
        }
        return chosen;
    }

    private static double correlation(float[] a, int fromA, float[] b, int fromB, int size) {
        double meanA = 0;
        double meanB = 0;
        for (int i = 0; i < size; i++) {
            meanA += a[fromA + i] / (double) size;
            meanB += b[fromB + i] / (double) size;
        }
        double product = 0;
        double squaresA = 1e-12;
        double squaresB = 1e-12;
        for (int i = 0; i < size; i++) {
            product += (a[fromA + i] - meanA) * (b[fromB + i] - meanB);
            squaresA += (a[fromA + i] - meanA) * (a[fromA + i] - meanA);
            squaresB += (b[fromB + i] - meanB) * (b[fromB + i] - meanB);
        }
        return product / Math.sqrt(squaresA * squaresB);
    }
}
