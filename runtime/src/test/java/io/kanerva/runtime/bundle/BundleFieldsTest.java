package io.kanerva.runtime.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.Device;
import io.kanerva.runtime.Kanerva;
import io.kanerva.runtime.Options;
import io.kanerva.runtime.TinyBundles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every field of a bundle.json with many other values, its settings signed anew: each bundle is refused in one sentence
 * that names the file and the place, or what was changed does not say what the model computes.
 */
@Timeout(120)
class BundleFieldsTest {

    /** A member that is taken away. */
    private static final Object MISSING = new Object();

    private static final List<Object> OTHERS = Arrays.asList(
            MISSING,
            null,
            true,
            -1L,
            0L,
            1L,
            3L,
            8L,
            40L,
            1L << 15,
            1L << 31,
            Long.MAX_VALUE,
            -0.5,
            Double.POSITIVE_INFINITY,
            "",
            "continuous",
            "discretized_logistic_mixture",
            "pooled",
            "../../x",
            "\u001b[31mred",
            "\u202etxt.exe",
            List.of(),
            List.of(1L, 8L, 8L),
            Map.of());

    /** Places whose text or number is information: the model is the same whatever they say. */
    private static final List<String> INFORMATION = List.of(
            "name",
            "reader",
            "weights",
            "settings.width",
            "settings.neighbours",
            "settings.scaleCells",
            "settings.encoder",
            "settings.latentLayout",
            "files",
            "provenance");

    @ParameterizedTest
    @ValueSource(strings = {"HEAP", "HEAP_CONTINUOUS", "POOLED"})
    void anotherValueIsRefusedOrChangesNothing(String kind) {
        Map<String, byte[]> files = TinyBundles.files(kind);
        Object whole = JsonReader.read("bundle.json", files.get("bundle.json")).value();
        Map<List<Object>, Object> places = places(whole);
        assertThat(places).hasSizeGreaterThan(150);
        if (!kind.equals("HEAP")) {
            // Beside the settings, which depend on each other, only what was not the same in that bundle.
            Map<List<Object>, Object> heap = places(
                    JsonReader.read("bundle.json", TinyBundles.files("HEAP").get("bundle.json"))
                            .value());
            places.entrySet()
                    .removeIf(place -> !place.getKey().get(0).equals("settings")
                            && place.getValue().equals(heap.get(place.getKey())));
            assertThat(places).hasSizeGreaterThan(40);
        }
        int refused = 0;
        for (List<Object> place : places.keySet()) {
            for (Object other : OTHERS) {
                Object changed = with(whole, place, other);
                if (changed.equals(whole)) {
                    continue;
                }
                String path = path(place);
                boolean isSetting = path.startsWith("settings.");
                String message = load(files, isSetting ? signed(changed) : changed, isSetting);
                if (message == null) {
                    assertThat(INFORMATION)
                            .as("%s = %s was taken", path, other)
                            .anyMatch(free -> path.equals(free)
                                    || path.startsWith(free + ".")
                                    || path.matches(".*\\.(meaning|range)"));
                } else {
                    refused++;
                    assertThat(message)
                            .as("%s = %s", path, other)
                            .startsWith("bundle in memory")
                            .matches("[^\\p{Cntrl}\u202e]*")
                            .hasSizeLessThan(1200)
                            .containsPattern("bundle\\.json: |the file '|bundle\\.json names the file|settings\\.");
                }
            }
        }
        assertThat(refused).isGreaterThan(12 * places.size());
    }

    /** The message of the refusal; null if the bundle is taken. */
    private static String load(Map<String, byte[]> files, Object json, boolean hasSettings) {
        Map<String, byte[]> changed = new LinkedHashMap<>(files);
        changed.put("bundle.json", text(json).getBytes(StandardCharsets.UTF_8));
        try {
            BundleSource source = BundleSource.bytes(changed);
            source.graphs(source.bundle());
            if (hasSettings) {
                Kanerva.load(changed, Options.on(Device.CPU)).close();
            }
            return null;
        } catch (BundleException e) {
            return e.getMessage();
        }
    }

    private static Object signed(Object json) {
        if (!(json instanceof Map<?, ?> map) || !(map.get("settings") instanceof Map)) {
            return json;
        }
        try {
            String canonical = new JsonNode("", "", map.get("settings")).canonical();
            return with(json, List.of("settingsSha256"), Sha256.hex(canonical.getBytes(StandardCharsets.UTF_8)));
        } catch (BundleException e) {
            return json; // settings that have no canonical form, and are refused for that or more
        }
    }

    /** What a bundle.json says, by its place. */
    private static Map<List<Object>, Object> places(Object whole) {
        Map<List<Object>, Object> places = new LinkedHashMap<>();
        collect(whole, List.of(), places);
        return places;
    }

    private static void collect(Object value, List<Object> place, Map<List<Object>, Object> places) {
        if (!place.isEmpty()) {
            places.put(place, value);
        }
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, member) -> collect(member, joined(place, name), places));
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                collect(list.get(i), joined(place, i), places);
            }
        }
    }

    private static List<Object> joined(List<Object> place, Object next) {
        List<Object> longer = new ArrayList<>(place);
        longer.add(next);
        return longer;
    }

    private static String path(List<Object> place) {
        return place.stream().map(String::valueOf).collect(Collectors.joining("."));
    }

    /** A copy with another value at one place. */
    private static Object with(Object value, List<Object> place, Object other) {
        if (place.isEmpty()) {
            return other;
        }
        List<Object> rest = place.subList(1, place.size());
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>(map);
            if (other == MISSING && rest.isEmpty()) {
                copy.remove(place.get(0));
            } else {
                copy.put(place.get(0), with(map.get(place.get(0)), rest, other));
            }
            return copy;
        }
        List<Object> copy = new ArrayList<>((List<?>) value);
        int at = (Integer) place.get(0);
        if (other == MISSING && rest.isEmpty()) {
            copy.remove(at);
        } else {
            copy.set(at, with(copy.get(at), rest, other));
        }
        return copy;
    }

    private static String text(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(member -> text(member.getKey()) + ":" + text(member.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List<?> list) {
            return list.stream().map(BundleFieldsTest::text).collect(Collectors.joining(",", "[", "]"));
        }
        if (value instanceof String string) {
            return '"' + string.replace("\\", "\\\\").replace("\u001b", "\\u001b") + '"';
        }
        return value instanceof Double number && number.isInfinite() ? "1e999" : String.valueOf(value);
    }
}
