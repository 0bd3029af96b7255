package io.kanerva.runtime.bundle;

import io.kanerva.runtime.BundleException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

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
            if (!Text.isPlain(name)) {
                throw error("names without control characters", '"' + name + '"');
            }
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

    /** This string, which may reach a terminal: it must not hold control characters. */
    String string() {
        if (!(value instanceof String string)) {
            throw error("a string", describe());
        }
        if (!Text.isPlain(string)) {
            throw error("text without control characters", describe());
        }
        return string;
    }

    /** This string, which must be one of these. */
    String oneOf(String... words) {
        if (!Arrays.asList(words).contains(value)) {
            throw error('"' + String.join("\" or \"", words) + '"', describe());
        }
        return (String) value;
    }

    int integer(int min, int max) {
        if (!(value instanceof Long number) || number < min || number > max) {
            throw error("an integer from %d to %d".formatted(min, max), describe());
        }
        return number.intValue();
    }

    /** This integer, which must be one number. */
    int integer(int only) {
        if (!(value instanceof Long number) || number != only) {
            throw error(Integer.toString(only), describe());
        }
        return only;
    }

    long integer() {
        if (!(value instanceof Long number)) {
            throw error("an integer", describe());
        }
        return number;
    }

    /** This integer, 0 or more. */
    long count() {
        if (!(value instanceof Long number) || number < 0) {
            throw error("an integer of at least 0", describe());
        }
        return number;
    }

    double number() {
        if (!(value instanceof Number number)) {
            throw error("a number", describe());
        }
        double found = number.doubleValue();
        if (!Double.isFinite(found)) {
            throw error("a finite number", describe());
        }
        return found;
    }

    /** This number, 0 or more. */
    double amount() {
        if (number() < 0) {
            throw error("a number of at least 0", describe());
        }
        return number();
    }

    /**
     * This value as JSON of one form: no blanks, members in the order of their names. Integers, plain words, arrays and
     * objects of them; nothing else has just one form in every language.
     */
    String canonical() {
        if (value instanceof Map<?, ?> map) {
            Map<String, String> members = new TreeMap<>();
            members().forEach((name, member) -> members.put(quoted(name), member.canonical()));
            return members.entrySet().stream()
                    .map(member -> member.getKey() + ":" + member.getValue())
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List) {
            return elements().stream().map(JsonNode::canonical).collect(Collectors.joining(",", "[", "]"));
        }
        return value instanceof Long ? value.toString() : quoted(string());
    }

    private String quoted(String word) {
        if (!word.matches("[A-Za-z0-9_. -]*")) {
            throw error("a word of ASCII letters and digits", '"' + word + '"');
        }
        return '"' + word + '"';
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
        return value instanceof String string ? '"' + Text.shortened(string) + '"' : String.valueOf(value);
    }
}
