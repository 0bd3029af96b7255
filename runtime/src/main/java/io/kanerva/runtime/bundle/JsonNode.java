package io.kanerva.runtime.bundle;

import io.kanerva.runtime.BundleException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A value of a JSON file and its path, which errors name: {@code bundle.json: settings.keys: expected an integer from 1
 * to 1024, found "two"}.
 */
final class JsonNode {

    private final String source;
    private final String path;
    private final Object value;

    /**
     * @param source the file's name
     * @param path where in the file, such as {@code graphs.reader.inputs[1]}; empty for the whole
     * @param value a Map, List, String, Long, Double, Boolean or null
     */
    JsonNode(String source, String path, Object value) {
        this.source = source;
        this.path = path;
        this.value = value;
    }

    Object value() {
        return value;
    }

    /** This object's member {@code name}. */
    JsonNode get(String name) {
        if (!object().containsKey(name)) {
            throw new BundleException("%s: '%s' is missing", source, memberPath(name));
        }
        return new JsonNode(source, memberPath(name), object().get(name));
    }

    /** Whether this object has a member {@code name} that is not null. */
    boolean has(String name) {
        return object().get(name) != null;
    }

    /** This object's members, in the file's order. */
    Map<String, JsonNode> members() {
        Map<String, JsonNode> members = new LinkedHashMap<>();
        for (Map.Entry<?, ?> member : object().entrySet()) {
            String name = (String) member.getKey();
            members.put(name, new JsonNode(source, memberPath(name), member.getValue()));
        }
        return members;
    }

    /** This array's elements. */
    List<JsonNode> elements() {
        if (!(value instanceof List<?> list)) {
            throw error("an array", describe());
        }
        List<JsonNode> elements = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            elements.add(new JsonNode(source, path + "[" + i + "]", list.get(i)));
        }
        return elements;
    }

    String string() {
        if (!(value instanceof String string)) {
            throw error("a string", describe());
        }
        return string;
    }

    int integer(int min, int max) {
        if (!(value instanceof Long number) || number < min || number > max) {
            throw error("an integer from %d to %d".formatted(min, max), describe());
        }
        return number.intValue();
    }

    long integer() {
        if (!(value instanceof Long number)) {
            throw error("an integer", describe());
        }
        return number;
    }

    double number() {
        if (!(value instanceof Number number)) {
            throw error("a number", describe());
        }
        return number.doubleValue();
    }

    /** The constant of {@code type} whose name, in lower case, this string is. */
    <E extends Enum<E>> E oneOf(Class<E> type) {
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            String name = constant.name().toLowerCase(Locale.ROOT);
            if (name.equals(value)) {
                return constant;
            }
            names.add('"' + name + '"');
        }
        throw error(String.join(" or ", names), describe());
    }

    /** The error that something else was expected here. */
    BundleException error(String expected, String found) {
        String place = path.isEmpty() ? source : source + ": " + path;
        return new BundleException("%s: expected %s, found %s", place, expected, found);
    }

    private Map<?, ?> object() {
        if (!(value instanceof Map<?, ?> map)) {
            throw error("an object", describe());
        }
        return map;
    }

    private String memberPath(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private String describe() {
        if (value instanceof Map) {
            return "an object";
        }
        if (value instanceof List) {
            return "an array";
        }
        return value instanceof String string ? '"' + string + '"' : String.valueOf(value);
    }
}
