package io.kanerva.runtime.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.runtime.BundleException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonReaderTest {

    @Test
    void readsEveryKindOfValue() {
        assertThat(read(" {\"a\": [1, -2.5e3, true, false, null], \"b\": {}, \"c\": []}\n")
                        .value())
                .isEqualTo(Map.of("a", Arrays.asList(1L, -2500.0, true, false, null), "b", Map.of(), "c", List.of()));
        assertThat(read("\"\\u00e4\\n\\t\\\"\\\\ \u20ac\"").value()).isEqualTo("\u00e4\n\t\"\\ \u20ac");
        assertThat(read("-0").value()).isEqualTo(0L);
        assertThat(read("123456789012345678901").value()).isEqualTo(1.2345678901234568e20);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{ | line 1, column 2: expected a member's name, found the end of the file",
                "{\"a\":1,} | line 1, column 8: expected a member's name, found '}'",
                "{\"a\" 1} | line 1, column 6: expected ':', found '1'",
                "{\"a\":1 \"b\"} | line 1, column 8: expected ',' or '}', found '\"'",
                "{\"a\":1,\"a\":2} | line 1, column 8: expected each name once in an object, found '\"'",
                "[1,] | line 1, column 4: expected a value, found ']'",
                "[01] | line 1, column 2: expected a value, found '0'",
                "[1.] | line 1, column 2: expected a value, found '1'",
                "[NaN] | line 1, column 2: expected a value, found 'N'",
                "[tru] | line 1, column 2: expected a value, found 't'",
                "\"a | line 1, column 3: expected a string's end or next character, found the end of the file",
                "\"\\x\" | line 1, column 3: expected an escape such as \\n or \\u0041, found 'x'",
                "\"\\u12\" | line 1, column 3: expected an escape such as \\n or \\u0041, found 'u'",
                "1 2 | line 1, column 3: expected the end of the file, found '2'"
            })
    void namesTheFaultWithItsPlace(String text, String sentence) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(BundleException.class).hasMessage("x.json: " + sentence);
    }

    @Test
    void countsLines() {
        assertThatThrownBy(() -> read("{\n  \"a\": 1,\n  b\n}"))
                .hasMessage("x.json: line 3, column 3: expected a member's name, found 'b'");
    }

    @Test
    void refusesDepthsThatWouldOverflowTheStack() {
        assertThatThrownBy(() -> read("[".repeat(100_000))).hasMessageContaining("expected at most 64 levels");
    }

    @Test
    void refusesBytesThatAreNotUtf8() {
        assertThatThrownBy(() -> JsonReader.read("x.json", new byte[] {'"', (byte) 0xC3, '"'}))
                .isInstanceOf(BundleException.class)
                .hasMessage("x.json: expected UTF-8 text, found other bytes");
    }

    private static JsonNode read(String text) {
        return JsonReader.read("x.json", text.getBytes(StandardCharsets.UTF_8));
    }
}
