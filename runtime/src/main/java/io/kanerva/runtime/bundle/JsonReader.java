package io.kanerva.runtime.bundle;

import io.kanerva.runtime.BundleException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON as RFC 8259 defines it; errors name line and column. */
final class JsonReader {

    private static final int MAX_DEPTH = 64;

    private final String source;
    private final String text;
    private int at;
    private int depth;

    private JsonReader(String source, String text) {
        this.source = source;
        this.text = text;
    }

    /** The value that UTF-8 {@code bytes} hold; {@code source} names the file in messages. */
    static JsonNode read(String source, byte[] bytes) {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BundleException(e, "%s: expected UTF-8 text, found other bytes", source);
        }
        JsonReader reader = new JsonReader(source, text);
        Object value = reader.value();
        reader.skipSpace();
        if (reader.at < text.length()) {
            throw reader.fault("the end of the file");
        }
        return new JsonNode(source, "", value);
    }

    private Object value() {
        skipSpace();
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", Boolean.TRUE);
            case 'f' -> word("false", Boolean.FALSE);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        open();
        if (closes('}')) {
            return members;
        }
        do {
            skipSpace();
            if (peek() != '"') {
                throw fault("a member's name");
            }
            int nameAt = at;
            String name = string();
            if (members.containsKey(name)) {
                at = nameAt;
                throw fault("each name once in an object");
            }
            skipSpace();
            expect(':');
            members.put(name, value());
        } while (continues('}'));
        return members;
    }

    private List<Object> array() {
        List<Object> elements = new ArrayList<>();
        open();
        if (closes(']')) {
            return elements;
        }
        do {
            elements.add(value());
        } while (continues(']'));
        return elements;
    }

    private void open() {
        if (++depth > MAX_DEPTH) {
            throw fault("at most " + MAX_DEPTH + " levels");
        }
        at++;
    }

    private boolean closes(char bracket) {
        skipSpace();
        if (peek() != bracket) {
            return false;
        }
        at++;
        depth--;
        return true;
    }

    private boolean continues(char bracket) {
        if (closes(bracket)) {
            return false;
        }
        if (peek() != ',') {
            throw fault("',' or '" + bracket + "'");
        }
        at++;
        return true;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        at++;
        while (true) {
            char next = peek();
            if (next == '"') {
                at++;
                return string.toString();
            }
            if (next < 0x20) {
                throw fault("a string's end or next character");
            }
            at++;
            string.append(next == '\\' ? escape() : next);
        }
    }

    private char escape() {
        char kind = peek();
        int index = "\"\\/bfnrt".indexOf(kind);
        if (index >= 0) {
            at++;
            return "\"\\/\b\f\n\r\t".charAt(index);
        }
        if (kind == 'u'
                && at + 5 <= text.length()
                && text.substring(at + 1, at + 5).matches("[0-9a-fA-F]{4}")) {
            at += 5;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        throw fault("an escape such as \\n or \\u0041");
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw fault("a value");
        }
        at += word.length();
        return value;
    }

    private Number number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String digits = text.substring(start, at);
        if (digits.matches("-?(0|[1-9][0-9]{0,17})")) {
            return Long.valueOf(digits);
        }
        if (digits.length() <= 64 && digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
            return Double.valueOf(digits);
        }
        at = start;
        throw fault("a value");
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw fault("'" + wanted + "'");
        }
        at++;
    }

    /** The next character, or 0 at the end. */
    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private BundleException fault(String expected) {
        int line = text.substring(0, at).split("\n", -1).length;
        int column = at - text.lastIndexOf('\n', at - 1);
        String found = at < text.length() ? "'" + text.charAt(at) + "'" : "the end of the file";
        return new BundleException(
                "%s: line %d, column %d: expected %s, found %s", source, line, column, expected, found);
    }
}
