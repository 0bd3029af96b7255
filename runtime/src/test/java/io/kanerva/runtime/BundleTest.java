package io.kanerva.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.TinyBundle.Kind;
import io.kanerva.runtime.TinyOnnx.Message;
import io.kanerva.runtime.bundle.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which a bundle can be unusable, with the sentence that says so. */
class BundleTest {

    @TempDir
    Path folder;

    private final TinyBundle bundle = new TinyBundle(Kind.HEAP);

    @Test
    void aFolderThatIsNotThere() {
        assertRefused(folder.resolve("none"), "expected a bundle's folder, found none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bundle.json", "encoder.onnx", "memory-writer.onnx", "reader.onnx", "decoder.onnx"})
    void aMissingFile(String file) throws IOException {
        Files.delete(bundle.write(folder).resolve(file));
        assertRefused(folder, "the file '" + file + "' is missing from the bundle");
    }

    @ParameterizedTest
    @ValueSource(strings = {"encoder.onnx", "memory-writer.onnx", "reader.onnx", "decoder.onnx"})
    void aChangedGraph(String file) {
        String expected = Sha256.hex(bundle.files.get(file));
        bundle.files.get(file)[40] ^= 1;
        String found = Sha256.hex(bundle.files.get(file));
        assertRefused(
                bundle.write(folder),
                "the file '%s' was changed or is another bundle's: expected SHA-256 %s, found %s"
                        .formatted(file, expected, found));
    }

    @Test
    void aForeignGraphWhoseDigestWasPatchedIn() {
        bundle.replace("encoder.onnx", TinyGraphs.decoder(TinyGraphs.Fault.NONE));
        assertRefused(bundle.write(folder), "graph encoder: expected inputs [images], found [latent, traces]");
    }

    @Test
    void aGraphWithAnotherOutputShape() {
        byte[] narrow = new TinyOnnx("decoder")
                .input("latent", "B", "Q", 3)
                .input("traces", "B", "Q", 1, 2, 2, 2)
                .output("logits", "traces", "B", "Q", 1, 2, 2, 2)
                .toBytes();
        bundle.replace("decoder.onnx", narrow);
        assertRefused(
                bundle.write(folder),
                "graph decoder: expected output 'logits' to be float32[B, Q, 1, 8, 8], found "
                        + "float32[B, Q, 1, 2, 2, 2]");
    }

    @Test
    void aGraphThatFixesADimensionWhichCallsChoose() {
        byte[] fixed = new TinyOnnx("decoder")
                .input("latent", "B", 4, 3)
                .input("traces", "B", "Q", 1, 2, 2, 2)
                .output("logits", "latent", "B", "Q", 1, 8, 8)
                .toBytes();
        bundle.replace("decoder.onnx", fixed);
        assertRefused(
                bundle.write(folder),
                "graph decoder: expected input 'latent' to be float32[B, Q, 3], found float32[B, 4, 3]");
    }

    @Test
    void bytesThatAreNoOnnxModel() {
        bundle.replace("reader.onnx", "not a model".getBytes(StandardCharsets.UTF_8));
        assertRefused(
                bundle.write(folder),
                "the file 'reader.onnx': expected an ONNX model, found another or a corrupt file");
    }

    @Test
    void aGraphWithAnUnknownOperator() {
        TinyOnnx graph = new TinyOnnx("reader").input("memory", "B", 2, "H", 8).input("keys", "B", "Q", 1, 3);
        String made = graph.apply("NoSuchOperator", "memory", "keys");
        graph.output("traces", made, "B", "Q", 1, 2, 2, 2);
        graph.output("prior_mean", made, "B", "Q", 3);
        graph.output("prior_log_variance", made, "B", "Q", 3);
        bundle.replace("reader.onnx", graph.toBytes());
        assertRefused(
                bundle.write(folder),
                "the file 'reader.onnx': expected the operators that K++ needs, found 'NoSuchOperator'");
    }

    @Test
    void aGraphWhoseDataLieInAnotherFile() {
        Message elsewhere = new Message().string(1, "location").string(2, "../../etc/passwd");
        Message tensor = new Message()
                .varint(1, 4)
                .varint(2, 1)
                .string(8, "w")
                .message(13, elsewhere)
                .varint(14, 1);
        byte[] model = new Message()
                .varint(1, 8)
                .message(7, new Message().message(5, tensor))
                .message(8, new Message().varint(2, 17))
                .bytes();
        bundle.replace("encoder.onnx", model);
        assertRefused(bundle.write(folder), "found a tensor with external data");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../encoder.onnx", "/etc/passwd", "a/../../b", "C:\\\\x", "..", "", "a//b", "https://x/y"})
    void aGraphFileThatClimbsOutOfTheFolder(String path) {
        bundle.edit("\"file\": \"encoder.onnx\"", "\"file\": \"" + path + "\"");
        assertRefused(bundle.write(folder), "expected a path inside the bundle");
    }

    @Test
    void aLinkThatLeadsOutOfTheFolder() throws IOException {
        bundle.write(folder.resolve("bundle"));
        Path inside = folder.resolve("bundle/encoder.onnx");
        Path outside = Files.move(inside, folder.resolve("outside.onnx"));
        Files.createSymbolicLink(inside, outside);
        assertRefused(folder.resolve("bundle"), "'encoder.onnx' is a link that leads out of the bundle");
    }

    @ParameterizedTest
    @CsvSource({"1, export the model again", "3, update the runtime"})
    void anotherFormat(int version, String remedy) {
        bundle.edit("\"formatVersion\": 2", "\"formatVersion\": " + version);
        assertRefused(
                bundle.write(folder), "expected bundle format version 2, found %d; %s".formatted(version, remedy));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"kanerva-bundle\" | \"zip\" | format: expected \"kanerva-bundle\", found \"zip\"",
                "\"formatVersion\": 2, | | 'formatVersion' is missing",
                "\"keys\":1 | \"keys\":0 | settings.keys: expected an integer from 1 to 1024, found 0",
                "\"keys\":1 | \"keys\":\"two\" | settings.keys: expected an integer from 1 to 1024, found \"two\"",
                "\"heap\" | \"stack\" | settings.writer: expected \"heap\" or \"pooled\", found \"stack\"",
                "\"heap\" | \"pooled\" | settings.addressing: expected continuous for a pooled writer, found "
                        + "dereferenced",
                "\"bernoulli\" | null | settings.likelihood: expected \"bernoulli\" or "
                        + "\"discretized_logistic_mixture\", found null",
                "[1,8,8] | [8,8] | settings.imageShape: expected [channels, height, width], found 2 numbers",
                "[1,8,8] | [1,8,0] | settings.imageShape[2]: expected an integer from 1 to 65536, found 0",
                "[2,2,2] | [2,5,2] | settings.blockShape: expected a block that fits memory [2, 4, 8], found [2, 5, 2]",
                "[1,8,8] | [9999,9999,9999] | settings.imageShape: expected at most 2^28 values, found [9999, "
                        + "9999, 9999]",
                "\"capacity\":0 | \"capacity\":0,\"neighbours\":5 | settings.neighbours: expected 0, 4, 12 or "
                        + "24, found 5",
                "\"capacity\":0 | \"capacity\":9 | settings.capacity: expected 0, found 9",
                "[2,4,8] | [2,6,8] | settings.memoryShape: expected 4 x 8, as its slots take, found [2, 6, 8]",
                "\"capacity\":0 | \"capacity\":0,\"memoryLayers\":1 | settings.memoryLayers: expected 0 for a heap, "
                        + "found 1",
                "\"slotRows\":2 | \"slotRows\":0 | settings.slotColumns: expected slots for at least one sample "
                        + "of 1 keys",
                "\"latent\":3 | \"latent\":4 | graphs.encoder.outputs: expected [content float32[B, T, 1, 2, 2, 2]",
                "\"name\":\"images\" | \"name\":\"pictures\" | graphs.encoder.inputs: expected [images "
                        + "float32[B, T, 1, 8, 8]]",
                "\"type\":\"float32\" | \"type\":\"float16\" | found [images float16[B, T, 1, 8, 8]]",
                "\"sha256\": \" | \"sha256\": \"X | graphs.encoder.sha256: expected 64 lower-case hexadecimal "
                        + "digits, found \"X",
                "\"encoder\": | \"coder\": | 'graphs.encoder' is missing",
                "{\"nats\": 12.5 | {\"nats\": [] | provenance.bound.nats: expected a number, found an array",
                "\"seed\": 1 | \"seed\": 1.5 | provenance.seed: expected an integer, found 1.5"
            })
    void aBundleJsonThatSaysSomethingElse(String from, String to, String sentence) {
        bundle.edit(from, to == null ? "" : to);
        assertRefused(bundle.write(folder), sentence);
    }

    /** (65,536 + 1) * 65,536 is 65,536 in 32 bits, the memory's height. */
    @Test
    void sizesWhoseProductPassesThirtyTwoBits() {
        TinyBundle pooled = new TinyBundle(TinyBundle.Kind.POOLED);
        pooled.edit(
                "\"memoryShape\":[2,6,10],\"blockShape\":[2,2,2]",
                "\"memoryShape\":[2,65536,10],\"blockShape\":[2,65536,2]");
        pooled.edit("\"slotRows\":2", "\"slotRows\":65536").edit("\"capacity\":8", "\"capacity\":262144");
        assertRefused(
                pooled.write(folder),
                "settings.memoryShape: expected a margin of 2 pixels to a block on each axis of a pooled writer's "
                        + "65536 x 4 slots, found [2, 65536, 10]");
    }

    @Test
    void provenanceMayLeaveOutWhatItDoesNotKnow() {
        String json = bundle.json;
        bundle.json = json.substring(0, json.indexOf("\"provenance\"")) + "\"provenance\": {\"bound\": null}}";
        try (Kanerva kanerva = Kanerva.load(bundle.write(folder), Device.CPU)) {
            assertThat(kanerva.bundle().provenance().bound()).isEmpty();
            assertThat(kanerva.bundle().provenance().commit()).isEmpty();
        }
    }

    @Test
    void graphsBeyondTheFourAreLeftAlone() {
        bundle.edit(
                "\"graphs\": {",
                "\"graphs\": {\"fused\": {\"file\": \"f\", \"sha256\": \"%s\", \"inputs\": [], \"outputs\": []},"
                        .formatted("0".repeat(64)));
        try (Kanerva kanerva = Kanerva.load(bundle.write(folder), Device.CPU)) {
            assertThat(kanerva.bundle().graphs()).containsKey("fused");
        }
    }

    private static void assertRefused(Path folder, String sentence) {
        assertThatThrownBy(() -> Kanerva.load(folder, Device.CPU))
                .isInstanceOf(BundleException.class)
                .hasMessageStartingWith(folder.toString())
                .hasMessageContaining(sentence);
    }
}
