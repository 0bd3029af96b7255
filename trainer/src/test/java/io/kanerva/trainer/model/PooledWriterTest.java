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
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PooledWriterTest {
    private static final int B = 2;
    private static final int T = 4;
    private static final int[] ORDER = {2, 0, 3, 1};

    /**
     * Blocks with and without a middle, narrow and odd margins, one key and several, and slots that no sample can have.
     */
    static Stream<KanervaSettings> settings() {
        MapShape image = new MapShape(1, 28, 28);
        EncoderSettings encoder = EncoderSettings.residual(8, 1);
        return Stream.of(
                TinyModels.pooled(1),
                TinyModels.pooled(3),
                KanervaSettings.pooled(image, 3, new Grid(7, 7), new Grid(2, 5), 4, encoder),
                KanervaSettings.pooled(image, 3, new Grid(14, 14), new Grid(3, 2), 4, encoder),
                KanervaSettings.pooled(image, new MapShape(3, 16, 38), new Grid(7, 7), new Grid(2, 5), 4, encoder),
                KanervaSettings.pooled(image, 3, new Grid(2, 2), new Grid(3, 2), 4, encoder));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void theMemoryIsTheSameToTheBitInEveryOrderOfTheEpisodeAndPointersFollowTheirSamples(KanervaSettings s) {
        try (KanervaModel model = TinyModels.randomised(s, 38);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray content = content(scratch, s, 39);
            WriterOutput written = model.write(content, false);
            WriterOutput permuted = model.write(permute(content), false);
            assertThat(written.memory().getShape()).isEqualTo(s.memory().shape(B));
            assertThat(written.pointers().getShape()).isEqualTo(new Shape(B, T, s.keys(), 3));
            assertThat(permuted.memory().toFloatArray())
                    .containsExactly(written.memory().toFloatArray());
            assertThat(permuted.pointers().toFloatArray())
                    .containsExactly(permute(written.pointers()).toFloatArray());
            assertThat(written.memory().get("0").toFloatArray())
                    .as("memories of two episodes")
                    .isNotEqualTo(written.memory().get("1").toFloatArray());
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void aSamplesPointersAreThoseOfItsRankAmongScoresThatJavaSorts(KanervaSettings s) {
        float[] slotKeys = new KeySpace(s).slotKeys();
        try (KanervaModel model = TinyModels.randomised(s, 40);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray content = content(scratch, s, 41);
            float[] pointers = model.write(content, false).pointers().toFloatArray();
            // The score is linear in what a sample writes: its weights show in the ranks of pairs alone, so the test
            // takes them from where the writer does.
            float[] weights = PooledWriter.projection(
                    s.keys() * s.memory().channels() * s.block().size());
            float[] values = content.toFloatArray();
            for (int b = 0; b < B; b++) {
                double[] scores = new double[T];
                for (int t = 0; t < T; t++) {
                    for (int i = 0; i < weights.length; i++) {
                        scores[t] += (double) weights[i] * values[(b * T + t) * weights.length + i];
                    }
                }
                double[] sorted = scores.clone();
                Arrays.sort(sorted);
                for (int t = 0; t < T; t++) {
                    int rank = Arrays.binarySearch(sorted, scores[t]);
                    int size = s.keys() * 3;
                    assertThat(Arrays.copyOfRange(pointers, (b * T + t) * size, (b * T + t + 1) * size))
                            .as("sample %d of episode %d", t, b)
                            .containsExactly(Arrays.copyOfRange(slotKeys, rank * size, (rank + 1) * size));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void writingIsTheAdjointOfReadingAtThePointers(KanervaSettings s) {
        try (KanervaModel model = TinyModels.randomised(s, 42);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray content = content(scratch, s, 43);
            WriterOutput written = model.write(content, false);
            NDArray any = scratch.create(
                    normals(
                            new SplittableRandom(44),
                            Math.toIntExact(written.memory().size()),
                            1),
                    written.memory().getShape());
            // <write(content), any> = <content, read(any)>
            double inMemory = written.memory().mul(any).sum().getFloat();
            double inBlocks = content.mul(
                            model.read(any, written.pointers(), false).traces())
                    .sum()
                    .getFloat();
            assertThat(inMemory).isCloseTo(inBlocks, within(2e-3)).isNotCloseTo(0, within(1.0));
        }
    }

    @ParameterizedTest
    @MethodSource("settings")
    void slotsAreOnWholePixelsSoThatEverySampleReadsBackWhatItWroteAndTheMarginIsEmpty(KanervaSettings s) {
        try (KanervaModel model = TinyModels.randomised(s, 45);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray content = content(scratch, s, 46);
            WriterOutput written = model.write(content, false);
            assertThat(model.read(written.memory(), written.pointers(), false)
                            .traces()
                            .toFloatArray())
                    .containsExactly(content.toFloatArray(), within(1e-4f));
            assertThat(written.memory().abs().sum().getFloat())
                    .isCloseTo(content.abs().sum().getFloat(), within(1e-2f));
        }
    }

    @Test
    void equalSamplesRankInTheEpisodesOrder() {
        KanervaSettings s = TinyModels.pooled(1);
        try (KanervaModel model = TinyModels.randomised(s, 47);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray same = scratch.ones(s.blockShape(1, 5));
            float[] pointers = model.write(same, false).pointers().toFloatArray();
            assertThat(pointers).containsExactly(Arrays.copyOf(new KeySpace(s).slotKeys(), 15));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theMapOfTheWholeMemoryStartsAsTheIdentityAndLearns(int layers) {
        KanervaSettings plain = TinyModels.pooled(1);
        KanervaSettings mapped = plain.withMemoryLayers(layers);
        try (KanervaModel without = new KanervaModel(plain, Device.cpu(), 3);
                KanervaModel with = new KanervaModel(mapped, Device.cpu(), 3);
                KanervaModel trained = TinyModels.randomised(mapped, 3);
                NDManager scratch = with.manager().newSubManager()) {
            NDArray content = content(scratch, plain, 48);
            float[] expected = without.write(content, false).memory().toFloatArray();
            assertThat(with.write(content, false).memory().toFloatArray()).containsExactly(expected);
            assertThat(trained.write(content, false).memory().toFloatArray()).isNotEqualTo(expected);
            assertThat(with.parameterCount()).isGreaterThan(without.parameterCount());
        }
    }

    @Test
    void keysStartNarrowAroundThePointersAndTheirScaleAtThePrior() {
        KanervaSettings s = TinyModels.pooled(2);
        try (KanervaModel model = new KanervaModel(s, Device.cpu(), 1);
                NDManager scratch = model.manager().newSubManager()) {
            EncoderOutput q =
                    model.encode(scratch.create(TinyModels.binaryImages(3, 49), new Shape(1, 3, 1, 8, 8)), false);
            assertThat(q.keyMean().toFloatArray()).containsOnly(0f);
            Set<String> logVariances = new HashSet<>();
            float[] values = q.keyLogVariance().toFloatArray();
            for (int i = 0; i < values.length; i += 3) {
                logVariances.add(values[i] + " " + values[i + 1] + " " + values[i + 2]);
            }
            assertThat(logVariances).containsExactly("0.0 -9.0 -9.0");
        }
    }

    private static NDArray content(NDManager manager, KanervaSettings s, long seed) {
        Shape shape = s.blockShape(B, T);
        return manager.create(normals(new SplittableRandom(seed), Math.toIntExact(shape.size()), 1), shape);
    }

    /** Sample {@code ORDER[i]} of each episode becomes sample i. */
    private static NDArray permute(NDArray episodes) {
        NDList parts = new NDList();
        for (int from : ORDER) {
            parts.add(episodes.get(":, " + from + ":" + (from + 1)));
        }
        return NDArrays.concat(parts, 1);
    }
}
