package io.kanerva.trainer.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kanerva.trainer.data.DataSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * A named plan. All presets are in {@code presets.json}: each lists the keys of {@code plan.json} in which it differs
 * from the preset that it names as {@code like}. The binarisation follows from the data set.
 *
 * @param id the name on the command line
 * @param about what it trains, in a line
 * @param plan with seed 1
 */
public record Preset(String id, String about, TrainingPlan plan) {
    private static final List<Preset> ALL = read();

    /** All presets, in the order in which they are listed. */
    public static List<Preset> all() {
        return ALL;
    }

    /**
     * The preset of that name.
     *
     * @throws IllegalArgumentException if there is none; the message lists all names
     */
    public static Preset named(String id) {
        return ALL.stream()
                .filter(preset -> preset.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("preset '%s': expected one of %s"
                        .formatted(id, ALL.stream().map(Preset::id).collect(Collectors.joining(", ")))));
    }

    /** The data set that the plan is for. */
    public DataSource data() {
        return DataSource.named(plan.data());
    }

    private static List<Preset> read() {
        try (InputStream in = Preset.class.getResourceAsStream("presets.json")) {
            JsonNode all = PlanEdit.JSON.readTree(in);
            return StreamSupport.stream(((Iterable<String>) all::fieldNames).spliterator(), false)
                    .map(id -> of(id, all))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("presets.json: cannot be read (%s)".formatted(e.getMessage()), e);
        }
    }

    private static Preset of(String id, JsonNode all) {
        ObjectNode tree = merged(id, all);
        String about = tree.remove("about").textValue();
        DataSource data = DataSource.named(tree.get("data").textValue());
        tree.put("binarisation", data.trainBinarisation().toString());
        return new Preset(id, about, PlanEdit.plan(tree));
    }

    /** A preset's values on top of those of the preset that it is like. */
    private static ObjectNode merged(String id, JsonNode all) {
        ObjectNode own = all.get(id).deepCopy();
        JsonNode like = own.remove("like");
        try {
            return like == null
                    ? own
                    : PlanEdit.JSON
                            .readerForUpdating(merged(like.textValue(), all))
                            .readValue(own);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
