package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.bundle.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The graphs that are whole calls: they say what the four graphs say, or their bundle is refused. */
class WholeGraphsTest {

    private static final FloatTensor EPISODES = TileImages.episodes(2, 0x0F, 0x33, 0x55, 0x3C, 0x5A, 0x66);
    private static final Path SHIPPED = Path.of("..", "models", "bundles");

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void wholeCallsGiveWhatTheFourGraphsGive(Kind kind) {
        try (Kanerva kanerva = TinyBundle.open(kind, folder)) {
            Memory memory = kanerva.write(EPISODES);
            Reading reading = kanerva.read(memory, memory.pointers());
            FloatTensor logits = kanerva.decode(reading.priorMean(), reading.traces());
            ModelSettings settings = kanerva.bundle().settings();
            assertThat(kanerva.recall(memory, EPISODES, 1).images().data())
                    .containsExactly(
                            settings.likelihood().means(settings, logits).data(), within(1e-6f));
            Memory half = kanerva.extend(
                    kanerva.write(TileImages.episodes(2, 0x0F, 0x3C)), TileImages.episodes(2, 0x33, 0x55, 0x5A, 0x66));
            assertThat(half.memory().data()).containsExactly(memory.memory().data(), within(1e-6f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "index", "recall", "generate", "score"})
    void aBundleThatLacksAWholeCallIsRefusedAndToldItsRemedy(String graph) {
        TinyBundle bundle = new TinyBundle(Kind.HEAP);
        bundle.edit("\"" + graph + "\": {", "\"other\": {").write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining("bundle.json: graphs: expected a graph '" + graph
                        + "', which `kpp renew` adds to a bundle without it, found [encoder, ");
    }

    @Test
    void aWholeCallWithOtherTensorsIsRefused() {
        TinyBundle bundle = new TinyBundle(Kind.HEAP);
        bundle.replace("generate.onnx", bundle.files.get("reader.onnx")).write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining(
                        "graph generate: expected inputs [memory, pointers, key_noise, noise], found [memory, keys]");
    }

    /** Also one that is not opened with the bundle; the bytes are those of the last output's type, Q, T or size 3. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "recall | 080112 | 080b12 | 'keys' to be float32[B, Q, 1, 3], found element type 11[B, Q, 1, 3]",
                "recall | 120151 | 088700 | 'keys' to be float32[B, Q, 1, 3], found float32[B, 7, 1, 3]",
                "score | 120154 | 12014e | 'kl_latent' to be float32[B, T], found float32[B, N]",
                "generate | 0803 | 0804 | 'keys' to be float32[B, N, 1, 3], found float32[B, N, 1, 4]"
            })
    void aWholeCallThatDeclaresAnotherOutputIsRefused(String graph, String from, String to, String expected) {
        TinyBundle bundle = new TinyBundle(Kind.HEAP);
        String model = HexFormat.of().formatHex(bundle.files.get(graph + ".onnx"));
        int last = model.lastIndexOf(from);
        String changed = model.substring(0, last) + to + model.substring(last + from.length());
        bundle.replace(graph + ".onnx", HexFormat.of().parseHex(changed)).write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageEndingWith("graph " + graph + ": expected output " + expected);
    }

    @ParameterizedTest
    @CsvSource({"index, POOLED", "recall, 0", "write, POOLED", "generate, HEAP_CONTINUOUS", "score, HEAP_CONTINUOUS"})
    void aWholeCallOfAnotherKindOfModelIsRefused(String graph, String other) {
        TinyBundle bundle = new TinyBundle(Kind.HEAP);
        byte[] foreign =
                other.equals("0") ? new byte[0] : new TinyBundle(Kind.valueOf(other)).files.get(graph + ".onnx");
        bundle.replace(graph + ".onnx", foreign).write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining(graph);
    }

    @Test
    void aWholeCallThatBundleJsonDescribesOtherwiseIsRefused() {
        new TinyBundle(Kind.HEAP)
                .edit("\"name\":\"noise\"", "\"name\":\"latent\"")
                .write(folder);
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageContaining("graphs.generate.inputs");
    }

    /** One bit of a weight is another, and bundle.json says so. */
    @ParameterizedTest
    @ValueSource(strings = {"write", "index", "generate", "score"})
    void aWholeCallWithOtherWeightsThanTheFourGraphsIsRefused(String graph) throws IOException {
        Map<String, byte[]> files = files(SHIPPED.resolve("mnist-fp16"));
        byte[] model = files.get(graph + ".onnx");
        byte[] changed = model.clone();
        changed[model.length / 2] ^= 1;
        refuse(files, graph, changed, "tensor '[a-z-]+/.*'");
        put(files, graph + ".onnx", model);
        Kanerva.load(files, Options.on(Device.CPU)).close();
    }

    /** One bit of a bias of 64 values, no more than a shape or a list of bounds may have: 0x100 bytes. */
    @ParameterizedTest
    @CsvSource({"write, encoder", "index, decoder", "generate, decoder", "score, encoder"})
    void aWholeCallWithAnotherBiasThanTheFourGraphsIsRefused(String graph, String part) throws IOException {
        Map<String, byte[]> files = files(SHIPPED.resolve("mnist-fp16"));
        byte[] changed = files.get(graph + ".onnx").clone();
        Matcher bias = Pattern.compile("B.(" + part + "/[a-z0-9/_-]+/bias)J\\x80\\x02")
                .matcher(new String(changed, StandardCharsets.ISO_8859_1));
        assertThat(bias.find()).isTrue();
        changed[bias.end()] ^= 1;
        refuse(files, graph, changed, "tensor '" + bias.group(1) + "'");
    }

    private static void refuse(Map<String, byte[]> files, String graph, byte[] changed, String tensor) {
        put(files, graph + ".onnx", changed);
        assertThatThrownBy(() -> Kanerva.load(files, Options.on(Device.CPU)).close())
                .isInstanceOf(BundleException.class)
                .hasMessageMatching("bundle in memory: the file '" + graph + ".onnx': " + tensor + ": expected a "
                        + "weight of the graphs \\[encoder, memory-writer, reader, decoder], as `kpp renew` puts it "
                        + "there, found another");
    }

    /** On cifar10's model a lone image is read back with other last bits than among several. */
    @Test
    void aRecallDoesNotDependOnHowItsMemoryWasWritten() {
        float[] noise = new NormalSampler(7).tensor(1, 52, 3, 32, 32).data();
        for (int i = 0; i < noise.length; i++) {
            noise[i] = Math.min(1, Math.abs(noise[i]) / 3);
        }
        FloatTensor all = new FloatTensor(noise, 1, 52, 3, 32, 32);
        try (Kanerva kanerva = Kanerva.load(SHIPPED.resolve("cifar10"), Device.CPU)) {
            Memory whole = kanerva.write(images(all, 48, 52));
            float[] expected = recalled(kanerva, whole, all);
            assertThat(recalled(kanerva, kanerva.write(all), all)).containsExactly(expected);
            Memory begun = kanerva.write(images(all, 48, 51));
            recalled(kanerva, begun, all);
            Memory extended = kanerva.extend(begun, images(all, 51, 52));
            assertThat(recalled(kanerva, extended, all)).containsExactly(expected);
        }
    }

    private static FloatTensor images(FloatTensor all, int from, int to) {
        float[] values = Arrays.copyOfRange(all.data(), from * 3072, to * 3072);
        return new FloatTensor(values, 1, to - from, 3, 32, 32);
    }

    /** What the last image recalls. */
    private static float[] recalled(Kanerva kanerva, Memory memory, FloatTensor all) {
        return kanerva.recall(memory, images(all, 51, 52), 1).images().data();
    }

    private static Map<String, byte[]> files(Path bundle) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        files.put("bundle.json", Files.readAllBytes(bundle.resolve("bundle.json")));
        for (String graph : BundleGraph.labels(Arrays.asList(BundleGraph.values()))) {
            files.put(graph + ".onnx", Files.readAllBytes(bundle.resolve(graph + ".onnx")));
        }
        return files;
    }

    private static void put(Map<String, byte[]> files, String file, byte[] bytes) {
        String json = new String(files.get("bundle.json"), StandardCharsets.UTF_8);
        String signed = json.replace(Sha256.hex(files.get(file)), Sha256.hex(bytes));
        files.put("bundle.json", signed.getBytes(StandardCharsets.UTF_8));
        files.put(file, bytes);
    }
}
