package io.kanerva.exporter.onnx;

import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The form of an ONNX operator, from the table {@code operators.txt}. Operators outside the table, which only a user's
 * lowering adds, are not checked.
 *
 * @param since the first opset with this form
 * @param attributes types of the attributes by name
 * @param required names of the required attributes
 */
record OperatorSchema(
        int since, Count inputs, Count outputs, Map<String, AttributeType> attributes, Set<String> required) {
    private static final Map<String, List<OperatorSchema>> TABLE = new HashMap<>();

    static {
        try (InputStream table = OperatorSchema.class.getResourceAsStream("operators.txt")) {
            new String(table.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .forEach(OperatorSchema::read);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The allowed number of inputs or outputs, written {@code 2}, {@code 1..3} or {@code 1..*}. */
    record Count(int min, int max) {
        private static Count parse(String text) {
            String[] ends = text.split("\\.\\.");
            String last = ends[ends.length - 1];
            return new Count(Integer.parseInt(ends[0]), last.equals("*") ? Integer.MAX_VALUE : Integer.parseInt(last));
        }

        private void require(String operator, String what, int found) {
            if (found < min || found > max) {
                throw new UnsupportedOperationException(
                        "%s: expected %s as the number of %s, found %d".formatted(operator, this, what, found));
            }
        }

        @Override
        public String toString() {
            return min == max ? "" + min : max == Integer.MAX_VALUE ? "at least " + min : min + " to " + max;
        }
    }

    private static void read(String line) {
        String[] words = line.split(" ");
        Map<String, AttributeType> attributes = new TreeMap<>();
        Set<String> required = new HashSet<>();
        for (String word : Arrays.asList(words).subList(4, words.length)) {
            String[] attribute = word.split("!?:");
            attributes.put(attribute[0], AttributeType.valueOf(attribute[1].toUpperCase(Locale.ROOT)));
            if (word.contains("!")) {
                required.add(attribute[0]);
            }
        }
        TABLE.computeIfAbsent(words[0], name -> new ArrayList<>())
                .add(new OperatorSchema(
                        Integer.parseInt(words[1]),
                        Count.parse(words[2]),
                        Count.parse(words[3]),
                        attributes,
                        required));
    }

    /** The operators of the table. */
    static Set<String> operators() {
        return TABLE.keySet();
    }

    /**
     * Checks a node against its operator's form in an opset.
     *
     * @throws UnsupportedOperationException if the operator is newer, or the node's inputs, outputs or attributes do
     *     not match its form
     */
    static void check(Node node, int opset) {
        String operator = node.operator();
        OperatorSchema schema = null;
        for (OperatorSchema form : TABLE.getOrDefault(operator, List.of())) {
            if (form.since <= opset) {
                schema = form;
            } else if (schema == null) {
                throw new UnsupportedOperationException(
                        "%s needs opset %d, found opset %d; export with opset %d or newer"
                                .formatted(operator, form.since, opset, form.since));
            }
        }
        if (schema == null) {
            return;
        }
        String form = operator + " of opset " + opset;
        schema.inputs.require(form, "inputs", node.inputs().size());
        schema.outputs.require(form, "outputs", node.outputs().size());
        for (Map.Entry<String, Object> attribute : node.attributes().entrySet()) {
            AttributeType expected = schema.attributes.get(attribute.getKey());
            AttributeType found = ModelWriter.type(attribute.getValue());
            if (expected != found) {
                throw new UnsupportedOperationException(
                        expected == null
                                ? "%s: expected one of the attributes %s, found '%s'"
                                        .formatted(form, schema.attributes.keySet(), attribute.getKey())
                                : "%s: expected attribute '%s' as %s, found %s"
                                        .formatted(form, attribute.getKey(), expected, found));
            }
        }
        for (String name : schema.required) {
            if (!node.attributes().containsKey(name)) {
                throw new UnsupportedOperationException(
                        "%s: expected attribute '%s', found none".formatted(form, name));
            }
        }
    }
}
