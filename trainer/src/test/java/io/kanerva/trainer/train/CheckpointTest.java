package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.djl.Device;
import ai.djl.engine.Engine;
import io.kanerva.trainer.TinyModels;
import io.kanerva.trainer.model.KanervaModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    @TempDir
    Path folder;

    private Path file;
    private byte[] bytes;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("last.ckpt");
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 111);
                Adam adam = new Adam(model)) {
            Checkpoint.of(TinyRuns.plan(), 12, 3.5, 200, model, adam, null).write(file);
        }
        bytes = Files.readAllBytes(file);
    }

    @Test
    void whatWasWrittenIsRead() {
        Checkpoint checkpoint = Checkpoint.read(file);
        assertThat(checkpoint.plan()).isEqualTo(TinyRuns.plan());
        assertThat(checkpoint.step()).isEqualTo(12);
        assertThat(checkpoint.seconds()).isEqualTo(3.5);
        try (KanervaModel model = TinyModels.randomised(TinyModels.heap(), 111);
                KanervaModel restored = checkpoint.model(Device.cpu())) {
            assertThat(checkpoint.arrays()).hasSize(3 * model.parameters().size());
            model.parameters()
                    .forEach((name, parameter) -> assertThat(
                                    restored.parameters().get(name).getArray().toFloatArray())
                            .as(name)
                            .isEqualTo(parameter.getArray().toFloatArray()));
        }
    }

    @Test
    void nothingIsLeftBesideTheFile() throws IOException {
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aCheckpointThatIsCutOffSaysSo() throws IOException {
        for (int length : new int[] {bytes.length - 1, bytes.length / 2, 20}) {
            Files.write(file, Arrays.copyOf(bytes, length));
            refused("%s: expected the checksum at its end to match, found a truncated or damaged file");
        }
    }

    @Test
    void aCheckpointWithOneChangedByteSaysSo() throws IOException {
        for (int at : new int[] {9, 40, bytes.length / 2, bytes.length - 9, bytes.length - 1}) {
            byte[] changed = bytes.clone();
            changed[at] ^= 1;
            Files.write(file, changed);
            refused("%s: expected the checksum at its end to match, found a truncated or damaged file");
        }
    }

    @Test
    void anotherKindOfFileIsNotTakenForACheckpoint() throws IOException {
        for (String text : new String[] {"", "KPP", "{\"step\": 12, \"and\": \"more\"}"}) {
            Files.writeString(file, text);
            refused("%s: expected a checkpoint that starts with 'KPPCKPT2', found another kind of file");
        }
    }

    @Test
    void aMissingFileAndAFolderAreNamed() {
        file = folder.resolve("none.ckpt");
        refused("%s: expected a checkpoint, found no such file");
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> Checkpoint.read(folder))
                .withMessageStartingWith("%s: expected a checkpoint, found an unreadable file (", folder);
    }

    @Test
    void aPlanOfAnotherVersionSaysWhichKeyIsNotOfThisOne() throws IOException {
        for (String key : List.of("settings", "momentum")) {
            String header = header().replaceFirst("\\{\"model\"", "{\"" + key + "\":{},\"model\"");
            Files.write(file, withChecksum("KPPCKPT2", header));
            assertThatExceptionOfType(CheckpointException.class)
                    .isThrownBy(() -> Checkpoint.read(file))
                    .withMessageStartingWith(
                            "%s: expected the plan of a run of this version, found another: '%s': expected one of [",
                            file, key)
                    .withMessageEndingWith("], found another key");
        }
        Files.write(file, withChecksum("KPPCKPT2", header().replace("\"width\":8,\"depth\"", "\"depth\"")));
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> Checkpoint.read(file))
                .withMessage(
                        "%s: expected the plan of a run of this version, found another: 'model.encoder.width': "
                                + "expected a value, found none, or one of another kind",
                        file);
    }

    @Test
    void anEarlierFileIsReadUnlessItsKeysHadAnotherUnit() throws IOException {
        Files.write(file, withChecksum("KPPCKPT1", header()));
        assertThat(Checkpoint.read(file).step()).isEqualTo(12);
        String pooled = header().replace("\"heap\"", "\"pooled\"")
                .replace("\"dereferenced\"", "\"continuous\"")
                .replace("\"height\":8,\"width\":16", "\"height\":12,\"width\":20");
        Files.write(file, withChecksum("KPPCKPT1", pooled));
        refused("%s: expected a checkpoint of the pooled writer that starts with 'KPPCKPT2', found 'KPPCKPT1', when "
                + "keys had another unit");
    }

    private String header() {
        byte[] header =
                Arrays.copyOfRange(bytes, 12, 12 + ByteBuffer.wrap(bytes, 8, 4).getInt());
        return new String(header, StandardCharsets.UTF_8);
    }

    @Test
    void aCheckpointThatEndsAfterItsPlanSaysSo() throws IOException {
        Files.write(file, withChecksum("KPPCKPT2", header()));
        Checkpoint checkpoint = Checkpoint.read(file);
        int before = Engine.getEngine("PyTorch")
                .newBaseManager()
                .getParentManager()
                .getManagedArrays()
                .size();
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> checkpoint.model(Device.cpu()))
                .withMessageMatching(
                        "checkpoint of step 12: expected [0-9]+ values for 'parameter/encoder/[^']+', found none");
        assertThat(Engine.getEngine("PyTorch")
                        .newBaseManager()
                        .getParentManager()
                        .getManagedArrays())
                .as("a model that could not be restored is freed")
                .hasSize(before);
    }

    @Test
    void arraysOfAnotherModelAreRefusedByName() {
        Map<String, float[]> arrays = new LinkedHashMap<>(Checkpoint.read(file).arrays());
        String name = arrays.keySet().iterator().next();
        arrays.put(name, new float[3]);
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> new Checkpoint(TinyRuns.plan(), 12, 0, 0, arrays).model(Device.cpu()))
                .withMessageMatching("checkpoint of step 12: expected [0-9]+ values for '" + name + "', found 3");
    }

    @Test
    void aWriteThatFailsHalfWayLeavesTheOldFileWhole() throws IOException {
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> AtomicFile.write(file, out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("no space left on device");
                }))
                .withMessageStartingWith("%s: cannot be written (", file)
                .withMessageContaining("no space left on device");
        assertThat(file).hasBinaryContent(bytes);
    }

    @Test
    void aFolderThatIsNoneIsNamedWhenWriting() {
        Path inside = file.resolve("below-a-file.ckpt");
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(() -> AtomicFile.write(inside, "text"))
                .withMessageStartingWith("%s: cannot be written (", inside);
    }

    private void refused(String message) {
        assertThatExceptionOfType(CheckpointException.class)
                .isThrownBy(() -> Checkpoint.read(file))
                .withMessage(message, file);
    }

    /** A file with that header, no arrays, and the right checksum. */
    private static byte[] withChecksum(String magic, String header) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer buffer = ByteBuffer.allocate(magic.length() + 4 + json.length + 4 + 8);
        buffer.put(magic.getBytes(StandardCharsets.US_ASCII))
                .putInt(json.length)
                .put(json)
                .putInt(0);
        CRC32 crc = new CRC32();
        crc.update(buffer.array(), 0, buffer.position());
        return buffer.putLong(crc.getValue()).array();
    }
}
