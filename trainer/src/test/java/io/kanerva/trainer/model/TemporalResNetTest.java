package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.train.Preset;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemporalResNetTest {
    private static final int B = 2;
    private static final int T = 4;

    @Test
    void anEighthOfTheChannelsComesFromTheSampleBeforeAndAnEighthFromTheOneAfter() {
        try (NDManager scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            // Channel c of sample t of episode b holds 100 b + 10 t + c, with t counted from 1.
            float[] values = new float[2 * 3 * 16];
            for (int i = 0; i < values.length; i++) {
                values[i] = 100 * (i / 48) + 10 * (i / 16 % 3 + 1) + i % 16;
            }
            float[] shifted = TemporalResNet.shifted(scratch.create(values, new Shape(6, 16, 1, 1)), 2, 3)
                    .toFloatArray();
            for (int i = 0; i < values.length; i++) {
                int t = i / 16 % 3;
                int channel = i % 16;
                float expected = channel >= 4
                        ? values[i]
                        : channel < 2 ? t == 0 ? 0 : values[i] - 10 : t == 2 ? 0 : values[i] + 10;
                assertThat(shifted[i]).as("channel %d of sample %d", channel, t).isEqualTo(expected);
            }
        }
    }

    @Test
    void anEpisodeOfOneSampleHasNobodyToShiftFrom() {
        try (NDManager scratch = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            float[] shifted = TemporalResNet.shifted(scratch.ones(new Shape(1, 8, 1, 1)), 1, 1)
                    .toFloatArray();
            assertThat(shifted).containsExactly(0, 0, 1, 1, 1, 1, 1, 1);
        }
    }

    @Test
    void thePresetHasTheEighteenLayersOfAResNet18() {
        try (KanervaModel model =
                new KanervaModel(Preset.named("paper-mnist").plan().settings(), Device.cpu(), 1)) {
            long convolutions = model.parameters().entrySet().stream()
                    .filter(entry -> entry.getKey().startsWith("encoder/01features")
                            && entry.getValue().getShape().dimension() == 4)
                    .count();
            // 1 + 8 blocks of 2, and 3 projections; the eighteenth layer is the 1 x 1 convolution to the content.
            assertThat(convolutions).isEqualTo(17 + 3);
            assertThat(model.parameters().values().stream()
                            .filter(parameter -> parameter.getShape().equals(new Shape(512, 512, 3, 3))))
                    .hasSize(3);
            long trunk = model.parameters().entrySet().stream()
                    .filter(entry -> entry.getKey().startsWith("encoder/01features")
                            && entry.getValue().requiresGradient())
                    .mapToLong(entry -> entry.getValue().getShape().size())
                    .sum();
            // The published 11,689,512 less the classifier's 513,000 and the stem's 7 x 7 x 3 x 64, plus ours of 3 x 3
            // x 1 x 64.
            assertThat(trunk).isEqualTo(11_689_512L - 513_000 - 9_408 + 576);
        }
    }

    /** What exchangeability means with temporal shift: order matters. Prints by how much, for random weights. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void permutingTheEpisodeChangesTheBoundUnlikeWithTheOtherEncoder(int keys) {
        double withShift = largestChange(TinyModels.paper(keys));
        double without = largestChange(TinyModels.pooled(keys));
        System.out.printf(
                "K = %d: permuting an episode changes a sample's bound by at most %.4f of itself with temporal "
                        + "shift, %.1e without%n",
                keys, withShift, without);
        assertThat(withShift).isGreaterThan(1e-3);
        assertThat(without).isLessThan(1e-5);
    }

    @Test
    void aSamplesScoreDoesNotDependOnTheOtherEpisodesOfItsBatchNorOnWhetherTrainingIsUnderWay() {
        KanervaSettings s = TinyModels.paper(1);
        try (KanervaModel model = TinyModels.randomised(s, 61);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray[] in = inputs(scratch, s);
            float[] together = bound(model.pass(in[0], in[1], in[2], false));
            for (int b = 0; b < B; b++) {
                String only = b + ":" + (b + 1);
                float[] alone = bound(model.pass(in[0].get(only), in[1].get(only), in[2].get(only), false));
                for (int t = 0; t < T; t++) {
                    assertThat(alone[t]).isCloseTo(together[b * T + t], within(1e-3f));
                }
            }
            assertThat(bound(model.pass(in[0], in[1], in[2], true))).containsExactly(together, within(1e-3f));
        }
    }

    /** The largest change of a sample's bound when its episode is permuted, as a fraction of the bound. */
    private static double largestChange(KanervaSettings s) {
        int[] order = {2, 0, 3, 1};
        try (KanervaModel model = TinyModels.randomised(s, 62);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray[] in = inputs(scratch, s);
            float[] before = bound(model.pass(in[0], in[1], in[2], false));
            float[] after =
                    bound(model.pass(permute(in[0], order), permute(in[1], order), permute(in[2], order), false));
            double largest = 0;
            for (int i = 0; i < B * T; i++) {
                float same = before[i / T * T + order[i % T]];
                largest = Math.max(largest, Math.abs(after[i] - same) / same);
            }
            return largest;
        }
    }

    private static NDArray[] inputs(NDManager scratch, KanervaSettings s) {
        SplittableRandom random = new SplittableRandom(63);
        return new NDArray[] {
            scratch.create(TinyModels.binaryImages(B * T, 64), new Shape(B, T, 1, 8, 8)),
            scratch.create(normals(random, B * T * s.keys() * 3, 1), new Shape(B, T, s.keys(), 3)),
            scratch.create(normals(random, B * T * s.latent(), 1), new Shape(B, T, s.latent()))
        };
    }

    private static float[] bound(ElboTerms terms) {
        return terms.reconstruction().add(terms.klKeys()).add(terms.klLatent()).toFloatArray();
    }

    private static NDArray permute(NDArray episodes, int[] order) {
        NDList parts = new NDList();
        for (int from : order) {
            parts.add(episodes.get(":, " + from + ":" + (from + 1)));
        }
        return NDArrays.concat(parts, 1);
    }
}
