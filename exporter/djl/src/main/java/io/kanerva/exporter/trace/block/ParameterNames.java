package io.kanerva.exporter.trace.block;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Names for a block's parameters: the path of their block and the parameter's name, as in {@code encoder/conv1/weight}.
 * A shared parameter is named after its first occurrence.
 */
public final class ParameterNames {
    private final BlockTree tree;
    private final Map<NDArray, Parameter> arrays = new IdentityHashMap<>();
    private final Map<Parameter, String> outside = new IdentityHashMap<>();

    public ParameterNames(Block root) {
        tree = new BlockTree(root);
        tree.parameters().forEach(parameter -> arrays.putIfAbsent(parameter.getArray(), parameter));
    }

    public BlockTree tree() {
        return tree;
    }

    /** The parameter that holds an array. */
    public Optional<Parameter> holding(NDArray array) {
        return Optional.ofNullable(arrays.get(array));
    }

    /** The parameter's name; parameters outside the block are numbered. */
    public String of(Parameter parameter) {
        BlockTree.Node owner = tree.owner(parameter);
        return owner != null
                ? owner.child(parameter.getName())
                : outside.computeIfAbsent(parameter, p -> "parameter" + outside.size() + "/" + p.getName());
    }
}
