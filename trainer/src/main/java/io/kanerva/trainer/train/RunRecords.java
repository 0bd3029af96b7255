package io.kanerva.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The curves of a run in its folder: as CSV ({@link CurveFile}), which a resumed run continues as if it had never
 * stopped, and for other programs as JSON lines, with the time and the memory that were used, and as TensorBoard's
 * events.
 */
final class RunRecords {
    private final CurveFile<StepMetrics> metrics;
    private final CurveFile<ValidationScore> validation;
    private final Path lines;
    private final EventFile events;
    private final boolean validates;
    private final int images;
    private double lastSeconds;
    private int lastStep;

    /** @param images in a step */
    RunRecords(Path folder, boolean validates, int images) {
        metrics = CurveFile.metrics(folder.resolve(TrainingRun.METRICS));
        validation = CurveFile.validation(folder.resolve(TrainingRun.VALIDATION));
        lines = folder.resolve(TrainingRun.METRICS_LINES);
        events = new EventFile(folder);
        this.validates = validates;
        this.images = images;
    }

    /** Drops what a resumed run will repeat, and returns the scores. */
    List<ValidationScore> keepUpTo(int step, double seconds) {
        lastStep = step;
        lastSeconds = seconds;
        metrics.keepUpTo(step);
        if (validates) {
            validation.keepUpTo(step);
        }
        List<JsonNode> kept = keepLinesUpTo(step);
        events.begin();
        // From the lines, as the table has neither the speed nor the memory.
        kept.forEach(line -> events.append(line.path("step").intValue(), values(line)));
        return validates ? validation.read() : List.of();
    }

    /** @param seconds of training so far */
    void append(StepMetrics row, double seconds) {
        metrics.append(row);
        Map<String, Double> values = values(row);
        values.put("train/images_per_second", images * (row.step() - lastStep) / (seconds - lastSeconds));
        values.put("train/peak_memory_bytes", ProcessMemory.peakBytes());
        lastSeconds = seconds;
        lastStep = row.step();
        events.append(row.step(), values);
        line(row.step(), seconds, values);
    }

    /** Returns all scores. */
    List<ValidationScore> append(ValidationScore score, double seconds) {
        validation.append(score);
        events.append(score.step(), values(score));
        line(score.step(), seconds, values(score));
        return validation.read();
    }

    private static Map<String, Double> values(StepMetrics row) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("train/bound", row.bound());
        values.put("train/reconstruction", row.reconstruction());
        values.put("train/kl_keys", row.klKeys());
        values.put("train/kl_latent", row.klLatent());
        values.put("train/gradient_norm", row.gradientNorm());
        values.put("train/learning_rate", row.learningRate());
        values.put("train/key_weight", row.keyWeight());
        values.put("train/latent_weight", row.latentWeight());
        return values;
    }

    private static Map<String, Double> values(ValidationScore score) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("validation/bound", score.bound());
        values.put("validation/standard_error", score.standardError());
        values.put("validation/reconstruction", score.reconstruction());
        values.put("validation/kl_keys", score.klKeys());
        values.put("validation/kl_latent", score.klLatent());
        return values;
    }

    private static Map<String, Double> values(JsonNode line) {
        Map<String, Double> values = new LinkedHashMap<>();
        line.properties().forEach(field -> {
            if (field.getKey().contains("/") && field.getValue().isNumber()) {
                values.put(field.getKey(), field.getValue().doubleValue());
            }
        });
        return values;
    }

    private void line(int step, double seconds, Map<String, Double> values) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step);
        line.put("seconds", seconds);
        // JSON has no NaN.
        values.forEach((name, value) -> line.put(name, Double.isFinite(value) ? value : null));
        try {
            Files.writeString(
                    lines,
                    PlanEdit.JSON.writeValueAsString(line) + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: the metrics cannot be written (%s)".formatted(lines, e.getMessage()), e);
        }
    }

    private List<JsonNode> keepLinesUpTo(int step) {
        StringBuilder text = new StringBuilder();
        List<JsonNode> kept = new ArrayList<>();
        if (step > 0 && Files.exists(lines)) {
            try (Stream<String> all = Files.lines(lines)) {
                all.forEach(line -> {
                    JsonNode values = parsed(line);
                    if (values.path("step").asInt(Integer.MAX_VALUE) <= step) {
                        kept.add(values);
                        text.append(line).append('\n');
                    }
                });
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "%s: the metrics cannot be read (%s)".formatted(lines, e.getMessage()), e);
            }
        }
        AtomicFile.write(lines, text.toString());
        return kept;
    }

    private static JsonNode parsed(String line) {
        try {
            return PlanEdit.JSON.readTree(line);
        } catch (JsonProcessingException e) {
            // A killed run may leave half a line at the end.
            return MissingNode.getInstance();
        }
    }
}
