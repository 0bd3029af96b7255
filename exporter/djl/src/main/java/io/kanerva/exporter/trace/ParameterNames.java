package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Names for a block's parameters: the path of child blocks and the parameter's name, as in
 * {@code encoder/conv1/weight}.
 *
 * <p>DJL numbers children ("01conv1"); the number is dropped where siblings keep distinct names without it. A shared
 * parameter is named after its first occurrence.
 */
final class ParameterNames {
    private final Map<Parameter, String> names = new IdentityHashMap<>();
    private final Map<NDArray, Parameter> arrays = new IdentityHashMap<>();

    ParameterNames(Block root) {
        visit(root, "");
    }

    private void visit(Block block, String prefix) {
        for (Parameter parameter : block.getDirectParameters().values()) {
            names.putIfAbsent(parameter, prefix + parameter.getName());
            arrays.putIfAbsent(parameter.getArray(), parameter);
        }
        List<Pair<String, Block>> children = new ArrayList<>();
        block.getChildren().forEach(children::add);
        List<String> bare = children.stream()
                .map(child -> child.getKey().replaceFirst("^\\d+(?=[^\\d])", ""))
                .toList();
        Map<String, Long> counts = bare.stream().collect(Collectors.groupingBy(name -> name, Collectors.counting()));
        for (int i = 0; i < children.size(); i++) {
            String name =
                    counts.get(bare.get(i)) == 1 ? bare.get(i) : children.get(i).getKey();
            visit(children.get(i).getValue(), prefix + name + "/");
        }
    }

    /** The parameter that holds an array. */
    Optional<Parameter> holding(NDArray array) {
        return Optional.ofNullable(arrays.get(array));
    }

    /** The parameter's name; parameters outside the block are numbered. */
    String of(Parameter parameter) {
        return names.computeIfAbsent(parameter, p -> "parameter" + names.size() + "/" + p.getName());
    }
}
