package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.math.LogisticMixture;
import io.kanerva.runtime.math.Posterior;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BoundTest {

    @TempDir
    Path folder;

    /** The bound said again from public parts, one formula a line, without the code under test. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void boundIsTheSumOfItsFormulas(Kind kind) {
        try (Kanerva kanerva = TinyBundle.open(kind, folder)) {
            FloatTensor episodes = TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66);
            NormalSampler sampler = new NormalSampler(9);
            FloatTensor keyNoise = sampler.tensor(2, 3, 1, 3);
            FloatTensor latentNoise = sampler.tensor(2, 3, 3);
            BoundTerms terms = kanerva.bound(episodes, keyNoise, latentNoise);

            Encoding q = kanerva.encode(episodes);
            Memory memory = kanerva.write(episodes);
            FloatTensor keys = FloatTensor.zeros(2, 3, 1, 3);
            double[] klKeys = new double[6];
            for (int i = 0; i < 18; i++) {
                double m = q.keyMean().data()[i];
                double v = q.keyLogVariance().data()[i];
                double p = memory.pointers().data()[i];
                double c = m + Math.exp(v / 2) * keyNoise.data()[i];
                if (kind == Kind.HEAP) {
                    int t = i / 3 % 3; // samples 0 to 2 are in row 0, columns 0 to 2, of four slots
                    keys.data()[i] = i % 3 == 0 ? (float) c : i % 3 == 1 ? t : 0;
                    klKeys[i / 3] += 0.5 * (m * m + Math.exp(v) - 1 - v) + (i % 3 == 0 ? Math.log(4) : 0);
                } else {
                    keys.data()[i] = (float) (p + c);
                    klKeys[i / 3] += 0.5 * ((p + m) * (p + m) + Math.exp(v) - 1 - v);
                }
            }
            assertThat(kanerva.sampleKeys(q, memory, keyNoise).data()).containsExactly(keys.data(), within(1e-6f));
            Reading prior = kanerva.read(memory, keys);
            FloatTensor latent = FloatTensor.zeros(2, 3, 3);
            double[] klLatent = new double[6];
            for (int i = 0; i < 18; i++) {
                double m = q.latentMean().data()[i];
                double variance = Math.exp(q.latentLogVariance().data()[i]);
                double priorVariance = Math.exp(prior.priorLogVariance().data()[i]);
                latent.data()[i] =
                        (float) (m + Math.sqrt(variance) * latentNoise.data()[i]);
                double d = m - prior.priorMean().data()[i];
                klLatent[i / 3] +=
                        Math.log(Math.sqrt(priorVariance / variance)) + (variance + d * d) / (2 * priorVariance) - 0.5;
            }
            float[] logits = kanerva.decode(latent, prior.traces()).data();
            double[] reconstruction = new double[6];
            for (int i = 0; i < logits.length; i++) {
                double probability = 1 / (1 + Math.exp(-logits[i]));
                boolean set = episodes.data()[i] == 1;
                reconstruction[i / 64] -= Math.log(set ? probability : 1 - probability);
            }
            assertThat(terms.samples()).isEqualTo(6);
            assertThat(terms.klKeys()).containsExactly(klKeys, within(1e-6));
            assertThat(terms.klLatent()).containsExactly(klLatent, within(1e-4));
            assertThat(terms.reconstruction()).containsExactly(reconstruction, within(1e-3));
            assertThat(terms.negativeBound(4))
                    .isCloseTo(terms.reconstruction()[4] + terms.klKeys()[4] + terms.klLatent()[4], within(1e-12));
        }
    }

    @Test
    void sampledKeysOfADereferencedHeapStayInTheirSlots() {
        try (Kanerva heap = TinyBundle.open(Kind.HEAP, folder)) {
            FloatTensor pointers =
                    heap.write(TileImages.episode(TileImages.EIGHT)).pointers();
            Posterior posterior = new Posterior(heap.bundle().settings());
            FloatTensor mean = FloatTensor.zeros(1, 8, 1, 3);
            FloatTensor wide = FloatTensor.zeros(1, 8, 1, 3);
            java.util.Arrays.fill(wide.data(), 4);
            NormalSampler sampler = new NormalSampler(1);
            for (int draw = 0; draw < 2_000; draw++) {
                FloatTensor keys = posterior.sample(mean, wide, pointers, sampler.tensor(1, 8, 1, 3));
                for (int slot = 0; slot < 8; slot++) {
                    assertThat(heap.geometry().slot(keys.get(0, slot, 0, 1), keys.get(0, slot, 0, 2)))
                            .isEqualTo(slot);
                }
            }
        }
    }

    @Test
    void namingASlotCostsTheLogarithmOfTheSlotsThatTheMemoryHas() {
        try (Kanerva heap = TinyBundle.open(Kind.HEAP, folder)) {
            for (int samples : new int[] {1, 4, 5, 100}) {
                FloatTensor episode = FloatTensor.zeros(1, samples, 1, 8, 8);
                Encoding q = heap.encode(episode);
                double expected = Math.log(4 * ((samples + 3) / 4));
                for (int i = 0; i < 3; i++) {
                    double m = q.keyMean().data()[i];
                    double v = q.keyLogVariance().data()[i];
                    expected += 0.5 * (m * m + Math.exp(v) - 1 - v);
                }
                assertThat(heap.bound(episode, 1).klKeys()[0]).isCloseTo(expected, within(1e-6));
            }
        }
    }

    @Test
    void seededNoiseIsKeysThenLatents() {
        try (Kanerva heap = TinyBundle.open(Kind.HEAP, folder)) {
            FloatTensor episode = TileImages.episode(0x0F, 0x33);
            NormalSampler sampler = new NormalSampler(4);
            FloatTensor keyNoise = sampler.tensor(1, 2, 1, 3);
            BoundTerms given = heap.bound(episode, keyNoise, sampler.tensor(1, 2, 3));
            BoundTerms seeded = heap.bound(episode, 4);
            assertThat(seeded.reconstruction()).containsExactly(given.reconstruction());
            assertThat(seeded.klLatent()).containsExactly(given.klLatent());
            assertThat(seeded.meanNegativeBound())
                    .isCloseTo((given.negativeBound(0) + given.negativeBound(1)) / 2, within(1e-12));
        }
    }

    @Test
    void noiseOfAnotherShapeIsRefused() {
        try (Kanerva heap = TinyBundle.open(Kind.HEAP, folder)) {
            FloatTensor episode = TileImages.episode(0x0F, 0x33);
            assertThatThrownBy(() -> heap.bound(episode, FloatTensor.zeros(1, 2, 3), FloatTensor.zeros(1, 2, 3)))
                    .isInstanceOf(TensorException.class)
                    .hasMessage("bound: keyNoise: expected shape [1, 2, 1, 3], found [1, 2, 3]");
            assertThatThrownBy(() -> heap.bound(episode, FloatTensor.zeros(1, 2, 1, 3), FloatTensor.zeros(2, 1, 3)))
                    .hasMessage("bound: latentNoise: expected shape [1, 2, 3], found [2, 1, 3]");
            FloatTensor holed = FloatTensor.zeros(1, 2, 1, 3);
            holed.data()[4] = Float.NaN;
            assertThatThrownBy(() -> heap.bound(episode, holed, FloatTensor.zeros(1, 2, 3)))
                    .hasMessage("bound: keyNoise: expected finite values, found NaN at [0, 1, 0, 1]");
        }
    }

    @Test
    void keysAreSampledOnlyForTheEpisodesThatWereWritten() {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder)) {
            Encoding encoding = kanerva.encode(TileImages.episodes(1, 0x0F, 0x33));
            Memory memory = kanerva.write(TileImages.episodes(1, 0x0F, 0x33, 0x55));
            assertThatThrownBy(() -> kanerva.sampleKeys(encoding, memory, FloatTensor.zeros(1, 3, 1, 3)))
                    .isInstanceOf(TensorException.class)
                    .hasMessage("sampleKeys: encoding: expected shape [1, 3, 1, 3], found [1, 2, 1, 3]");
        }
    }

    @Test
    void softplusNeitherOverflowsNorVanishes() {
        assertThat(LogisticMixture.softplus(1000)).isEqualTo(1000);
        assertThat(LogisticMixture.softplus(-1000)).isZero();
        assertThat(LogisticMixture.softplus(-30)).isCloseTo(9.357622968839e-14, within(1e-24));
        assertThat(LogisticMixture.softplus(0)).isCloseTo(Math.log(2), within(1e-15));
    }
}
