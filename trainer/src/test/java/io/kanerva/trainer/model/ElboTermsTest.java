package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The terms of the bound against formulas in double, from the arrays that the four graphs give. */
class ElboTermsTest {
    private static final int B = 2;
    private static final int T = 4;

    static Stream<KanervaSettings> settings() {
        return Stream.concat(
                blackAndWhite(),
                Stream.of(
                        TinyModels.colour(),
                        TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(24, 0)),
                        TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(24, 3)),
                        TinyModels.colour(DecoderSettings.of(8, 1).withNeighbours(4, 1)),
                        TinyModels.colour(DecoderSettings.of(8, 1))));
    }

    static Stream<KanervaSettings> blackAndWhite() {
        return Stream.of(
                TinyModels.heap(),
                TinyModels.heap(KeyAddressing.DEREFERENCED, 2),
                TinyModels.heap(KeyAddressing.CONTINUOUS, 1),
                TinyModels.heap(KeyAddressing.CONTINUOUS, 2),
                TinyModels.pooled(1),
                TinyModels.pooled(2),
                TinyModels.paper(1),
                TinyModels.manyKeys(WriterKind.HEAP, 8),
                TinyModels.manyKeys(WriterKind.POOLED, 8));
    }

    /** A randomised model, images and noise. */
    private static final class Scene implements AutoCloseable {
        final KanervaModel model;
        final NDManager scratch;
        final NDArray images;
        final NDArray keyNoise;
        final NDArray latentNoise;

        Scene(KanervaSettings s, long seed) {
            model = TinyModels.randomised(s, seed);
            scratch = model.manager().newSubManager();
            SplittableRandom random = new SplittableRandom(seed);
            images = scratch.create(
                    TinyModels.images(s, B * T, seed), new Shape(B, T, s.image().channels(), 8, 8));
            keyNoise = scratch.create(normals(random, B * T * s.keys() * 3, 1), new Shape(B, T, s.keys(), 3));
            latentNoise = scratch.create(normals(random, B * T * s.latent(), 1), new Shape(B, T, s.latent()));
        }

        @Override
        public void close() {
            scratch.close();
            model.close();
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theTermsAreThoseOfTheFormulasInDouble(KanervaSettings s) {
        try (Scene scene = new Scene(s, 41)) {
            KanervaModel model = scene.model;
            ElboTerms terms = model.pass(scene.images, scene.keyNoise, scene.latentNoise, false);
            EncoderOutput encoded = model.encode(scene.images, false);
            WriterOutput written = model.write(encoded.content(), false);
            NDArray keys = new KeyPosterior(s)
                    .sample(written.pointers(), encoded.keyMean(), encoded.keyLogVariance(), scene.keyNoise);
            ReaderOutput read = model.read(written.memory(), keys, false);
            float[] mean = encoded.latentMean().toFloatArray();
            float[] logVariance = encoded.latentLogVariance().toFloatArray();
            float[] priorMean = read.priorMean().toFloatArray();
            float[] priorLogVariance = read.priorLogVariance().toFloatArray();
            float[] noise = scene.latentNoise.toFloatArray();
            float[] latent = new float[mean.length];
            double[] divergence = new double[B * T];
            double[] logRatio = new double[B * T];
            for (int i = 0; i < mean.length; i++) {
                double deviation = Math.exp(logVariance[i] / 2.0);
                double priorDeviation = Math.exp(priorLogVariance[i] / 2.0);
                double z = mean[i] + deviation * noise[i];
                latent[i] = (float) z;
                divergence[i / s.latent()] += Math.log(priorDeviation / deviation)
                        + (deviation * deviation + Math.pow(mean[i] - priorMean[i], 2))
                                / (2 * priorDeviation * priorDeviation)
                        - 0.5;
                logRatio[i / s.latent()] += -0.5 * Math.pow((z - priorMean[i]) / priorDeviation, 2)
                        - Math.log(priorDeviation)
                        + 0.5 * noise[i] * noise[i]
                        + Math.log(deviation);
            }
            float[] logits = model.decode(scene.scratch.create(latent, new Shape(B, T, s.latent())), read.traces())
                    .toFloatArray();
            double[] reconstruction = s.likelihood() == ImageLikelihood.BERNOULLI
                    ? bernoulli(scene.images.toFloatArray(), logits)
                    : mixture(scene, logits);
            int cells = s.cells(written.memory().getShape().get(2));
            float[] keyRatio = new KeyPosterior(s)
                    .logRatio(written.pointers(), encoded.keyMean(), encoded.keyLogVariance(), scene.keyNoise, cells)
                    .toFloatArray();
            float[] klKeys = new KeyPosterior(s)
                    .divergence(written.pointers(), encoded.keyMean(), encoded.keyLogVariance(), cells)
                    .toFloatArray();
            assertThat(terms.klKeys().toFloatArray()).containsExactly(klKeys, within(1e-5f));
            for (int i = 0; i < B * T; i++) {
                assertThat((double) terms.reconstruction().toFloatArray()[i])
                        .isCloseTo(reconstruction[i], within(1e-5 * reconstruction[i] + 1e-3));
                assertThat((double) terms.klLatent().toFloatArray()[i])
                        .isCloseTo(divergence[i], within(1e-4 * (1 + divergence[i])));
                double weight = -reconstruction[i] + logRatio[i] + keyRatio[i];
                assertThat((double) terms.importanceLogWeight().toFloatArray()[i])
                        .isCloseTo(weight, within(1e-4 * (10 + Math.abs(weight))));
            }
        }
    }

    /** E ln w is the bound: a divergence charged of another distribution than the sampled one would show here. */
    @ParameterizedTest
    @MethodSource("blackAndWhite")
    void theMeanLogWeightIsTheBound(KanervaSettings s) {
        int draws = 300;
        int together = 30; // Several draws in a pass, as each takes about as long.
        try (Scene scene = new Scene(s, 42)) {
            NDArray images = scene.images.tile(new long[] {together, 1, 1, 1, 1});
            EncoderOutput encoded = scene.model.encode(images, false);
            WriterOutput written = scene.model.write(encoded.content(), false);
            SplittableRandom random = new SplittableRandom(43);
            double[] means = new double[B * T];
            double[] squares = new double[B * T];
            for (int draw = 0; draw < draws; draw += together) {
                int episodes = together * B;
                NDArray keyNoise = scene.scratch.create(
                        normals(random, episodes * T * s.keys() * 3, 1), new Shape(episodes, T, s.keys(), 3));
                NDArray latentNoise = scene.scratch.create(
                        normals(random, episodes * T * s.latent(), 1), new Shape(episodes, T, s.latent()));
                ElboTerms terms = scene.model.readBack(images, encoded, written, keyNoise, latentNoise, false);
                float[] gap = terms.importanceLogWeight()
                        .add(terms.reconstruction())
                        .add(terms.klKeys())
                        .add(terms.klLatent())
                        .toFloatArray();
                for (int i = 0; i < gap.length; i++) {
                    means[i % (B * T)] += (double) gap[i] / draws;
                    squares[i % (B * T)] += (double) gap[i] * gap[i] / draws;
                }
            }
            for (int i = 0; i < B * T; i++) {
                double error = Math.sqrt((squares[i] - means[i] * means[i]) / draws);
                assertThat(means[i]).isCloseTo(0, within(5 * error));
                assertThat(error).isLessThan(0.5);
            }
        }
    }

    @Test
    void theReconstructionIsExactAtExtremeLogits() {
        KanervaSettings s = TinyModels.heap();
        float[] extreme = {-1e4f, -90, 30, 2e4f};
        try (KanervaModel model = new KanervaModel(s, Device.cpu(), 44);
                NDManager scratch = model.manager().newSubManager()) {
            model.parameters().forEach((name, parameter) -> {
                if (name.startsWith("decoder/")) {
                    float[] values =
                            new float[Math.toIntExact(parameter.getShape().size())];
                    if (parameter.getShape().equals(new Shape(4)) && name.endsWith("bias")) {
                        System.arraycopy(extreme, 0, values, 0, 4);
                    }
                    TinyModels.set(parameter.getArray(), values);
                }
            });
            for (float ink : new float[] {0, 1}) {
                float found = model.pass(
                                scratch.full(new Shape(1, 1, 1, 8, 8), ink),
                                scratch.zeros(new Shape(1, 1, 1, 3)),
                                scratch.zeros(new Shape(1, 1, 3)),
                                false)
                        .reconstruction()
                        .toFloatArray()[0];
                // Each of the four logits stands for a quarter of the 64 pixels.
                double expected = 0;
                for (float logit : extreme) {
                    expected += 16 * nats(ink, logit);
                }
                assertThat((double) found).as("all pixels %s", ink).isCloseTo(expected, within(1e-6 * expected));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void anotherNoiseOfOneSampleChangesThatSampleAlone(KanervaSettings s) {
        try (Scene scene = new Scene(s, 45)) {
            ElboTerms terms = scene.model.pass(scene.images, scene.keyNoise, scene.latentNoise, false);
            float[] moved = scene.latentNoise.toFloatArray();
            moved[5 * s.latent()] += 1;
            ElboTerms after = scene.model.pass(
                    scene.images, scene.keyNoise, scene.scratch.create(moved, scene.latentNoise.getShape()), false);
            float[] before = terms.reconstruction().toFloatArray();
            float[] now = after.reconstruction().toFloatArray();
            for (int i = 0; i < B * T; i++) {
                if (i == 5) {
                    assertThat(Math.abs(now[i] - before[i])).isGreaterThan(1e-3f);
                } else {
                    assertThat(now[i]).isCloseTo(before[i], within(1e-4f));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theFourGraphsGiveTheShapesThatTheyAnnounce(KanervaSettings s) {
        try (Scene scene = new Scene(s, 46)) {
            KanervaModel model = scene.model;
            EncoderOutput encoded = model.encode(scene.images, false);
            WriterOutput written = model.write(encoded.content(), false);
            NDArray keys = scene.scratch.create(
                    normals(new SplittableRandom(47), B * 3 * s.keys() * 3, 1), new Shape(B, 3, s.keys(), 3));
            ReaderOutput read = model.read(written.memory(), keys, false);
            NDArray latent = scene.scratch.zeros(new Shape(B, 3, s.latent()));
            NDArray decoded = model.decode(latent, read.traces());
            assertThat(encoded.list().getShapes())
                    .isEqualTo(model.encoder().getOutputShapes(new Shape[] {scene.images.getShape()}));
            assertThat(written.list().getShapes())
                    .isEqualTo(model.writer()
                            .getOutputShapes(new Shape[] {encoded.content().getShape()}));
            assertThat(read.list().getShapes())
                    .isEqualTo(model.reader()
                            .getOutputShapes(new Shape[] {written.memory().getShape(), keys.getShape()}));
            assertThat(read.traces().getShape()).isEqualTo(new Shape(B, 3, s.keys(), 2, 4, 4));
            assertThat(new Shape[] {decoded.getShape()})
                    .isEqualTo(model.decoder().getOutputShapes(new Shape[] {
                        latent.getShape(), read.traces().getShape()
                    }));
            assertThat(decoded.getShape()).isEqualTo(new Shape(B, 3, s.parameterChannels(), 8, 8));
        }
    }

    /**
     * Summed in double from each pixel's probability, which {@link DiscretizedLogisticMixtureTest} holds against the
     * formula.
     */
    private static double[] mixture(Scene scene, float[] parameters) {
        NDArray flat = scene.scratch.create(parameters, new Shape(B * T, parameters.length / (B * T * 64), 8, 8));
        float[] pixels = new DiscretizedLogisticMixture(
                        3, scene.model.settings().decoder().neighbours())
                .logProbability(flat, scene.images.reshape(B * T, 3, 8, 8))
                .toFloatArray();
        double[] sums = new double[B * T];
        for (int i = 0; i < pixels.length; i++) {
            sums[i / 64] -= pixels[i];
        }
        return sums;
    }

    private static double[] bernoulli(float[] images, float[] logits) {
        double[] sums = new double[B * T];
        for (int i = 0; i < logits.length; i++) {
            sums[i / 64] += nats(images[i], logits[i]);
        }
        return sums;
    }

    /** -ln p(x) of a Bernoulli distribution with that logit. */
    private static double nats(double x, double logit) {
        double towards = x == 1 ? -logit : logit;
        return towards > 0 ? towards + Math.log1p(Math.exp(-towards)) : Math.log1p(Math.exp(towards));
    }
}
