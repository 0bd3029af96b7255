package io.kanerva.trainer.train;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Values of a plan in a file: a run's {@code plan.json}, or some of its keys in YAML or JSON, nested or with dots
 * ({@code model.encoder.width: 96}). {@code like} may name a preset, as in {@code presets.json}.
 *
 * @param like the preset that the file names, if it does
 * @param assignments as {@link PlanEdit#apply} takes them
 */
public record PlanFile(Optional<String> like, List<String> assignments) {
    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * Reads a file. Whether there are such keys is found by {@link PlanEdit#apply}.
     *
     * @throws IllegalArgumentException if it cannot be read or holds no keys with values
     */
    public static PlanFile read(Path file) {
        try {
            JsonNode tree = YAML.readTree(Files.readString(file));
            if (tree == null || !tree.isObject() || tree.isEmpty()) {
                throw new IllegalArgumentException(
                        "%s: expected keys of plan.json with values, in YAML or JSON, found none".formatted(file));
            }
            Optional<String> like = Optional.ofNullable(tree.get("like")).map(JsonNode::asText);
            List<String> assignments = new ArrayList<>();
            collect(file, tree, "", assignments);
            return new PlanFile(like, List.copyOf(assignments));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "%s: expected YAML or JSON, found another text (%s)".formatted(file, e.getOriginalMessage()), e);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "%s: expected a file with values of a plan, found an unreadable one (%s)".formatted(file, e), e);
        }
    }

    private static void collect(Path file, JsonNode node, String prefix, List<String> assignments) {
        node.properties().forEach(field -> {
            String key = prefix + field.getKey();
            if (field.getValue().isObject()) {
                collect(file, field.getValue(), key + ".", assignments);
            } else if (!field.getValue().isValueNode() || field.getValue().isNull()) {
                throw new IllegalArgumentException(
                        "%s, '%s': expected one value, found %s".formatted(file, key, field.getValue()));
            } else if (!key.equals("like")) {
                assignments.add(key + "=" + field.getValue().asText());
            }
        });
    }

    /** Whether every key of a plan has a value. */
    public boolean isWhole() {
        Set<String> keys = new HashSet<>();
        assignments.forEach(assignment -> keys.add(assignment.substring(0, assignment.indexOf('='))));
        return PlanEdit.values(Preset.all().get(0).plan()).stream()
                .allMatch(value -> keys.contains(value.substring(0, value.indexOf('='))));
    }
}
