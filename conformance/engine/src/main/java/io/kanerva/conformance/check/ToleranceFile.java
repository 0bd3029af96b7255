package io.kanerva.conformance.check;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.kanerva.conformance.compare.Comparison;
import io.kanerva.conformance.compare.Tolerance;
import io.kanerva.conformance.runtime.ModelRuntime;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Tolerances of single outputs and runtimes, from a JSON file; the first entry that matches counts:
 *
 * <pre>{@code
 * {"tolerances": [
 *   {"output": "logits", "runtime": "openvino", "atol": 1e-3, "rtol": 1e-3, "why": "sums in another order"},
 *   {"graph": "encoder", "output": "class", "atol": 1}
 * ]}
 * }</pre>
 */
public final class ToleranceFile {
    /** No entries. */
    public static final ToleranceFile NONE = new ToleranceFile(Path.of(""), List.of());

    private static final int MAX_SHOWN = 10;
    private static final Set<ElementType> EXACT = Set.of(ElementType.STRING, ElementType.BOOL);

    private final Path file;
    private final List<Entry> entries;

    private ToleranceFile(Path file, List<Entry> entries) {
        this.file = file;
        this.entries = entries;
    }

    /**
     * One entry.
     *
     * @param place the file and the entry's number in it, from 1
     * @param graph null for every graph
     * @param output null for every output
     * @param runtime null for every runtime
     */
    record Entry(String place, String graph, String output, String runtime, Tolerance tolerance, String why) {
        private boolean matches(String ofGraph, String ofOutput) {
            return (graph == null || graph.equals(ofGraph))
                    && (output == null
                            || ofOutput.equals(output)
                            || ofOutput.startsWith(output + "[")
                            || ofOutput.startsWith(output + "."));
        }
    }

    /**
     * Where an entry was applied.
     *
     * @param what the runtime, the graph and the output
     * @param comparison with the entry's tolerance
     * @param otherwise without it
     */
    record Use(Entry entry, String what, Comparison comparison, Comparison otherwise) {}

    private record Json(@JsonProperty(required = true) List<JsonEntry> tolerances) {}

    private record JsonEntry(
            @JsonProperty String graph,
            @JsonProperty String output,
            @JsonProperty String runtime,
            @JsonProperty Double atol,
            @JsonProperty Double rtol,
            @JsonProperty String why) {}

    /**
     * Reads a file.
     *
     * @throws IOException if it is missing, or not as this class says; the message is one sentence
     */
    public static ToleranceFile read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s: expected a file of tolerances, found no such file".formatted(file));
        }
        Json json;
        try {
            json = JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                    .build()
                    .readValue(Files.readAllBytes(file), Json.class);
        } catch (JsonProcessingException e) {
            String line =
                    e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
            boolean other = e instanceof MismatchedInputException && !(e instanceof UnrecognizedPropertyException);
            String found = other
                    ? "another kind of value" + place((MismatchedInputException) e)
                    : e.getOriginalMessage().lines().findFirst().orElse("");
            throw malformed(file, found + line, e);
        }
        if (json == null || json.tolerances() == null) {
            throw malformed(file, "null", null);
        }
        List<Entry> entries = new ArrayList<>();
        Set<List<String>> seen = new HashSet<>();
        for (JsonEntry one : json.tolerances()) {
            String place = "%s, entry %d".formatted(file.getFileName(), entries.size() + 1);
            if (one == null || one.graph() == null && one.output() == null && one.runtime() == null) {
                throw new IOException(
                        "%s: expected a graph, an output or a runtime, found an entry without".formatted(place));
            }
            if (one.atol() == null && one.rtol() == null) {
                throw new IOException("%s: expected atol or rtol, found neither".formatted(place));
            }
            if (!seen.add(Arrays.asList(one.graph(), one.output(), one.runtime()))) {
                throw new IOException(
                        "%s: expected one entry for each graph, output and runtime, found a second".formatted(place));
            }
            entries.add(new Entry(
                    place,
                    one.graph(),
                    one.output(),
                    one.runtime(),
                    Tolerance.elements(size(place, "atol", one.atol()), size(place, "rtol", one.rtol())),
                    one.why() == null ? "" : one.why().replaceAll("\\p{Cntrl}", " ")));
        }
        return new ToleranceFile(file, List.copyOf(entries));
    }

    /** Where the value is, as {@code at tolerances[0].rtol}; empty for the whole file. */
    private static String place(MismatchedInputException problem) {
        StringBuilder place = new StringBuilder();
        problem.getPath()
                .forEach(one -> place.append(
                        one.getFieldName() == null
                                ? "[" + one.getIndex() + "]"
                                : (place.isEmpty() ? "" : ".") + one.getFieldName()));
        return place.isEmpty() ? "" : " at " + place;
    }

    private static IOException malformed(Path file, String found, Exception cause) {
        return new IOException(
                ("%s: expected {\"tolerances\": [{\"output\": ..., \"runtime\": ..., \"atol\": ..., \"rtol\": ...}]}, "
                                + "found %s")
                        .formatted(file, found),
                cause);
    }

    private static double size(String place, String key, Double value) throws IOException {
        if (value != null && !(value >= 0 && Double.isFinite(value))) {
            throw new IOException("%s: expected %s as a number of at least 0, found %s".formatted(place, key, value));
        }
        return value == null ? 0 : value;
    }

    /**
     * Checks that every name is known.
     *
     * @param graphs each graph's outputs
     * @param runtimes the names of all runtimes, compared or not
     * @throws IOException if one is not, or an entry is about outputs that are exact; the message is one sentence
     */
    public void requireKnown(Map<String, List<ValueInfoProto>> graphs, Collection<String> runtimes) throws IOException {
        for (Entry entry : entries) {
            require(entry.place(), "runtime", entry.runtime(), runtimes);
            require(entry.place(), "graph", entry.graph(), graphs.keySet());
            Map<String, ValueInfoProto> outputs = new LinkedHashMap<>();
            graphs.forEach((graph, of) -> of.stream()
                    .filter(output -> entry.graph() == null || entry.graph().equals(graph))
                    .forEach(output -> outputs.put(output.getName(), output)));
            require(entry.place(), "output", entry.output(), outputs.keySet());
            boolean exact = outputs.values().stream()
                    .filter(output -> entry.output() == null || entry.output().equals(output.getName()))
                    .allMatch(ToleranceFile::isExact);
            if (exact) {
                throw new IOException("%s: expected outputs that are numbers, found only strings and booleans"
                        .formatted(entry.place()));
            }
        }
    }

    private static void require(String place, String key, String name, Collection<String> known) throws IOException {
        if (name != null && !known.contains(name)) {
            throw new IOException("%s: expected a known %s (%s), found '%s'"
                    .formatted(place, key, String.join(", ", new TreeSet<>(known)), name));
        }
    }

    private static boolean isExact(ValueInfoProto output) {
        int type = output.getType().getTensorType().getElemType();
        return EXACT.stream().anyMatch(exact -> exact.number() == type);
    }

    /** A budget in which the tolerances of this file go before those of another; that one if this is empty. */
    public Budget before(String graph, Budget otherwise) {
        return entries.isEmpty() ? otherwise : new Before(entries, graph, otherwise);
    }

    /** See {@link #before}. */
    record Before(List<Entry> entries, String graph, Budget otherwise) implements Budget {
        /** The entry for an output of a runtime. */
        Optional<Entry> entry(Tensor expected, ModelRuntime runtime) {
            return entries.stream()
                    .filter(entry -> entry.runtime() == null || entry.runtime().equals(runtime.name()))
                    .filter(entry -> entry.matches(graph, expected.name()))
                    .filter(entry -> !EXACT.contains(expected.type()))
                    .findFirst();
        }

        @Override
        public Tolerance of(Tensor expected, ModelRuntime runtime) {
            return entry(expected, runtime).map(Entry::tolerance).orElseGet(() -> otherwise.of(expected, runtime));
        }

        @Override
        public boolean allowsNoise() {
            return otherwise.allowsNoise();
        }
    }

    /** What the entries changed: a sentence for each, and one for each comparison that one decided. */
    List<String> notes(List<Use> applied) {
        Map<Entry, List<Use>> byEntry = new LinkedHashMap<>();
        List<String> notes = new ArrayList<>();
        entries.forEach(entry -> byEntry.put(entry, new ArrayList<>()));
        applied.forEach(use -> byEntry.get(use.entry()).add(use));
        byEntry.forEach((entry, uses) -> {
            List<Use> decided = uses.stream()
                    .filter(use -> use.comparison().within() != use.otherwise().within())
                    .toList();
            long passing =
                    decided.stream().filter(use -> use.comparison().within()).count();
            notes.add("%s%s: %s, applied to %,d comparisons; %,d pass and %,d fail only because of it"
                    .formatted(
                            entry.place(),
                            entry.why().isEmpty() ? "" : " (" + entry.why() + ")",
                            entry.tolerance().describe(),
                            uses.size(),
                            passing,
                            decided.size() - passing));
            decided.stream()
                    .limit(MAX_SHOWN)
                    .forEach(use -> notes.add("%s: %s %s because of it; without it, the output %s"
                            .formatted(
                                    entry.place(),
                                    use.what(),
                                    use.comparison().within() ? "passes" : "fails",
                                    use.otherwise().describe())));
            if (decided.size() > MAX_SHOWN) {
                notes.add("%s: and %,d more".formatted(entry.place(), decided.size() - MAX_SHOWN));
            }
        });
        return notes;
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
