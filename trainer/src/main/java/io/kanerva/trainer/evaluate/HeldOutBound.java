package io.kanerva.trainer.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.model.BoundTerms;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.WriterKind;
import java.util.function.BiConsumer;
import java.util.function.IntConsumer;

/**
 * The held-out protocol: a memory is written with some images of an episode and scored on others of the same classes, beside the
 * written ones.
 *
 * <p>A held-out image has no pointer. On a heap it takes that of the written sample whose image, read back at the latent's prior
 * mean, correlates best with it, so that q(Y | X, M) is a function of image and memory; where nothing is allocated its key comes from
 * the encoder alone. A model that reads blocks for their gist ({@link KanervaSettings#gist}) has a posterior over all of the written samples.
 * In each case the bound is the clean one, for every such q.
 */
public final class HeldOutBound {

    private HeldOutBound() {}

    /**
     * Both bounds.
     *
     * @param written on the images that wrote the memories
     * @param heldOut on images of the same classes that did not
     */
    public record Report(BoundReport written, BoundReport heldOut) {}

    /**
     * Scores all episodes.
     *
     * @param progress hears the number of episodes done after each one
     */
    public static Report evaluate(KanervaModel model, ClassEpisodes episodes, NoiseSource noise, IntConsumer progress) {
        BoundTotals written = new BoundTotals();
        BoundTotals heldOut = new BoundTotals();
        for (int e = 0; e < episodes.count(); e++) {
            score(model, episodes, e, noise, (terms, others) -> {
                add(written, terms);
                add(heldOut, others);
            });
            progress.accept(e + 1);
        }
        return new Report(written.report(0, episodes.length()), heldOut.report(0, episodes.length()));
    }

    /**
     * Scores both models' mixture, half and half: p(x | M) = (p1(x | M1) + p2(x | M2)) / 2. A memory that knows only what was written and
     * an autoencoder that knows only what images look like make up for each other so, for at most ln 2 nats an image more than the
     * better one. The bound is -E ln((w1 + w2) / 2) with w = p(x, z, y | M) / q(z, y | x), one draw of each model's latents.
     *
     * @return the bounds, all of them in {@link BoundReport#reconstruction}
     * @throws IllegalArgumentException if the models are for images of different sizes
     */
    public static Report evaluateMixture(KanervaModel model, KanervaModel other, ClassEpisodes episodes, NoiseSource noise, IntConsumer progress) {
        if (model.settings().pixels() != other.settings().pixels() || model.settings().likelihood() != other.settings().likelihood()) {
            throw new IllegalArgumentException("a mixture needs two models of the same images, found one of %,d numbers with the likelihood %s and one of %,d with %s".formatted(
                    model.settings().pixels(), model.settings().likelihood(), other.settings().pixels(), other.settings().likelihood()));
        }
        BoundTotals written = new BoundTotals();
        BoundTotals heldOut = new BoundTotals();
        for (int e = 0; e < episodes.count(); e++) {
            float[][] weights = new float[4][];
            score(model, episodes, e, noise, (terms, others) -> {
                weights[0] = terms.importanceLogWeight().toFloatArray();
                weights[1] = others.importanceLogWeight().toFloatArray();
            });
            score(other, episodes, e, noise, (terms, others) -> {
                weights[2] = terms.importanceLogWeight().toFloatArray();
                weights[3] = others.importanceLogWeight().toFloatArray();
            });
            float[] nothing = new float[episodes.length()];
            written.add(mixed(weights[0], weights[2]), nothing, nothing);
            heldOut.add(mixed(weights[1], weights[3]), nothing, nothing);
            progress.accept(e + 1);
        }
        return new Report(written.report(0, episodes.length()), heldOut.report(0, episodes.length()));
    }

    /** -ln((exp(a) + exp(b)) / 2), one by one. */
    private static float[] mixed(float[] a, float[] b) {
        float[] mixed = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            double larger = Math.max(a[i], b[i]);
            mixed[i] = (float) (Math.log(2) - larger - Math.log1p(Math.exp(Math.min(a[i], b[i]) - larger)));
        }
        return mixed;
    }

    private static void score(KanervaModel model, ClassEpisodes episodes, int episode, NoiseSource noise, BiConsumer<BoundTerms, BoundTerms> scores) {
        KanervaSettings s = model.settings();
        int t = episodes.length();
        Shape shape = new Shape(1, t, s.imageChannels(), s.imageHeight(), s.imageWidth());
        try (NDManager scratch = model.manager().newSubManager()) {
            float[] others = episodes.heldOut(episode);
            NDArray images = scratch.create(episodes.written(episode), shape);
            NDArray otherImages = scratch.create(others, shape);
            NDArray keyNoise = scratch.create(noise.normals(NoiseSource.stream(episode, 0, 0), t * s.keys() * 3), new Shape(1, t, s.keys(), 3));
            NDArray latentNoise = scratch.create(noise.normals(NoiseSource.stream(episode, 0, 1), t * s.latent()), new Shape(1, t, s.latent()));
            NDList encoded = model.run(model.encoder(), images);
            NDList memory = model.run(model.writer(), encoded.get(0));
            BoundTerms written = model.readBack(images, encoded, memory, keyNoise, latentNoise, false);
            NDList otherEncoded = model.run(model.encoder(), otherImages);
            if (s.gist()) {
                scores.accept(written, model.readGist(otherImages, otherEncoded, memory, latentNoise, false));
                return;
            }
            NDArray pointers = memory.get(1);
            if (s.writer() == WriterKind.HEAP) {
                pointers = scratch.create(nearestPointers(model, memory, others), pointers.getShape());
            }
            scores.accept(written, model.readBack(otherImages, otherEncoded, new NDList(memory.get(0), pointers), keyNoise, latentNoise, false));
        }
    }

    private static void add(BoundTotals totals, BoundTerms terms) {
        totals.add(terms.reconstruction().toFloatArray(), terms.keyDivergence().toFloatArray(), terms.latentDivergence().toFloatArray());
    }

    /** For each image the pointers of the written sample that correlates best with it, [T, K, 3]. */
    private static float[] nearestPointers(KanervaModel model, NDList memory, float[] images) {
        NDList read = model.run(model.reader(), memory.get(0), memory.get(1));
        NDArray decoded = model.run(model.decoder(), read.get(1), read.get(0)).singletonOrThrow();
        float[] contents = model.settings().likelihood().means(model.settings(), decoded).toFloatArray();
        float[] pointers = memory.get(1).toFloatArray();
        int size = model.settings().pixels();
        int key = model.settings().keys() * 3;
        float[] chosen = new float[images.length / size * key];
        for (int i = 0; i < images.length / size; i++) {
            int best = 0;
            double most = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < contents.length / size; j++) {
                double correlation = correlation(images, i * size, contents, j * size, size);
                if (correlation > most) {
                    most = correlation;
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
