package io.kanerva.trainer.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.WriterKind;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedOutputStream;

/**
 * A run at one step: the plan, the step, which with the plan's seed is all of the random state, and by name the
 * parameters, Adam's moments and, if the plan has one, the parameters' average.
 *
 * <p>The file, big-endian as {@link DataOutputStream} writes: the eight bytes {@code KPPCKPT2}; a JSON object with
 * plan, step, seconds of training so far and number of images, as length (int) and UTF-8 bytes; the number of arrays
 * (int); for each its name ({@code writeUTF}), length (int) and floats; the CRC-32 (long) of everything before it.
 *
 * @param plan the run's plan
 * @param step steps done
 * @param seconds of training, over all parts of the run
 * @param images in the training set; 0 if not known
 * @param arrays {@code parameter/NAME}, {@code mean/NAME}, {@code variance/NAME} and, with an average,
 *     {@code average/NAME}, row-major
 */
public record Checkpoint(TrainingPlan plan, int step, double seconds, int images, Map<String, float[]> arrays) {
    private static final String MAGIC = "KPPCKPT2";
    /** How files began before the means of a pooled writer's keys had a unit. */
    private static final String EARLIER = "KPPCKPT1";

    /** @param average null if the plan has none */
    static Checkpoint of(
            TrainingPlan plan,
            int step,
            double seconds,
            int images,
            KanervaModel model,
            Adam adam,
            WeightAverage average) {
        Map<String, float[]> arrays = new LinkedHashMap<>();
        model.parameters()
                .forEach((name, parameter) ->
                        arrays.put("parameter/" + name, parameter.getArray().toFloatArray()));
        adam.means().forEach((name, mean) -> arrays.put("mean/" + name, mean.toFloatArray()));
        adam.variances().forEach((name, variance) -> arrays.put("variance/" + name, variance.toFloatArray()));
        if (average != null) {
            average.model()
                    .parameters()
                    .forEach((name, parameter) ->
                            arrays.put("average/" + name, parameter.getArray().toFloatArray()));
        }
        return new Checkpoint(plan, step, seconds, images, arrays);
    }

    /**
     * The model for inference: with the averaged weights if there are any, else with the trained ones. The caller
     * closes it.
     */
    public KanervaModel model(Device device) {
        return model(device, plan.averageDecay() > 0 ? "average/" : "parameter/");
    }

    /**
     * A model of another plan with this checkpoint's weights, as for inference. The caller closes it.
     *
     * @throws CheckpointException if a weight is missing or has another size
     */
    KanervaModel model(TrainingPlan other, Device device) {
        return model(other, device, plan.averageDecay() > 0 ? "average/" : "parameter/");
    }

    /** The same state of a run with another plan. */
    Checkpoint with(TrainingPlan other) {
        return new Checkpoint(other, step, seconds, images, arrays);
    }

    /** The model to continue training; the caller closes it. */
    KanervaModel trained(Device device) {
        return model(device, "parameter/");
    }

    private KanervaModel model(Device device, String kind) {
        return model(plan, device, kind);
    }

    private KanervaModel model(TrainingPlan like, Device device, String kind) {
        KanervaModel model = new KanervaModel(like.settings(), device, like.seed());
        try {
            for (Map.Entry<String, Parameter> entry : model.parameters().entrySet()) {
                restore(kind + entry.getKey(), entry.getValue().getArray());
            }
            return model;
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    void restore(Adam adam) {
        adam.means().forEach((name, mean) -> restore("mean/" + name, mean));
        adam.variances().forEach((name, variance) -> restore("variance/" + name, variance));
    }

    void restore(WeightAverage average) {
        average.model().parameters().forEach((name, parameter) -> restore("average/" + name, parameter.getArray()));
    }

    private void restore(String name, NDArray target) {
        float[] values = arrays.get(name);
        if (values == null || values.length != target.size()) {
            throw new CheckpointException("checkpoint of step %d: expected %d values for '%s', found %s"
                    .formatted(step, target.size(), name, values == null ? "none" : values.length));
        }
        // Copied into the array's own memory; set(Buffer) would make it share Java's.
        try (NDArray source = target.getManager().create(values, target.getShape())) {
            target.set(new NDIndex(":"), source);
        }
    }

    /** Writes the checkpoint atomically. */
    void write(Path file) {
        AtomicFile.write(file, out -> {
            CheckedOutputStream checked = new CheckedOutputStream(out, new CRC32());
            DataOutputStream data = new DataOutputStream(checked);
            data.writeBytes(MAGIC);
            ObjectNode tree = PlanEdit.JSON.createObjectNode().set("plan", PlanEdit.JSON.valueToTree(plan));
            byte[] header = PlanEdit.JSON.writeValueAsBytes(
                    tree.put("step", step).put("seconds", seconds).put("images", images));
            data.writeInt(header.length);
            data.write(header);
            data.writeInt(arrays.size());
            for (Map.Entry<String, float[]> array : arrays.entrySet()) {
                data.writeUTF(array.getKey());
                data.writeInt(array.getValue().length);
                ByteBuffer bytes = ByteBuffer.allocate(array.getValue().length * Float.BYTES);
                bytes.asFloatBuffer().put(array.getValue());
                data.write(bytes.array());
            }
            data.writeLong(checked.getChecksum().getValue());
        });
    }

    /**
     * Reads a checkpoint.
     *
     * @throws CheckpointException if the file is missing, is not a checkpoint, or is damaged
     */
    public static Checkpoint read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new CheckpointException("%s: expected a checkpoint, found no such file".formatted(file), e);
        } catch (IOException e) {
            throw new CheckpointException(
                    "%s: expected a checkpoint, found an unreadable file (%s)".formatted(file, e), e);
        }
        String magic = new String(bytes, 0, Math.min(bytes.length, MAGIC.length()), StandardCharsets.ISO_8859_1);
        if (bytes.length < MAGIC.length() + Long.BYTES || !magic.equals(MAGIC) && !magic.equals(EARLIER)) {
            throw new CheckpointException("%s: expected a checkpoint that starts with '%s', found another kind of file"
                    .formatted(file, MAGIC));
        }
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, bytes.length - Long.BYTES);
        if (crc.getValue()
                != ByteBuffer.wrap(bytes, bytes.length - Long.BYTES, Long.BYTES).getLong()) {
            throw new CheckpointException(
                    ("%s: expected the checksum at its end to match, found a truncated or damaged file")
                            .formatted(file));
        }
        try (DataInputStream in =
                new DataInputStream(new ByteArrayInputStream(bytes, MAGIC.length(), bytes.length - MAGIC.length()))) {
            JsonNode header = PlanEdit.JSON.readTree(in.readNBytes(in.readInt()));
            TrainingPlan plan = PlanEdit.plan(header.path("plan"));
            if (magic.equals(EARLIER) && plan.settings().writer() == WriterKind.POOLED) {
                throw new CheckpointException(
                        "%s: expected a checkpoint of the pooled writer that starts with '%s', found '%s', when keys "
                                        .formatted(file, MAGIC, EARLIER)
                                + "had another unit");
            }
            Map<String, float[]> arrays = new LinkedHashMap<>();
            for (int left = in.readInt(); left > 0; left--) {
                String name = in.readUTF();
                float[] values = new float[in.readInt()];
                ByteBuffer.wrap(in.readNBytes(values.length * Float.BYTES))
                        .asFloatBuffer()
                        .get(values);
                arrays.put(name, values);
            }
            return new Checkpoint(
                    plan,
                    header.path("step").intValue(),
                    header.path("seconds").doubleValue(),
                    header.path("images").intValue(),
                    arrays);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    "%s: expected the plan of a run of this version, found another: %s".formatted(file, e.getMessage()),
                    e);
        } catch (IOException e) {
            throw new CheckpointException(
                    "%s: expected a checkpoint, found a malformed one (%s)".formatted(file, e), e);
        }
    }
}
