package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each call says of tensors that it cannot use. */
class TensorErrorsTest {

    @TempDir
    static Path folder;

    private static Kanerva heap;
    private static Memory memory;

    @BeforeAll
    static void open() {
        heap = TinyBundle.open(Kind.HEAP, folder);
        memory = heap.write(TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C));
    }

    @AfterAll
    static void close() {
        heap.close();
    }

    @Test
    void imagesOfAnotherRankOrSize() {
        assertRefused(
                () -> heap.write(FloatTensor.zeros(4, 1, 8, 8)),
                "encoder input 'images': expected shape [B, T, 1, 8, 8], found [4, 1, 8, 8]");
        assertRefused(
                () -> heap.write(FloatTensor.zeros(1, 4, 1, 28, 28)),
                "encoder input 'images': expected shape [B, T, 1, 8, 8], found [1, 4, 1, 28, 28]");
        assertRefused(
                () -> heap.bound(FloatTensor.zeros(1, 8), 1),
                "encoder input 'images': expected shape [B, T, 1, 8, 8], found [1, 8]");
    }

    @Test
    void anEmptyEpisode() {
        assertRefused(
                () -> heap.write(FloatTensor.zeros(1, 0, 1, 8, 8)),
                "encoder input 'images': expected at least 1 in dimension T of [B, T, 1, 8, 8], found [1, 0, 1, 8, 8]");
        assertRefused(
                () -> heap.encode(FloatTensor.zeros(0, 3, 1, 8, 8)),
                "encoder input 'images': expected at least 1 in dimension B of [B, T, 1, 8, 8], found [0, 3, 1, 8, 8]");
    }

    @Test
    void imagesWithNumbersThatAreNoIntensities() {
        FloatTensor images = FloatTensor.zeros(1, 2, 1, 8, 8);
        images.data()[64 + 9] = Float.NaN;
        assertRefused(
                () -> heap.write(images),
                "encoder input 'images': expected values from 0 to 1, found NaN at [0, 1, 0, 1, 1]");
        images.data()[64 + 9] = 255;
        assertRefused(
                () -> heap.lookUp(memory, images),
                "encoder input 'images': expected values from 0 to 1, found 255.0 at [0, 1, 0, 1, 1]");
        images.data()[64 + 9] = -0.25f;
        assertRefused(
                () -> heap.bound(images, 1),
                "encoder input 'images': expected values from 0 to 1, found -0.25 at [0, 1, 0, 1, 1]");
    }

    @Test
    void queriesForAnotherNumberOfMemories() {
        assertRefused(
                () -> heap.recall(memory, TileImages.episode(0x0F), 1),
                "queries: expected 2 rows, one for each memory, found shape [1, 1, 1, 8, 8]");
    }

    @Test
    void keysThatDoNotFit() {
        assertRefused(
                () -> heap.read(memory, FloatTensor.zeros(3, 1, 1, 3)),
                "reader input 'keys': expected B = 2 in [B, Q, 1, 3], as in 'memory', found [3, 1, 1, 3]");
        assertRefused(
                () -> heap.read(memory, FloatTensor.zeros(2, 1, 2, 3)),
                "reader input 'keys': expected shape [B, Q, 1, 3], found [2, 1, 2, 3]");
        FloatTensor keys = FloatTensor.zeros(2, 1, 1, 3);
        keys.data()[5] = Float.POSITIVE_INFINITY;
        assertRefused(
                () -> heap.read(memory, keys),
                "reader input 'keys': expected finite values, found Infinity at [1, 0, 0, 2]");
    }

    @Test
    void latentsAndTracesThatDisagree() {
        assertRefused(
                () -> heap.decode(FloatTensor.zeros(1, 2, 3), FloatTensor.zeros(1, 4, 1, 2, 2, 2)),
                "decoder input 'traces': expected Q = 2 in [B, Q, 1, 2, 2, 2], as in 'latent', found [1, 4, 1, "
                        + "2, 2, 2]");
    }

    @Test
    void countsBelowOne() {
        assertRefused(
                () -> heap.recall(memory, TileImages.episodes(2, 1, 2), 0),
                "recall: iterations: expected at least 1, found 0");
        assertRefused(() -> heap.generate(memory, -3, 1), "generate: count: expected at least 1, found -3");
    }

    @Test
    void aMemoryOfAnotherModel(@TempDir Path other) {
        try (Kanerva pooled = TinyBundle.open(Kind.POOLED, other)) {
            String sentence = "memory: expected one of model %s, found one of model %s"
                    .formatted(pooled.bundle().modelId(), heap.bundle().modelId());
            assertRefused(() -> pooled.lookUp(memory, TileImages.episodes(2, 1, 2)), sentence);
            assertRefused(() -> pooled.read(memory, FloatTensor.zeros(2, 1, 1, 3)), sentence);
            assertRefused(() -> pooled.recall(memory, TileImages.episodes(2, 1, 2), 1), sentence);
            assertRefused(() -> pooled.generate(memory, 1, 1), sentence);
        }
    }

    @Test
    void tensorsWhoseShapeDoesNotHoldTheirData() {
        assertRefused(() -> new FloatTensor(new float[5], 2, 3), "FloatTensor: shape [2, 3] holds 6 values, found 5");
        assertRefused(
                () -> new FloatTensor(new float[0], 2, -1),
                "FloatTensor: shape [2, -1]: expected no negative dimension, found -1");
        assertRefused(
                () -> FloatTensor.zeros(1 << 16, 1 << 16),
                "FloatTensor: shape [65536, 65536] holds 4294967296 values, more than a Java array");
        assertThatThrownBy(() -> FloatTensor.zeros(1 << 30, 1 << 30, 1 << 30, 1 << 30))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("more than a Java array");
        assertRefused(
                () -> FloatTensor.zeros(2, 3).get(1), "FloatTensor: index [1]: expected 2 numbers for shape [2, 3]");
        assertRefused(
                () -> FloatTensor.zeros(2, 3).get(1, 3),
                "FloatTensor: expected an index within shape [2, 3], found [1, 3]");
    }

    @Test
    void optionsWithoutThreadsOrWithTooMany() {
        for (int threads : new int[] {0, 257, 5000, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> Options.on(Device.CPU).withThreads(threads))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Options: threads: expected 1 to 256, found " + threads);
        }
    }

    @Test
    void optionsWithoutCallersOrWithTooMany() {
        for (int callers : new int[] {0, 65}) {
            assertThatThrownBy(() -> Options.on(Device.CPU).withCallers(callers))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Options: callers: expected 1 to 64, found " + callers);
        }
    }

    @Test
    void aTensorKeepsItsShapeWhateverItsMakerAndReceiversDo() {
        int[] shape = {1, 2};
        FloatTensor tensor = new FloatTensor(new float[2], shape);
        shape[1] = 32;
        tensor.shape()[0] = 7;
        assertThat(tensor.shape()).containsExactly(1, 2);
        assertThat(tensor.rank()).isEqualTo(2);
    }

    @Test
    void sizesThatNoMachineHas() {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder.resolve("huge"))) {
            FloatTensor episode = TileImages.episode(0x0F, 0x33);
            Memory memory = kanerva.write(episode);
            int most = Integer.MAX_VALUE;
            assertRefusedFor(
                    () -> kanerva.prepareRecall(memory, most),
                    "prepareRecall: expected queries of at most 2147483647 values in all, found 1 x 2147483647 of 64");
            assertRefusedFor(
                    () -> kanerva.prepareWrite(most, 1), "expected at most 268435456 values, found shape [2147483647");
            assertRefused(
                    () -> kanerva.recall(memory, episode, most),
                    "recall: iterations: expected at most 10000, found 2147483647");
            assertRefusedFor(() -> kanerva.generate(memory, most, 1), "count: expected at most 33554431, since");
            assertThatThrownBy(() -> kanerva.prepareWrite(1, most)).isInstanceOf(CapacityException.class);
        }
    }

    @Test
    void keysAndLogitsThatAreNoNumbers() {
        try (Kanerva kanerva = TinyBundle.open(Kind.HEAP, folder.resolve("numbers"))) {
            KeyGeometry geometry = kanerva.geometry();
            for (float coordinate : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                String sentence = "KeyGeometry: expected a key of finite numbers, found " + coordinate;
                assertRefused(() -> KeyGeometry.cell(coordinate, 8), sentence);
                assertRefused(() -> geometry.slot(0, coordinate), sentence);
                assertRefused(() -> geometry.window(coordinate, 0, 0), sentence);
                assertRefused(() -> geometry.window(0, 0, coordinate), sentence);
            }
            ModelSettings settings = kanerva.bundle().settings();
            FloatTensor logits = FloatTensor.zeros(1, 1, 1, 8, 8);
            logits.data()[9] = Float.NaN;
            assertRefused(
                    () -> Likelihood.BERNOULLI.means(settings, logits),
                    "means: logits: expected finite values, found NaN at [0, 0, 0, 1, 1]");
            assertRefused(
                    () -> Likelihood.BERNOULLI.means(settings, FloatTensor.zeros(64)),
                    "means: logits: expected shape [1, 1, 1, 8, 8], found [64]");
            assertRefused(
                    () -> Likelihood.BERNOULLI.negativeLogLikelihood(
                            settings, FloatTensor.zeros(1, 2, 1, 8, 8), FloatTensor.zeros(1, 1, 1, 8, 8)),
                    "negativeLogLikelihood: images: expected shape [1, 1, 1, 8, 8], found [1, 2, 1, 8, 8]");
        }
    }

    @Test
    void settingsAndTermsThatContradictThemselves() {
        assertThatThrownBy(() -> new Planes(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Planes(1 << 20, 1 << 20, 1)).isInstanceOf(IllegalArgumentException.class);
        assertRefused(
                () -> new BoundTerms(new double[2], new double[1], new double[2]),
                "BoundTerms: expected three terms of each sample, found 2, 1 and 2");
        assertThat(new BoundTerms(new double[] {1, 2}, new double[] {3, 4}, new double[] {5, 6}))
                .hasToString("BoundTerms[2 samples, mean negative bound 10.50 nats]")
                .isEqualTo(new BoundTerms(new double[] {1, 2}, new double[] {3, 4}, new double[] {5, 6}));
    }

    @Test
    void aRefusedCallLeavesTheModelUsable() {
        assertThatThrownBy(() -> heap.write(FloatTensor.zeros(1, 0, 1, 8, 8))).isInstanceOf(KanervaException.class);
        assertThat(heap.write(TileImages.episode(0x0F)).samples()).isEqualTo(1);
    }

    private static void assertRefused(ThrowingCallable call, String sentence) {
        assertThatThrownBy(call).isInstanceOf(TensorException.class).hasMessage(sentence);
    }

    private static void assertRefusedFor(ThrowingCallable call, String part) {
        assertThatThrownBy(call).isInstanceOf(TensorException.class).hasMessageContaining(part);
    }
}
