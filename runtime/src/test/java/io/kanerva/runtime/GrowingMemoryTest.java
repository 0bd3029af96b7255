package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A heap with dereferenced keys at sizes far from that of its training, eight samples. */
class GrowingMemoryTest {

    /** Its memory is larger than those that the graphs get as a whole. */
    private static final int MANY = 140_001;

    @TempDir
    static Path folder;

    private static Kanerva heap;
    private static FloatTensor episode;
    private static Memory memory;

    @BeforeAll
    static void write() {
        heap = TinyBundle.open(Kind.HEAP, folder.resolve("heap"));
        int[] bytes = new int[MANY];
        for (int i = 0; i < MANY; i++) {
            bytes[i] = byteOf(i);
        }
        episode = TileImages.episode(bytes);
        memory = heap.write(episode);
    }

    @AfterAll
    static void close() {
        heap.close();
    }

    /** Neighbours differ, and so do samples a power of 2 apart. */
    private static int byteOf(int sample) {
        return (sample * 0x9E3779B1) >>> 24;
    }

    @Test
    void everySampleIsInItsSlotToTheBit() {
        assertThat(memory.samples()).isEqualTo(MANY);
        assertThat(memory.memory().shape()).containsExactly(1, 2, 2 * 35_001, 8);
        float[] content = heap.encode(episode).content().data();
        assertThat(heap.read(memory, memory.pointers()).traces().data()).isEqualTo(content);
        // Slot by slot in the planes themselves.
        float[] planes = memory.memory().data();
        for (int sample : new int[] {0, 3, 4, 70_001, MANY - 1}) {
            for (int i = 0; i < 8; i++) {
                int row = sample / 4 * 2 + i / 2 % 2;
                int column = sample % 4 * 2 + i % 2;
                assertThat(planes[(i / 4 * 70_002 + row) * 8 + column]).isEqualTo(content[sample * 8 + i]);
            }
        }
    }

    @Test
    void sampledKeysNameTheirSamplesAndGeneratedOnesWhatTheyShow() {
        FloatTensor noise = new NormalSampler(8).tensor(1, MANY, 1, 3);
        FloatTensor keys = heap.sampleKeys(heap.encode(episode), memory, noise);
        Generation generation = heap.generate(memory, 500, 3);
        FloatTensor shown = TileImages.rounded(generation.images());
        for (int sample = 0; sample < MANY; sample++) {
            assertThat(heap.geometry().slot(keys.get(0, sample, 0, 1), keys.get(0, sample, 0, 2)))
                    .isEqualTo(sample);
        }
        for (int i = 0; i < 500; i++) {
            FloatTensor key = generation.keys();
            int slot = (int) heap.geometry().slot(key.get(0, i, 0, 1), key.get(0, i, 0, 2));
            assertThat(slot).isLessThan(MANY);
            assertThat(Arrays.copyOfRange(shown.data(), i * 64, i * 64 + 64))
                    .isEqualTo(TileImages.episode(byteOf(slot)).data());
        }
    }

    @Test
    void aPartOfItReadsAsThatPartAlone() {
        int[] bytes = new int[40];
        float[] keys = new float[40 * 3];
        for (int i = 0; i < 40; i++) {
            int sample = i * 3_491;
            bytes[i] = byteOf(sample);
            keys[3 * i + 1] = sample % 4;
            keys[3 * i + 2] = sample / 4;
        }
        Memory few = heap.write(TileImages.episode(bytes));
        Reading expected = heap.read(few, few.pointers());
        Reading found = heap.read(memory, new FloatTensor(keys, 1, 40, 1, 3));
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void anExtendedMemoryIsTheOneThatWriteMakesOfAllSamples() {
        int first = 70_003;
        FloatTensor begin = new FloatTensor(Arrays.copyOf(episode.data(), first * 64), 1, first, 1, 8, 8);
        FloatTensor rest =
                new FloatTensor(Arrays.copyOfRange(episode.data(), first * 64, MANY * 64), 1, MANY - first, 1, 8, 8);
        assertThat(heap.extend(heap.write(begin), rest)).isEqualTo(memory);
    }

    @Test
    void theBoundOfManySamplesIsThatOfEachWithTheSlotsThatTheMemoryHas() {
        BoundTerms terms = heap.bound(episode, 5);
        NormalSampler sampler = new NormalSampler(5);
        FloatTensor keyNoise = sampler.tensor(1, MANY, 1, 3);
        FloatTensor latentNoise = sampler.tensor(1, MANY, 3);
        for (int sample : new int[] {0, 77_777, MANY - 1}) {
            BoundTerms alone = heap.bound(
                    TileImages.episode(byteOf(sample)),
                    noise(keyNoise, sample, 1, 1, 1, 3),
                    noise(latentNoise, sample, 1, 1, 3));
            assertThat(terms.reconstruction()[sample]).isCloseTo(alone.reconstruction()[0], within(1e-6));
            assertThat(terms.klLatent()[sample]).isCloseTo(alone.klLatent()[0], within(1e-6));
            double more = Math.log(4 * 35_001) - Math.log(4);
            assertThat(terms.klKeys()[sample]).isCloseTo(alone.klKeys()[0] + more, within(2e-6));
        }
    }

    private static FloatTensor noise(FloatTensor all, int sample, int... shape) {
        return new FloatTensor(Arrays.copyOfRange(all.data(), sample * 3, sample * 3 + 3), shape);
    }

    @Test
    void aKeyOfNoSlotIsRefused() {
        for (float[] key :
                new float[][] {{0, 4, 0}, {0, 0, 35_001}, {0, -1, 0}, {0, 0, -0.5f}, {0, 0.5f, 0}, {0, 0, 7.25f}}) {
            assertThatThrownBy(() -> heap.read(memory, new FloatTensor(key, 1, 1, 1, 3)))
                    .isInstanceOf(TensorException.class)
                    .hasMessage(
                            "reader input 'keys': expected slots of 35001 rows and 4 columns, found row %s, "
                                    + "column %s at [0, 0, 0]",
                            key[2], key[1]);
        }
    }

    @Test
    void moreSamplesThanOneMemoryHoldsAreOutOfMemory() {
        assertThatThrownBy(() -> heap.prepareWrite(1, (1 << 25) + 1))
                .isInstanceOf(CapacityException.class)
                .hasMessage("out of memory: expected at most 33554432 samples in one memory, which is then of 2^28 "
                        + "values, found 33554433");
    }
}
