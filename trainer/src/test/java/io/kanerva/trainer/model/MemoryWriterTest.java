package io.kanerva.trainer.model;

import static io.kanerva.trainer.TinyModels.normals;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.kanerva.trainer.TinyModels;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryWriterTest {
    private static final int[] ORDER = {2, 0, 3, 1};

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void permutingTheEpisodePermutesWhatTheHeapsPointersLeadTo(int keys) {
        KanervaSettings s = TinyModels.heap(KeyAddressing.DEREFERENCED, keys);
        try (KanervaModel model = TinyModels.randomised(s, 31);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray images = images(scratch, 4);
            NDArray permuted = permute(images);
            WriterOutput written = model.write(model.encode(images, false).content(), false);
            WriterOutput writtenPermuted =
                    model.write(model.encode(permuted, false).content(), false);
            assertThat(writtenPermuted.pointers()).as("pointers").isEqualTo(written.pointers());
            NDArray traces =
                    model.read(written.memory(), written.pointers(), false).traces();
            NDArray tracesPermuted = model.read(writtenPermuted.memory(), writtenPermuted.pointers(), false)
                    .traces();
            assertThat(tracesPermuted.toFloatArray())
                    .containsExactly(permute(traces).toFloatArray(), within(1e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void permutingTheEpisodeLeavesEachSamplesTermsUnchangedOnTheHeap(int keys) {
        unchangedTerms(TinyModels.heap(KeyAddressing.DEREFERENCED, keys));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void permutingTheEpisodeLeavesEachSamplesTermsUnchangedWhenPooled(int keys) {
        unchangedTerms(TinyModels.pooled(keys));
    }

    @ParameterizedTest
    @CsvSource({"HEAP, 1", "HEAP, 4", "HEAP, 8", "POOLED, 1", "POOLED, 4", "POOLED, 8"})
    void permutingTheEpisodeLeavesEachSamplesTermsUnchangedWithOneFourAndEightKeys(WriterKind writer, int keys) {
        unchangedTerms(TinyModels.manyKeys(writer, keys));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 8})
    void aHeapGivesEachKeyOfEachSampleASlotOfItsOwn(int keys) {
        KanervaSettings s = TinyModels.manyKeys(WriterKind.HEAP, keys);
        try (KanervaModel model = TinyModels.randomised(s, 30);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray content = scratch.create(
                    normals(new SplittableRandom(31), 4 * keys * 2 * 16, 1), new Shape(1, 4, keys, 2, 4, 4));
            WriterOutput written = model.write(content, false);
            float[] pointers = written.pointers().toFloatArray();
            java.util.Set<String> places = new java.util.HashSet<>();
            for (int i = 0; i < pointers.length; i += 3) {
                places.add(pointers[i + 1] + " " + pointers[i + 2]);
            }
            assertThat(places).hasSize(4 * keys);
            NDArray traces =
                    model.read(written.memory(), written.pointers(), false).traces();
            assertThat(traces.toFloatArray()).isEqualTo(content.toFloatArray());
        }
    }

    private static void unchangedTerms(KanervaSettings s) {
        try (KanervaModel model = TinyModels.randomised(s, 32);
                NDManager scratch = model.manager().newSubManager()) {
            SplittableRandom random = new SplittableRandom(33);
            NDArray images = images(scratch, 4);
            NDArray keyNoise = scratch.create(normals(random, 2 * 4 * s.keys() * 3, 1), new Shape(2, 4, s.keys(), 3));
            NDArray latentNoise = scratch.create(normals(random, 2 * 4 * s.latent(), 1), new Shape(2, 4, s.latent()));
            ElboTerms terms = model.pass(images, keyNoise, latentNoise, false);
            ElboTerms permuted = model.pass(permute(images), permute(keyNoise), permute(latentNoise), false);
            assertThat(permuted.reconstruction().toFloatArray())
                    .containsExactly(permute(terms.reconstruction()).toFloatArray(), within(1e-3f));
            assertThat(permuted.klKeys().toFloatArray())
                    .containsExactly(permute(terms.klKeys()).toFloatArray(), within(1e-4f));
            assertThat(permuted.klLatent().toFloatArray())
                    .containsExactly(permute(terms.klLatent()).toFloatArray(), within(1e-3f));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 8", "1, 3", "2, 4", "3, 2"})
    void aHeapReadsBackAtASamplesPointerExactlyWhatWasWrittenThere(int keys, int samples) {
        KanervaSettings s = TinyModels.heap(KeyAddressing.DEREFERENCED, keys);
        try (KanervaModel model = TinyModels.randomised(s, 34);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray content = scratch.create(
                    normals(new SplittableRandom(35), 3 * samples * keys * 2 * 16, 1),
                    new Shape(3, samples, keys, 2, 4, 4));
            WriterOutput written = model.write(content, false);
            assertThat(written.memory().getShape()).isEqualTo(new Shape(3, 2, samples * keys > 4 ? 8 : 4, 16));
            assertThat(written.pointers().getShape()).isEqualTo(new Shape(3, samples, keys, 3));
            NDArray traces =
                    model.read(written.memory(), written.pointers(), false).traces();
            assertThat(traces.getShape()).isEqualTo(content.getShape());
            assertThat(traces.toFloatArray()).isEqualTo(content.toFloatArray());
        }
    }

    @Test
    void aHeapLeavesTheSlotsEmptyThatNobodyWasGiven() {
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 36);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray memory = model.write(scratch.ones(new Shape(1, 5, 1, 2, 4, 4)), false)
                    .memory();
            assertThat(memory.get("..., :4, :").toFloatArray())
                    .as("the first row of slots")
                    .containsOnly(1f);
            assertThat(memory.get("..., 4:, :4").toFloatArray())
                    .as("the first slot of the second row")
                    .containsOnly(1f);
            assertThat(memory.get("..., 4:, 4:").toFloatArray())
                    .as("its other slots")
                    .containsOnly(0f);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 4", "1, 4, 4", "1, 5, 8", "1, 100, 100", "3, 100, 300"})
    void aHeapGrowsByRowsOfSlotsAndTheBoundChargesTheSlotsThatItHas(int keys, int samples, int height) {
        KanervaSettings s = TinyModels.heap(KeyAddressing.DEREFERENCED, keys);
        try (KanervaModel model = TinyModels.randomised(s, 37);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.create(TinyModels.binaryImages(samples, 39), new Shape(1, samples, 1, 8, 8));
            NDArray keyNoise = scratch.zeros(new Shape(1, samples, keys, 3));
            NDArray latentNoise = scratch.zeros(new Shape(1, samples, 3));
            EncoderOutput encoded = model.encode(images, false);
            WriterOutput written = model.write(encoded.content(), false);
            assertThat(written.memory().getShape()).isEqualTo(new Shape(1, 2, height, 16));
            float[] nats =
                    model.pass(images, keyNoise, latentNoise, false).klKeys().toFloatArray();
            float[] means = encoded.keyMean().toFloatArray();
            float[] logVariances = encoded.keyLogVariance().toFloatArray();
            for (int t = 0; t < samples; t++) {
                double expected = keys * Math.log(height); // 4 slots in each 4 pixels
                for (int i = t * keys * 3; i < (t + 1) * keys * 3; i++) {
                    expected += (means[i] * means[i] + Math.exp(logVariances[i]) - 1 - logVariances[i]) / 2;
                }
                assertThat((double) nats[t]).isCloseTo(expected, within(1e-4));
            }
        }
    }

    @Test
    void anEpisodeThatNeedsMoreSlotsThanContinuousKeysHaveIsOutOfMemory() {
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(KeyAddressing.CONTINUOUS, 3), 37);
                NDManager scratch = model.manager().newSubManager()) {
            NDArray images = scratch.zeros(new Shape(1, 3, 1, 8, 8));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> model.pass(
                            images, scratch.zeros(new Shape(1, 3, 3, 3)), scratch.zeros(new Shape(1, 3, 3)), false))
                    .withMessage("out of memory: an episode of 3 samples needs 9 slots, the memory has 8");
        }
    }

    private static NDArray images(NDManager manager, int samples) {
        return manager.create(TinyModels.binaryImages(2 * samples, 39), new Shape(2, samples, 1, 8, 8));
    }

    /** Sample {@code ORDER[i]} of each episode becomes sample i. */
    private static NDArray permute(NDArray episodes) {
        NDList parts = new NDList();
        for (int from : ORDER) {
            parts.add(episodes.get(":, " + from + ":" + (from + 1)));
        }
        return ai.djl.ndarray.NDArrays.concat(parts, 1);
    }
}
