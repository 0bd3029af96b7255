package io.kanerva.runtime;

import java.util.List;

/**
 * One input or output of a graph, as bundle.json describes it.
 *
 * @param name the tensor's name in the graph
 * @param type its element type; always {@code float32}
 * @param shape one entry per dimension: a size such as {@code 28}, or a name such as {@code B} for a dimension that
 *     each call chooses
 * @param meaning a description of what it holds
 * @param range the range of its values, such as {@code [0, 1]}, as text
 */
public record TensorDescription(String name, String type, List<String> shape, String meaning, String range) {

    public TensorDescription {
        shape = List.copyOf(shape);
    }
}
