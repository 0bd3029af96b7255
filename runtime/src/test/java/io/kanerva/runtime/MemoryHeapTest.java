package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.bundle.Sha256;
import io.kanerva.runtime.session.Inference;
import io.kanerva.runtime.session.Limit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryHeapTest {

    @TempDir
    static Path folder;

    private static Kanerva kanerva;

    @BeforeAll
    static void open() {
        kanerva = TinyBundle.open(Kind.HEAP, folder.resolve("heap"));
    }

    @AfterAll
    static void close() {
        kanerva.close();
    }

    /** Images [N, 1, 8, 8]. */
    private static FloatTensor images(int... bytes) {
        return new FloatTensor(TileImages.episode(bytes).data(), bytes.length, 1, 8, 8);
    }

    private static MemoryHeap heap(long[] ids, int... bytes) {
        MemoryHeap heap = kanerva.heap();
        heap.write(ids, images(bytes));
        return heap;
    }

    @Test
    void samplesAreReadFoundAndListedByTheirIds() {
        MemoryHeap heap = heap(new long[] {Long.MIN_VALUE, -1, 7}, 0x0F, 0x33, 0x55);
        assertThat(heap.list()).containsExactly(Long.MIN_VALUE, -1, 7);
        assertThat(heap.size()).isEqualTo(3);
        assertThat(TileImages.rounded(heap.read(7, -1))).isEqualTo(images(0x55, 0x33));
        MemoryHeap.Found found = heap.lookUp(images(0x33, 0x55, 0x0F));
        assertThat(found.ids()).containsExactly(-1, 7, Long.MIN_VALUE);
        assertThat(TileImages.rounded(heap.recall(images(0x33, 0x33)))).isEqualTo(images(0x33, 0x33));
    }

    @Test
    void aFreedSampleIsNeitherReadNorFoundNorDrawnFromAndLeavesItsPlaceToTheNext() {
        MemoryHeap heap = heap(new long[] {1, 2, 3}, 0x0F, 0x33, 0x55);
        heap.free(2);
        assertThat(heap.list()).containsExactly(1, 3);
        assertThat(heap.contains(2)).isFalse();
        assertThat(heap.lookUp(images(0x33)).ids()[0]).isNotEqualTo(2);
        FloatTensor drawn = TileImages.rounded(heap.generate(200, 5));
        for (int i = 0; i < 200; i++) {
            assertThat(Arrays.copyOfRange(drawn.data(), i * 64, i * 64 + 64))
                    .isNotEqualTo(images(0x33).data());
        }
        assertThatThrownBy(() -> heap.read(1, 2))
                .isInstanceOf(TensorException.class)
                .hasMessage("MemoryHeap: expected an id in use, found 2");
        heap.write(9, images(0x66));
        assertThat(heap.list()).containsExactly(1, 9, 3);
        assertThat(TileImages.rounded(heap.read(9))).isEqualTo(images(0x66));
        heap.free(1, 9, 3);
        assertThat(heap.list()).isEmpty();
        assertThatThrownBy(() -> heap.lookUp(images(0x33)))
                .hasMessage("MemoryHeap: expected at least 1 of the samples, found 0");
        assertThatThrownBy(() -> heap.generate(1, 1)).isInstanceOf(TensorException.class);
        assertThatThrownBy(heap::snapshot).isInstanceOf(TensorException.class);
    }

    @Test
    void aReplacedSampleKeepsItsIdAndPlace() {
        MemoryHeap heap = heap(new long[] {1, 2, 3}, 0x0F, 0x33, 0x55);
        heap.replace(2, images(0x66));
        assertThat(heap.list()).containsExactly(1, 2, 3);
        assertThat(TileImages.rounded(heap.read(1, 2, 3))).isEqualTo(images(0x0F, 0x66, 0x55));
        assertThat(heap.lookUp(images(0x66)).ids()).containsExactly(2);
        assertThat(heap.lookUp(images(0x33)).scores()[0]).isLessThan(0.99);
    }

    @Test
    void whatIsRefusedChangesNothing() {
        MemoryHeap heap = heap(new long[] {1, 2}, 0x0F, 0x33);
        long[][] bad = {{3, 3}, {3, 2}};
        String[] sentences = {"expected different ids, found 3 twice", "expected ids that are not in use, found 2"};
        for (int i = 0; i < 2; i++) {
            long[] ids = bad[i];
            assertThatThrownBy(() -> heap.write(ids, images(0x55, 0x66)))
                    .isInstanceOf(TensorException.class)
                    .hasMessage("MemoryHeap: " + sentences[i]);
        }
        assertThatThrownBy(() -> heap.free(1, 5)).hasMessage("MemoryHeap: expected an id in use, found 5");
        assertThatThrownBy(() -> heap.free(1, 1)).hasMessage("MemoryHeap: expected different ids, found 1 twice");
        assertThatThrownBy(() -> heap.replace(5, images(0x55)))
                .hasMessage("MemoryHeap: expected an id in use, found 5");
        assertThatThrownBy(() -> heap.write(new long[] {4}, images(0x55, 0x66)))
                .hasMessage("MemoryHeap: expected as many samples as ids, found 2 and 1");
        assertThatThrownBy(() -> heap.write(4, FloatTensor.zeros(1, 8, 9)))
                .hasMessage("MemoryHeap: samples: expected images of [1, 8, 8], found shape [1, 8, 9]");
        assertThat(heap.list()).containsExactly(1, 2);
        try (Kanerva pooled = TinyBundle.open(Kind.POOLED, folder.resolve("pooled"))) {
            assertThatThrownBy(pooled::heap)
                    .isInstanceOf(TensorException.class)
                    .hasMessage("MemoryHeap: expected a heap writer with dereferenced keys, whose memories grow, found "
                            + "POOLED with CONTINUOUS keys");
        }
    }

    /** Thousands of random writes, frees and replacements against a map, across pages; then against a memory. */
    @Test
    void itIsAMapFromIdsToSamplesWhateverTheOrder() {
        MemoryHeap heap = kanerva.heap();
        TreeMap<Long, Integer> expected = new TreeMap<>();
        SplittableRandom random = new SplittableRandom(3);
        for (int step = 0; step < 6_000; step++) {
            long id = random.nextInt(3_000);
            int sample = random.nextInt(256);
            if (!expected.containsKey(id)) {
                heap.write(id, images(sample));
                expected.put(id, sample);
            } else if (random.nextInt(4) == 0) {
                heap.free(id);
                expected.remove(id);
            } else {
                heap.replace(id, images(sample));
                expected.put(id, sample);
            }
        }
        assertThat(heap.size()).isEqualTo(expected.size()).isGreaterThan(1_500);
        long[] list = heap.list();
        assertThat(list.clone())
                .containsExactlyInAnyOrder(
                        expected.keySet().stream().mapToLong(Long::longValue).toArray());
        int[] bytes = Arrays.stream(list).mapToInt(id -> expected.get(id)).toArray();
        assertThat(TileImages.rounded(heap.read(list))).isEqualTo(images(bytes));
        Memory memory = heap.snapshot();
        assertThat(memory).isEqualTo(kanerva.write(TileImages.episode(bytes)));
        // The look-up is the memory's, sample by sample, though places are in another order and some are free.
        int[] queries = {0x0F, 0x1D, 0x33, 0x7A, 0xC4};
        Lookup lookup = kanerva.lookUp(memory, TileImages.episode(queries));
        MemoryHeap.Found found = heap.lookUp(images(queries));
        for (int i = 0; i < queries.length; i++) {
            assertThat(found.ids()[i]).isEqualTo(list[lookup.samples()[i]]);
            assertThat((float) found.scores()[i]).isEqualTo(lookup.scores().get(0, i));
        }
    }

    @Test
    void moreSamplesThanOneMemoryHoldsAreRefusedAndChangeNothing() {
        MemoryHeap heap = new MemoryHeap(inference(), with(new Planes(1, 8, 8), 3));
        heap.write(new long[] {1, 2}, images(0x0F, 0x33));
        byte[] before = heap.toBytes();
        assertThatThrownBy(() -> heap.write(new long[] {3, 4}, images(0x55, 0x66)))
                .isInstanceOf(CapacityException.class)
                .hasMessage("MemoryHeap: expected at most 3 samples, found 4");
        assertThat(heap.toBytes()).isEqualTo(before);
        heap.free(1);
        heap.write(new long[] {3, 4}, images(0x55, 0x66));
        assertThatThrownBy(() -> heap.write(5, images(0x5A))).isInstanceOf(CapacityException.class);
        heap.replace(4, images(0x5A));
        assertThat(TileImages.rounded(heap.read(2, 3, 4))).isEqualTo(images(0x33, 0x55, 0x5A));
        assertThat(kanerva.loadHeap(heap.toBytes()).list()).containsExactly(3, 2, 4);
    }

    private static Inference inference() {
        return new Inference(kanerva.bundle(), kanerva.sessions(), Limit.NONE);
    }

    /** The settings with other images and another capacity. */
    private static ModelSettings with(Planes image, int capacity) {
        ModelSettings s = kanerva.bundle().settings();
        return new ModelSettings(
                s.writer(),
                s.addressing(),
                s.likelihood(),
                image,
                s.memory(),
                s.block(),
                s.keys(),
                s.latent(),
                s.slotRows(),
                s.slotColumns(),
                s.memoryLayers(),
                s.width(),
                capacity,
                s.neighbours(),
                s.scaleCells());
    }

    @Test
    void pagesOfLargeImagesHaveFewerSamples() {
        assertThat(MemoryHeap.page(kanerva.bundle().settings())).isEqualTo(1_024);
        assertThat(MemoryHeap.page(with(new Planes(3, 64, 64), 100))).isEqualTo(256);
        assertThat(MemoryHeap.page(with(new Planes(3, 1_024, 1_024), 100))).isEqualTo(16);
    }

    @Test
    void aPageWithoutSamplesIsPassedOverAndUsedAgain() {
        int[] bytes = new int[34];
        Arrays.setAll(bytes, i -> i < 33 ? 0x33 : 0x55);
        MemoryHeap heap = new MemoryHeap(inference(), kanerva.bundle().settings(), 16);
        heap.write(LongStream.range(0, 34).toArray(), images(bytes));
        heap.free(LongStream.range(0, 32).toArray());
        assertThat(heap.lookUp(images(0x33, 0x55)).ids()).containsExactly(32, 33);
        heap.write(7, images(0x0F));
        assertThat(heap.lookUp(images(0x0F)).ids()).containsExactly(7);
        assertThat(heap.list()).containsExactly(7, 32, 33);
    }

    @Test
    void withoutHolesItGeneratesWhatItsSnapshotDoes() {
        MemoryHeap heap = heap(new long[] {4, 5, 6, 7, 8}, 0x0F, 0x33, 0x55, 0x66, 0x5A);
        assertThat(heap.generate(20, 9).data())
                .isEqualTo(kanerva.generate(heap.snapshot(), 20, 9).images().data());
    }

    @Test
    void aFileKeepsIdsAndHoles() {
        MemoryHeap heap = heap(new long[] {Long.MAX_VALUE, -2, 3, 4}, 0x0F, 0x33, 0x55, 0x66);
        heap.free(-2, 4);
        Path file = folder.resolve("heap.memory");
        heap.save(file);
        MemoryHeap loaded = kanerva.loadHeap(file);
        assertThat(loaded.list()).containsExactly(Long.MAX_VALUE, 3);
        assertThat(loaded.toBytes()).isEqualTo(heap.toBytes());
        assertThat(loaded.generate(9, 2)).isEqualTo(heap.generate(9, 2));
        assertThat(loaded.lookUp(images(0x55, 0x0F)).ids()).containsExactly(3, Long.MAX_VALUE);
        loaded.write(8, images(0x5A));
        assertThat(loaded.list()).containsExactly(Long.MAX_VALUE, 8, 3);
        assertThatThrownBy(() -> kanerva.loadMemory(file))
                .isInstanceOf(MemoryFileException.class)
                .hasMessage(
                        file + ": expected the file of a memory, found that of a heap, which may have holes: load it "
                                + "as a heap");
        Memory memory = kanerva.write(TileImages.episode(0x0F, 0x33));
        assertThat(kanerva.loadHeap(memory.toBytes()).list()).containsExactly(0, 1);
        assertThat(kanerva.loadHeap(memory.toBytes()).snapshot()).isEqualTo(memory);
        byte[] two = kanerva.write(TileImages.episodes(2, 0x0F, 0x33)).toBytes();
        assertThatThrownBy(() -> kanerva.loadHeap(two))
                .hasMessage("heap in bytes: expected one memory to make a heap of, found 2");
    }

    @Test
    void whatAFileHoldsInAFreePlaceCountsForNothing() {
        MemoryHeap heap = heap(new long[] {1, 2, 3}, 0x0F, 0x33, 0x55);
        heap.free(2);
        byte[] clean = heap.toBytes();
        ByteBuffer file = ByteBuffer.wrap(clean.clone()).order(ByteOrder.LITTLE_ENDIAN);
        file.putFloat(76 + 4 * 2, 5); // slot 1 begins at column 2
        file.putLong(clean.length - 32 - 3 * 9 + 8, 3);
        assertThat(kanerva.loadHeap(signed(file)).toBytes()).isEqualTo(clean);
    }

    @Test
    void aFileWhosePointersNameOtherSlotsIsRefused() {
        byte[] bytes =
                heap(new long[] {1, 2, 3, 4, 5}, 0x0F, 0x33, 0x55, 0x66, 0x5A).toBytes();
        int pointers = bytes.length - 32 - 5 * 9 - 4 * 3 * 5;
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        file.putFloat(pointers + 4 * (3 * 4 + 1), 1);
        assertThatThrownBy(() -> kanerva.loadHeap(signed(file)))
                .isInstanceOf(MemoryFileException.class)
                .hasMessage("heap in bytes: pointers: expected the slot of column 0, row 1 at [0, 4, 0], found column "
                        + "1.0, row 1.0");
    }

    private static byte[] signed(ByteBuffer file) {
        int end = file.capacity() - 32;
        return file.put(end, Sha256.of(Arrays.copyOf(file.array(), end))).array();
    }

    /** The clients' tests read the same file. */
    @Test
    void theFileThatEveryLanguageReadsIsSavedAgainToTheByte() throws IOException {
        Path shipped = Path.of("..", "models", "bundles", "fashion-mnist-gist-fp16");
        byte[] bytes = Files.readAllBytes(Path.of("..", "conformance", "clients", "heap.memory"));
        try (Kanerva gist = Kanerva.load(shipped, Device.CPU)) {
            MemoryHeap heap = gist.loadHeap(bytes);
            assertThat(heap.list()).containsExactly(Long.MIN_VALUE, 7, Long.MAX_VALUE);
            assertThat(heap.toBytes()).isEqualTo(bytes);
            heap.write(9, FloatTensor.zeros(1, 28, 28));
            assertThat(heap.list()).containsExactly(Long.MIN_VALUE, 9, 7, Long.MAX_VALUE);
        }
    }

    @Test
    void manyThreadsWriteFindAndFreeAtOnce() throws Exception {
        MemoryHeap heap = heap(new long[] {-1}, 0xA5);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                long first = thread * 1_000L;
                tasks.add(() -> {
                    for (long id = first; id < first + 200; id++) {
                        heap.write(id, images((int) id & 0xFF));
                        assertThat(TileImages.rounded(heap.read(id))).isEqualTo(images((int) id & 0xFF));
                        assertThat(TileImages.rounded(heap.recall(images(0xA5))))
                                .isEqualTo(images(0xA5));
                        if (id % 2 == 0) {
                            heap.free(id);
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            threads.shutdown();
        }
        assertThat(heap.size()).isEqualTo(1 + 4 * 100);
    }
}
