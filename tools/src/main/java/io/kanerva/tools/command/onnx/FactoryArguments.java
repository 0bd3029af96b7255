package io.kanerva.tools.command.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Arguments of a block factory in the types that DJL's own loaders use: Double for numbers, lists of Double. */
final class FactoryArguments {
    private static final ObjectMapper JSON = new ObjectMapper();

    private FactoryArguments() {}

    /** Parses values as JSON; anything else is text. */
    static Map<String, Object> parse(Map<String, String> given) {
        Map<String, Object> arguments = new LinkedHashMap<>();
        given.forEach((key, text) -> {
            try {
                JsonNode node = JSON.readTree(text);
                arguments.put(key, node.isMissingNode() ? text : value(node));
            } catch (JsonProcessingException e) {
                arguments.put(key, text);
            }
        });
        return arguments;
    }

    private static Object value(JsonNode node) {
        if (node.isNumber()) {
            return node.doubleValue();
        } else if (node.isBoolean()) {
            return node.booleanValue();
        } else if (node.isArray()) {
            List<Object> list = new ArrayList<>();
            node.forEach(element -> list.add(value(element)));
            return list;
        }
        return node.isTextual() ? node.textValue() : node.toString();
    }
}
