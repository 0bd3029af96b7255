package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GistTest {
    private static final int T = 8;
    private static final Shape IMAGES = new Shape(1, T, 1, TinyModels.SIDE, TinyModels.SIDE);

    private final KanervaSettings settings =
            TinyModels.heap().withLatent(32, LatentLayout.MAP).withGist();
    private final KanervaModel model = TinyModels.randomised(settings, 11);
    private final NDManager scratch = model.manager().newSubManager();
    private final NDArray images = scratch.create(TinyModels.images(settings, T, 12), IMAGES);
    private final NDArray others = scratch.create(TinyModels.images(settings, T, 13), IMAGES);
    private final NDArray noise = scratch.create(normals(new SplittableRandom(14), T * 32, 1), new Shape(1, T, 32));
    private final WriterOutput written = model.write(model.encode(images, false).content(), false);
    private final EncoderOutput seen = model.encode(others, false);

    @AfterEach
    void close() {
        scratch.close();
        model.close();
    }

    private NDArray gist() {
        return written.pointers().mul(scratch.create(new float[] {-1, 1, 1}));
    }

    @Test
    void theDecoderSeesABlockThatIsTakenVerbatimAndNotOneThatIsTakenForItsGistButThePriorHearsOfBoth() {
        ReaderOutput verbatim = model.read(written.memory(), written.pointers(), false);
        ReaderOutput forGist = model.read(written.memory(), gist(), false);
        assertThat(verbatim.traces().abs().sum().getFloat()).isGreaterThan(1);
        assertThat(forGist.traces().abs().max().getFloat()).isZero();
        float[] priors = forGist.priorMean().toFloatArray();
        assertThat(priors).isNotEqualTo(verbatim.priorMean().toFloatArray());
        assertThat(java.util.Arrays.copyOf(priors, 32)).isNotEqualTo(java.util.Arrays.copyOfRange(priors, 32, 64));
    }

    @Test
    void aWrittenSamplesKeysTakeItVerbatimAndNamingThatCostsLnTwoMore() {
        NDArray pointers = written.pointers().repeat(0, 500);
        NDArray zeros = pointers.mul(0f);
        NDArray keyNoise = scratch.create(normals(new SplittableRandom(15), 500 * T * 3, 1), pointers.getShape());
        KeyPosterior posterior = new KeyPosterior(settings);
        assertThat(posterior
                        .sample(pointers, zeros, zeros, keyNoise)
                        .get("..., 0")
                        .min()
                        .getFloat())
                .isGreaterThan(0);
        assertThat(posterior.divergence(pointers, zeros, zeros, cells()).toFloatArray())
                .containsOnly(new float[] {(float) Math.log(16)}, within(1e-5f));
        // A key drawn from the prior is on either side of 0 as often.
        assertThat(cells()).isEqualTo(16);
    }

    private int cells() {
        return settings.cells(written.memory().getShape().get(2));
    }

    /**
     * Term by term in double precision: E_q[KL(Z)] + KL(q(Y) || p(Y)) at the best q is -ln sum_t exp(-KL_t) / cells().
     */
    @Test
    void theBoundOfAnImageThatWasNotWrittenIsTheOneAtTheBestPosteriorOfItsKey() {
        ElboTerms terms = model.readGist(others, seen, written, noise, false);
        float[] naming = terms.klKeys().toFloatArray();
        float[] latent = terms.klLatent().toFloatArray();
        double[][] divergences = divergences();
        for (int i = 0; i < T; i++) {
            double together = naming[i] + latent[i];
            double sum = 0;
            for (int j = 0; j < T; j++) {
                sum += Math.exp(-divergences[i][j]);
                assertThat(together).isLessThan(divergences[i][j] + Math.log(cells()) + 1e-4);
            }
            assertThat(together).isCloseTo(Math.log(cells()) - Math.log(sum), within(1e-3));
            assertThat(naming[i]).isBetween((float) Math.log(2) - 1e-4f, (float) Math.log(cells()) + 1e-4f);
        }
    }

    @Test
    void theReconstructionIsTheDecodersWithoutATrace() {
        ElboTerms terms = model.readGist(others, seen, written, noise, false);
        NDArray latent =
                seen.latentMean().add(seen.latentLogVariance().mul(0.5f).exp().mul(noise));
        NDArray logits = model.decode(latent, scratch.zeros(new Shape(1, T, 1, 2, 4, 4)));
        float[] expected = settings.likelihood()
                .negativeLogLikelihood(settings, logits, others)
                .toFloatArray();
        assertThat(terms.reconstruction().toFloatArray()).containsExactly(expected, within(1e-3f));
    }

    @Test
    void theImportanceWeightIsTheRatioOfTheDensitiesWithTheKeySummedOut() {
        ElboTerms terms = model.readGist(others, seen, written, noise, false);
        ReaderOutput read = model.read(written.memory(), gist(), false);
        float[] e = noise.toFloatArray();
        float[] mean = seen.latentMean().toFloatArray();
        float[] log = seen.latentLogVariance().toFloatArray();
        float[] priorMean = read.priorMean().toFloatArray();
        float[] priorLog = read.priorLogVariance().toFloatArray();
        float[] weights = terms.importanceLogWeight().toFloatArray();
        float[] reconstruction = terms.reconstruction().toFloatArray();
        for (int i = 0; i < T; i++) {
            double sum = 0;
            double q = 0;
            for (int j = 0; j < T; j++) {
                double p = 0;
                for (int d = 0; d < 32; d++) {
                    double z = mean[i * 32 + d] + Math.exp(0.5 * log[i * 32 + d]) * e[i * 32 + d];
                    p -= 0.5
                            * (Math.pow(z - priorMean[j * 32 + d], 2) * Math.exp(-priorLog[j * 32 + d])
                                    + priorLog[j * 32 + d]);
                    q -= j > 0 ? 0 : 0.5 * (e[i * 32 + d] * e[i * 32 + d] + log[i * 32 + d]);
                }
                sum += Math.exp(p) / cells();
            }
            assertThat(weights[i]).isCloseTo((float) (-reconstruction[i] + Math.log(sum) - q), within(2e-3f));
        }
    }

    @Test
    void onlyDereferencedKeysCanReadAGistAndOnlyAModelThatLearnedTo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TinyModels.pooled(1).withGist())
                .withMessage("model settings: a gist is read at dereferenced keys, found continuous ones");
        try (KanervaModel plain = TinyModels.randomised(TinyModels.heap(), 1)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> plain.readGist(others, seen, written, noise, false))
                    .withMessage("model settings: expected gist = true to read a block for its gist, found false");
        }
    }

    /** KL(q(Z | x_i) || p(Z | block j)) by the formula, [i][j]. */
    private double[][] divergences() {
        ReaderOutput read = model.read(written.memory(), gist(), false);
        float[] mean = seen.latentMean().toFloatArray();
        float[] log = seen.latentLogVariance().toFloatArray();
        float[] priorMean = read.priorMean().toFloatArray();
        float[] priorLog = read.priorLogVariance().toFloatArray();
        double[][] divergences = new double[T][T];
        for (int i = 0; i < T; i++) {
            for (int j = 0; j < T; j++) {
                for (int d = 0; d < 32; d++) {
                    double a = log[i * 32 + d];
                    double b = priorLog[j * 32 + d];
                    divergences[i][j] += 0.5
                            * (Math.exp(a - b)
                                    + Math.pow(mean[i * 32 + d] - priorMean[j * 32 + d], 2) * Math.exp(-b)
                                    - 1
                                    + b
                                    - a);
                }
            }
        }
        return divergences;
    }
}
