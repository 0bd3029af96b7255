package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.TinyBundle.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KanervaTest {

    @TempDir
    static Path folder;

    private static Kanerva heap;

    @BeforeAll
    static void open() {
        heap = TinyBundle.open(Kind.HEAP, folder.resolve("heap"));
    }

    @AfterAll
    static void close() {
        heap.close();
    }

    @Test
    void blackAndWhiteSamplesAreOneWithTheirProbabilityAndRepeatWithTheirSeed() {
        FloatTensor logits = FloatTensor.zeros(1, 200, 1, 8, 8);
        for (int i = 0; i < logits.size(); i++) {
            logits.data()[i] = i % 2 == 0 ? (float) Math.log(3) : -40;
        }
        FloatTensor samples = heap.sample(logits, 12);
        double ones = 0;
        for (int i = 0; i < samples.size(); i++) {
            assertThat(samples.data()[i]).isIn(0f, i % 2 == 0 ? 1f : 0f);
            ones += samples.data()[i];
        }
        assertThat(ones / 6400).isCloseTo(0.75, within(5 * Math.sqrt(0.1875 / 6400)));
        assertThat(heap.sample(logits, 12).data()).isEqualTo(samples.data());
        assertThatThrownBy(() -> heap.sample(FloatTensor.zeros(2, 3, 1, 8, 9), 1))
                .isInstanceOf(TensorException.class)
                .hasMessage("sample: logits: expected shape [2, 3, 1, 8, 8], found [2, 3, 1, 8, 9]");
    }

    @Test
    void recallsEverySampleOfAFullMemory() {
        FloatTensor episode = TileImages.episode(TileImages.EIGHT);
        Recall recall = heap.recall(heap.write(episode), episode, 1);
        assertThat(recall.lookups().get(0).samples()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
        assertThat(TileImages.rounded(recall.images())).isEqualTo(episode);
    }

    @Test
    void mendsDamagedQueriesByReadingAgain() {
        // All but the last, which is white throughout: damaged, it looks like none of them.
        FloatTensor episode = TileImages.episode(Arrays.copyOf(TileImages.EIGHT, 7));
        FloatTensor damaged = new FloatTensor(episode.data().clone(), episode.shape());
        for (int i = 0; i < damaged.size(); i += 5) {
            damaged.data()[i] = 1 - damaged.data()[i];
        }
        Recall recall = heap.recall(heap.write(episode), damaged, 3);
        assertThat(recall.steps()).hasSize(3);
        assertThat(TileImages.rounded(recall.images())).isEqualTo(episode);
        assertThat(recall.lookups())
                .allSatisfy(lookup -> assertThat(lookup.samples()).containsExactly(0, 1, 2, 3, 4, 5, 6));
        // The damaged query matches less well than the mended one.
        assertThat(recall.lookups().get(0).scores().get(0, 3)).isLessThan(0.985f);
        assertThat(recall.lookups().get(2).scores().get(0, 3)).isGreaterThan(0.999f);
    }

    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"HEAP", "HEAP_CONTINUOUS"})
    void keepsTheMemoriesOfABatchApart(Kind kind, @TempDir Path other) {
        try (Kanerva kanerva = TinyBundle.open(kind, other)) {
            FloatTensor episodes = TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66);
            Memory memory = kanerva.write(episodes);
            assertThat(memory.episodes()).isEqualTo(2);
            assertThat(memory.samples()).isEqualTo(3);
            Recall recall = kanerva.recall(memory, TileImages.episodes(2, 0x55, 0x0F, 0x5A, 0x66), 1);
            assertThat(recall.lookups().get(0).samples()).containsExactly(2, 0, 1, 2);
            assertThat(recall.lookups().get(0).scores().shape()).containsExactly(2, 2);
            if (kind == Kind.HEAP) {
                // Continuous windows at the slots' pointers straddle this writer's tiles.
                assertThat(TileImages.rounded(recall.images()))
                        .isEqualTo(TileImages.episodes(2, 0x55, 0x0F, 0x5A, 0x66));
            }
            for (int b = 0; b < 2; b++) {
                int[] bytes = b == 0 ? new int[] {0x0F, 0x33, 0x55} : new int[] {0x3C, 0x5A, 0x66};
                float[] alone =
                        kanerva.write(TileImages.episode(bytes)).memory().data();
                assertThat(Arrays.copyOfRange(memory.memory().data(), b * alone.length, (b + 1) * alone.length))
                        .containsExactly(alone);
            }
        }
    }

    @Test
    void moreImagesThanATensorHoldsAreRefusedBeforeAnyIsDrawn() {
        Memory memory = heap.write(TileImages.episodes(2, 0x0F, 0x33));
        assertThatThrownBy(() -> heap.generate(memory, 20_000_000, 1))
                .isInstanceOf(TensorException.class)
                .hasMessage("generate: count: expected at most 16777215, since all images are one tensor, found "
                        + "20000000");
    }

    @Test
    void lookupKeysArePointersOfTheSamplesFound() {
        Memory memory = heap.write(TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C));
        Lookup lookup = heap.lookUp(memory, TileImages.episodes(2, 0x33, 0x33, 0x3C, 0x55));
        assertThat(lookup.samples()).containsExactly(1, 1, 1, 0);
        assertThat(lookup.keys().shape()).containsExactly(2, 2, 1, 3);
        for (int q = 0; q < 4; q++) {
            assertThat(lookup.keys().get(q / 2, q % 2, 0, 1))
                    .isEqualTo(memory.pointers().get(q / 2, lookup.samples()[q], 0, 1));
        }
    }

    @Test
    void aPooledMemoryDoesNotDependOnTheOrderAndFindsEverySample(@TempDir Path other) {
        try (Kanerva pooled = TinyBundle.open(Kind.POOLED, other)) {
            Memory memory = pooled.write(TileImages.episode(0x0F, 0x33, 0x55, 0x3C));
            Memory turned = pooled.write(TileImages.episode(0x3C, 0x55, 0x0F, 0x33));
            assertThat(turned.memory()).isEqualTo(memory.memory());
            FloatTensor queries = TileImages.episode(0x55, 0x3C, 0x0F, 0x33);
            Lookup lookup = pooled.lookUp(memory, queries);
            assertThat(lookup.samples()).containsExactly(2, 3, 0, 1);
            assertThat(lookup.keys().get(0, 0, 0, 1))
                    .isEqualTo(memory.pointers().get(0, 2, 0, 1));
            assertThat(pooled.recall(memory, queries, 2).images().data())
                    .containsExactly(queries.data(), within(1e-4f));
            assertThat(pooled.generate(memory, 3, 1).keys().shape()).containsExactly(1, 3, 1, 3);
        }
    }

    @Test
    void readsBackTheContentThatWasWritten() {
        FloatTensor episode = TileImages.episode(0x0F, 0x5A);
        Memory memory = heap.write(episode);
        Reading reading = heap.read(memory, memory.pointers());
        float[] content = heap.encode(episode).content().data();
        for (int i = 0; i < content.length; i++) {
            assertThat(reading.traces().data()[i]).isCloseTo(content[i], within(1e-6f));
        }
        FloatTensor logits = heap.decode(reading.priorMean(), reading.traces());
        FloatTensor images =
                heap.bundle().settings().likelihood().means(heap.bundle().settings(), logits);
        // The logistic function, here in float64, there in the graph.
        assertThat(images.data())
                .containsExactly(heap.recall(memory, episode, 1).images().data(), within(1e-6f));
    }

    @Test
    void generatesOnlyWhatWasWritten() {
        int[] bytes = {0x0F, 0x33, 0x55};
        Memory memory = heap.write(TileImages.episode(bytes));
        Generation generation = heap.generate(memory, 200, 7);
        assertThat(generation.images().shape()).containsExactly(1, 200, 1, 8, 8);
        assertThat(generation.keys().shape()).containsExactly(1, 200, 1, 3);
        int[] seen = new int[3];
        FloatTensor rounded = TileImages.rounded(generation.images());
        for (int i = 0; i < 200; i++) {
            int slot = (int) heap.geometry()
                    .slot(generation.keys().get(0, i, 0, 1), generation.keys().get(0, i, 0, 2));
            assertThat(slot).isBetween(0, 2);
            seen[slot]++;
            assertThat(Arrays.copyOfRange(rounded.data(), i * 64, i * 64 + 64))
                    .containsExactly(TileImages.episode(bytes[slot]).data());
        }
        // Each slot has the same prior mass: 200 draws of 1/3 stay within 5 standard deviations, 33.
        for (int count : seen) {
            assertThat(count).isBetween(34, 99);
        }
    }

    @Test
    void generatesTheSameFromTheSameSeedAndOtherwiseFromAnother() {
        Memory memory = heap.write(TileImages.episode(0x0F, 0x33));
        assertThat(heap.generate(memory, 4, 11)).isEqualTo(heap.generate(memory, 4, 11));
        assertThat(heap.generate(memory, 4, 11).keys())
                .isNotEqualTo(heap.generate(memory, 4, 12).keys());
    }

    @Test
    void generationDrawsKeysThenLatentNoiseFromTheSampler() {
        Memory memory = heap.write(TileImages.episode(TileImages.EIGHT));
        NormalSampler sampler = new NormalSampler(3);
        FloatTensor keys = sampler.tensor(1, 5, 1, 3);
        for (int i = 0; i < keys.size(); i += 3) {
            // The fraction of x chooses one of the eight samples, which lie in rows of four.
            double x = keys.data()[i + 1];
            int sample = (int) ((x - Math.floor(x)) * 8);
            keys.data()[i + 1] = sample % 4;
            keys.data()[i + 2] = sample / 4;
        }
        FloatTensor noise = sampler.tensor(1, 5, 3);
        Generation generation = heap.generate(memory, 5, 3);
        assertThat(generation.keys()).isEqualTo(keys);
        Reading reading = heap.read(memory, keys);
        FloatTensor latent = FloatTensor.zeros(1, 5, 3);
        for (int i = 0; i < latent.size(); i++) {
            double deviation = Math.sqrt(Math.exp(reading.priorLogVariance().data()[i]));
            latent.data()[i] = (float) (reading.priorMean().data()[i] + deviation * noise.data()[i]);
        }
        float[] expected = Likelihood.BERNOULLI
                .means(heap.bundle().settings(), heap.decode(latent, reading.traces()))
                .data();
        for (int i = 0; i < expected.length; i++) {
            assertThat(generation.images().data()[i]).isCloseTo(expected[i], within(1e-6f));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 8, 9, 100})
    void writesEpisodesOfAnyLength(int samples) {
        Memory memory = heap.write(TileImages.episode(Arrays.copyOf(TileImages.EIGHT, samples)));
        assertThat(memory.memory().shape()).containsExactly(1, 2, (samples + 3) / 4 * 2, 8);
        assertThat(memory.pointers().shape()).containsExactly(1, samples, 1, 3);
    }

    @Test
    void aMemoryStaysAsItIsWhateverIsDoneToWhatItGives() {
        Memory memory = heap.write(TileImages.episode(0x0F, 0x33));
        byte[] before = memory.toBytes();
        for (FloatTensor given : List.of(memory.memory(), memory.pointers())) {
            Arrays.fill(given.data(), Float.NaN);
            Arrays.fill(given.shape(), 7);
        }
        assertThat(memory.toBytes()).isEqualTo(before);
        assertThat(heap.recall(memory, TileImages.episode(0x33), 1)
                        .lookups()
                        .get(0)
                        .samples())
                .containsExactly(1);
    }

    @Test
    void refusesMoreSamplesThanContinuousKeysHaveSlots(@TempDir Path other) {
        try (Kanerva continuous = TinyBundle.open(Kind.HEAP_CONTINUOUS, other)) {
            refusesNine(continuous);
            Memory memory = continuous.write(TileImages.episode(TileImages.EIGHT));
            assertThatThrownBy(() -> continuous.extend(memory, TileImages.episode(0x0F)))
                    .isInstanceOf(CapacityException.class)
                    .hasMessageStartingWith("out of memory: 9 samples, 8 slots");
        }
    }

    private static void refusesNine(Kanerva heap) {
        FloatTensor nine = FloatTensor.zeros(1, 9, 1, 8, 8);
        String sentence = "out of memory: 9 samples, 8 slots (2 rows x 4 columns, 1 per sample)";
        assertThatThrownBy(() -> heap.write(nine))
                .isInstanceOf(CapacityException.class)
                .hasMessage(sentence);
        assertThatThrownBy(() -> heap.bound(nine, 1))
                .isInstanceOf(CapacityException.class)
                .hasMessage(sentence);
        assertThat(heap.encode(nine).content().dimension(1)).isEqualTo(9);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void anExtendedMemoryIsTheOneThatWriteMakesOfAllSamples(Kind kind) {
        FloatTensor all = TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66);
        FloatTensor first = TileImages.episodes(2, 0x0F, 0x33, 0x3C, 0x5A);
        FloatTensor rest = TileImages.episodes(2, 0x55, 0x66);
        try (Kanerva kanerva = TinyBundle.open(kind, folder.resolve("other"))) {
            Memory before = kanerva.write(first);
            float[] untouched = before.memory().data().clone();
            Memory extended = kanerva.extend(kanerva.loadMemory(before.toBytes()), rest);
            Memory expected = kanerva.write(all);
            assertThat(extended.samples()).isEqualTo(3);
            assertThat(extended.pointers()).isEqualTo(expected.pointers());
            assertThat(extended.memory().data())
                    .containsExactly(expected.memory().data(), within(1e-6f));
            assertThat(before.memory().data()).containsExactly(untouched);
        }
    }

    @Test
    void refusesToExtendAMemoryThatIsMappedAsAWhole() {
        Path bundle = new TinyBundle(Kind.POOLED)
                .edit("\"capacity\":8", "\"capacity\":8,\"memoryLayers\":1")
                .sign()
                .write(folder.resolve("mapped"));
        try (Kanerva mapped = Kanerva.load(bundle, Device.CPU)) {
            Memory memory = mapped.write(TileImages.episode(0x0F));
            assertThatThrownBy(() -> mapped.extend(memory, TileImages.episode(0x33)))
                    .isInstanceOf(TensorException.class)
                    .hasMessage(
                            "extend: expected a model whose memory keeps each sample's blocks as they were written, "
                                    + "found one that maps the whole memory: write all samples at once");
        }
    }

    @Test
    void refusesToExtendWithAnotherNumberOfEpisodes() {
        Memory memory = heap.write(TileImages.episode(TileImages.EIGHT));
        assertThatThrownBy(() -> heap.extend(memory, TileImages.episodes(2, 0x0F, 0x33)))
                .isInstanceOf(TensorException.class)
                .hasMessage("episodes: expected 1 rows, one for each memory, found shape [2, 1, 1, 8, 8]");
    }

    @Test
    void loadsABundleFromBytes() {
        TinyBundle bundle = new TinyBundle(Kind.HEAP);
        Map<String, byte[]> files = new HashMap<>(bundle.files);
        files.put("bundle.json", bundle.json.getBytes(StandardCharsets.UTF_8));
        try (Kanerva kanerva = Kanerva.load(files, Options.on(Device.CPU))) {
            assertThat(kanerva.bundle().modelId()).isEqualTo(heap.bundle().modelId());
        }
        files.remove("reader.onnx");
        assertThatThrownBy(() -> Kanerva.load(files, Options.on(Device.CPU)))
                .isInstanceOf(BundleException.class)
                .hasMessage("bundle in memory: the file 'reader.onnx' is missing from the bundle");
    }

    @Test
    void tellsWhatItLoaded() {
        assertThat(heap.device()).isEqualTo(Device.CPU);
        assertThat(heap.bundle().name()).isEqualTo("tiny");
        assertThat(heap.bundle().settings().memory()).isEqualTo(new Planes(2, 4, 8));
        assertThat(heap.bundle().graphs()).hasSize(9).containsKeys("encoder", "recall");
        assertThat(heap.bundle().provenance().bound().orElseThrow().nats()).isEqualTo(12.5);
        assertThat(heap.bundle().modelId()).matches("[0-9a-f]{64}");
    }

    @Test
    void loadsABundleFromTheClassPath() throws Exception {
        TinyBundle bundle = new TinyBundle(Kind.HEAP);
        bundle.write(folder.resolve("class path/models/tiny"));
        try (var loader = new java.net.URLClassLoader(
                        new java.net.URL[] {folder.resolve("class path").toUri().toURL()});
                Kanerva kanerva = Kanerva.loadResource(loader, "models/tiny", Device.CPU)) {
            assertThat(kanerva.bundle().modelId()).isEqualTo(heap.bundle().modelId());
            assertThatThrownBy(() -> Kanerva.loadResource(loader, "models/other", Device.CPU))
                    .isInstanceOf(BundleException.class)
                    .hasMessage("classpath:models/other: the file 'bundle.json' is missing from the bundle");
        }
    }

    @Test
    void givesTheSameWithMoreThreads() {
        FloatTensor episode = TileImages.episode(TileImages.EIGHT);
        try (Kanerva two =
                Kanerva.load(folder.resolve("heap"), Options.on(Device.CPU).withThreads(2))) {
            assertThat(two.write(episode)).isEqualTo(heap.write(episode));
        }
    }
}
