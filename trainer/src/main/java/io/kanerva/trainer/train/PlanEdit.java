package io.kanerva.trainer.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Changes values of a plan by their keys in {@code plan.json}, such as {@code model.encoder.width=96}. */
public final class PlanEdit {
    /** Reads plans; every key must be present. */
    static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(
                    DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .build();

    private PlanEdit() {}

    /**
     * The plan with other values. All are set before they are validated, so that interdependent values can change
     * together.
     *
     * @param assignments each {@code KEY=VALUE}, the key with a dot between the levels
     * @throws IllegalArgumentException if there is no such key, the value is not of its kind, or the values do not fit
     *     each other
     */
    public static TrainingPlan apply(TrainingPlan plan, List<String> assignments) {
        ObjectNode tree = JSON.valueToTree(plan);
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("expected KEY=VALUE, found '%s'".formatted(assignment));
            }
            set(
                    tree,
                    assignment.substring(0, equals).strip(),
                    assignment.substring(equals + 1).strip());
        }
        return plan(tree);
    }

    /** @throws IllegalArgumentException if the tree is no plan; the message names key, expected and found */
    static TrainingPlan plan(JsonNode tree) {
        try {
            return JSON.treeToValue(tree, TrainingPlan.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(problem(e), e);
        }
    }

    private static String problem(JsonProcessingException e) {
        if (e.getCause() instanceof IllegalArgumentException refused) {
            return refused.getMessage();
        }
        if (!(e instanceof JsonMappingException mapping)) {
            return e.getOriginalMessage();
        }
        String key = mapping.getPath().stream()
                .map(JsonMappingException.Reference::getFieldName)
                .collect(Collectors.joining("."));
        if (e instanceof UnrecognizedPropertyException unknown) {
            return "'%s': expected one of %s, found another key".formatted(key, unknown.getKnownPropertyIds());
        }
        if (e instanceof InvalidFormatException format && format.getTargetType().isEnum()) {
            return "'%s': expected one of %s, found '%s'"
                    .formatted(key, Arrays.toString(format.getTargetType().getEnumConstants()), format.getValue());
        }
        return "'%s': expected a value, found none, or one of another kind".formatted(key);
    }

    /**
     * Reads the text of {@code plan.json}.
     *
     * @throws IllegalArgumentException if it is none of a plan of this version
     */
    public static TrainingPlan parse(String json) {
        try {
            return plan(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("expected JSON, found another text (%s)".formatted(problem(e)), e);
        }
    }

    /** The text of {@code plan.json}. */
    public static String json(TrainingPlan plan) {
        return JSON.valueToTree(plan).toPrettyString() + "\n";
    }

    /** All keys with their values, in the order of {@code plan.json}. */
    public static List<String> values(TrainingPlan plan) {
        List<String> values = new ArrayList<>();
        collect(JSON.valueToTree(plan), "", values);
        return values;
    }

    private static void collect(JsonNode node, String prefix, List<String> values) {
        node.properties().forEach(field -> {
            if (field.getValue().isObject()) {
                collect(field.getValue(), prefix + field.getKey() + ".", values);
            } else {
                values.add(prefix + field.getKey() + "=" + field.getValue().asText());
            }
        });
    }

    private static void set(ObjectNode tree, String key, String value) {
        ObjectNode node = tree;
        String[] names = key.split("\\.");
        for (int i = 0; i < names.length - 1; i++) {
            if (!(node.get(names[i]) instanceof ObjectNode inner)) {
                throw unknown(key, node);
            }
            node = inner;
        }
        String name = names[names.length - 1];
        JsonNode old = node.get(name);
        if (old == null || old.isObject()) {
            throw unknown(key, old instanceof ObjectNode inner ? inner : node);
        }
        try {
            if (old.isIntegralNumber()) {
                node.put(name, old.isLong() ? Long.parseLong(value) : Integer.parseInt(value));
            } else if (old.isNumber()) {
                node.put(name, Double.parseDouble(value));
            } else if (old.isBoolean()) {
                if (!value.equals("true") && !value.equals("false")) {
                    throw new IllegalArgumentException(
                            "'%s': expected true or false, found '%s'".formatted(key, value));
                }
                node.put(name, Boolean.parseBoolean(value));
            } else {
                node.put(name, value);
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "'%s': expected %s such as %s, found '%s'"
                            .formatted(key, old.isIntegralNumber() ? "an integer" : "a number", old.asText(), value),
                    e);
        }
    }

    private static IllegalArgumentException unknown(String key, ObjectNode node) {
        List<String> names = new ArrayList<>();
        node.properties()
                .forEach(field -> names.add(field.getKey() + (field.getValue().isObject() ? ".…" : "")));
        return new IllegalArgumentException(
                "'%s': expected one of %s, found another key".formatted(key, String.join(", ", names)));
    }
}
