package io.kanerva.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics for other programs. */
class RunRecordsTest {
    private static final List<StepMetrics> ROWS = List.of(
            new StepMetrics(3, 100.5, 2.25, 3, 17, 0.001, 1, 0.5), new StepMetrics(300, 50.25, 2, 1, 9, 1e-5, 1, 1));

    @TempDir
    private Path folder;

    @Test
    void linesAreJsonWithTimeAndMemory() throws IOException {
        write();
        List<String> lines = Files.readAllLines(folder.resolve("metrics.jsonl"));
        assertThat(lines).hasSize(3);
        JsonNode second = PlanEdit.JSON.readTree(lines.get(1));
        assertThat(second.path("step").intValue()).isEqualTo(300);
        assertThat(second.path("seconds").doubleValue()).isEqualTo(12);
        assertThat(second.path("train/bound").doubleValue()).isEqualTo(53.25);
        // 297 steps of 16 images in 11 seconds.
        assertThat(second.path("train/images_per_second").doubleValue()).isCloseTo(432, within(1e-9));
        JsonNode memory = second.path("train/peak_memory_bytes");
        assertThat(memory.isNull() || memory.doubleValue() > 1e6).isTrue();
        JsonNode score = PlanEdit.JSON.readTree(lines.get(2));
        assertThat(score.path("validation/bound").doubleValue()).isEqualTo(60);
        assertThat(score.has("validation/standard_error")).isTrue();
        assertThat(score.path("validation/standard_error").isNull()).isTrue();
    }

    @Test
    void aResumedRunDropsWhatItWillRepeat() throws IOException {
        write();
        Files.writeString(
                folder.resolve("metrics.jsonl"), Files.readString(folder.resolve("metrics.jsonl")) + "{\"step\": 3");
        records().keepUpTo(10, 5);
        assertThat(Files.readAllLines(folder.resolve("metrics.jsonl"))).hasSize(1);
        assertThat(scalars("train/bound")).containsOnly(Map.entry(3, 105.75f));
        // 3 steps of 16 images in a second; the table of the curve has no such column.
        assertThat(scalars("train/images_per_second")).containsOnly(Map.entry(3, 48f));
        assertThat(scalars("validation/bound")).isEmpty();
    }

    /** Read back with protobuf's rules: records, their lengths, fields and types. */
    @Test
    void eventsAreRecordsOfScalars() throws IOException {
        write();
        assertThat(scalars("train/bound")).containsOnly(Map.entry(3, 105.75f), Map.entry(300, 53.25f));
    }

    @Test
    void tensorBoardReadsTheEvents() throws IOException, InterruptedException {
        write();
        String script = """
                import sys
                from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
                for event in EventFileLoader(sys.argv[1]).Load():
                    for value in event.summary.value:
                        print(event.step, value.tag, round(value.tensor.float_val[0], 4))
                """;
        Process process = new ProcessBuilder(
                        System.getProperty("kanerva.python", "python3"),
                        "-c",
                        script,
                        folder.resolve(EventFile.NAME).toString())
                .redirectError(folder.resolve("errors.txt").toFile())
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = process.waitFor();
        String errors = Files.readString(folder.resolve("errors.txt"));
        assumeTrue(
                code == 0 || !errors.contains("No module named 'tensorboard'"),
                "skipped: python3 has no tensorboard (pip install tensorboard)");
        assertThat(code).as(errors).isZero();
        assertThat(printed)
                .contains("3 train/bound 105.75", "300 train/gradient_norm 9.0", "300 validation/bound 60.0")
                .contains("300 train/images_per_second 432.0")
                .doesNotContain("standard_error");
    }

    private RunRecords records() {
        return new RunRecords(folder, true, 16);
    }

    private void write() {
        RunRecords records = records();
        records.keepUpTo(0, 0);
        records.append(ROWS.get(0), 1);
        records.append(ROWS.get(1), 12);
        assertThat(records.append(new ValidationScore(300, 60, Double.NaN, 55, 2, 3), 13))
                .hasSize(1);
    }

    /** One tag's values, by step. */
    private Map<Integer, Float> scalars(String wanted) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(EventFile.NAME)))
                .order(ByteOrder.LITTLE_ENDIAN);
        Map<Integer, Float> scalars = new TreeMap<>();
        while (file.hasRemaining()) {
            int length = Math.toIntExact(file.getLong());
            file.getInt();
            ByteBuffer event = file.slice(file.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            file.position(file.position() + length + 4);
            int step = 0;
            while (event.hasRemaining()) {
                int tag = event.get();
                switch (tag) {
                    case 1 << 3 | 1 -> event.getDouble();
                    case 2 << 3 -> step = varint(event);
                    case 3 << 3 | 2 -> assertThat(text(event)).isEqualTo("brain.Event:2");
                    case 5 << 3 | 2 -> {
                        int end = varint(event) + event.position();
                        while (event.position() < end) {
                            assertThat(event.get()).isEqualTo((byte) (1 << 3 | 2));
                            varint(event);
                            assertThat(event.get()).isEqualTo((byte) (1 << 3 | 2));
                            String name = text(event);
                            assertThat(event.get()).isEqualTo((byte) (2 << 3 | 5));
                            float value = event.getFloat();
                            if (name.equals(wanted)) {
                                scalars.put(step, value);
                            }
                        }
                    }
                    default -> throw new AssertionError("field " + tag);
                }
            }
        }
        return scalars;
    }

    private static String text(ByteBuffer from) {
        byte[] bytes = new byte[varint(from)];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static int varint(ByteBuffer from) {
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = from.get();
            value |= (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
