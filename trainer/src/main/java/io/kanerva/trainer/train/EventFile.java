package io.kanerva.trainer.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes scalars as TensorBoard reads them: a TFRecord file of {@code Event} messages. A record is its length (8 bytes,
 * little-endian), the masked CRC-32C of the length, the message, and the masked CRC-32C of the message. The messages
 * are written field by field, as there are three of them and TensorFlow's Java artifacts bring TensorFlow along.
 *
 * @see <a href="https://www.tensorflow.org/tutorials/load_data/tfrecord">TFRecords</a>
 * @see <a href="https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto">Event</a>
 */
final class EventFile {
    /** TensorBoard takes every file whose name contains {@code tfevents}. */
    static final String NAME = "events.out.tfevents.kpp";

    private static final int CRC_MASK = 0xa282ead8;

    private final Path file;

    EventFile(Path folder) {
        file = folder.resolve(NAME);
    }

    /** Begins the file anew. */
    void begin() {
        ByteArrayOutputStream event = event(0);
        field(event, 3, "brain.Event:2".getBytes(StandardCharsets.US_ASCII));
        AtomicFile.write(file, out -> out.write(record(event.toByteArray())));
    }

    /**
     * Appends the values of a step.
     *
     * @param values by tag; those that are not finite are left out
     */
    void append(int step, Map<String, Double> values) {
        ByteArrayOutputStream summary = new ByteArrayOutputStream();
        values.forEach((tag, value) -> {
            if (Double.isFinite(value)) {
                ByteArrayOutputStream scalar = new ByteArrayOutputStream();
                field(scalar, 1, tag.getBytes(StandardCharsets.UTF_8));
                scalar.write(2 << 3 | 5);
                scalar.writeBytes(little(4).putFloat(value.floatValue()).array());
                field(summary, 1, scalar.toByteArray());
            }
        });
        ByteArrayOutputStream event = event(step);
        field(event, 5, summary.toByteArray());
        try {
            Files.write(file, record(event.toByteArray()), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: the events cannot be written (%s)".formatted(file, e.getMessage()), e);
        }
    }

    /** An event's time, in seconds since 1970, and step. */
    private static ByteArrayOutputStream event(int step) {
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        event.write(1 << 3 | 1);
        event.writeBytes(little(8).putDouble(System.currentTimeMillis() / 1e3).array());
        event.write(2 << 3);
        varint(event, step);
        return event;
    }

    private static byte[] record(byte[] message) {
        byte[] length = little(8).putLong(message.length).array();
        return little(16 + message.length)
                .put(length)
                .putInt(maskedCrc(length))
                .put(message)
                .putInt(maskedCrc(message))
                .array();
    }

    private static int maskedCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + CRC_MASK;
    }

    private static void field(ByteArrayOutputStream out, int number, byte[] content) {
        out.write(number << 3 | 2);
        varint(out, content.length);
        out.writeBytes(content);
    }

    private static void varint(ByteArrayOutputStream out, int value) {
        int rest = value;
        while (rest >= 0x80) {
            out.write(rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
