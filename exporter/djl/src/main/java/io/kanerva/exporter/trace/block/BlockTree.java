package io.kanerva.exporter.trace.block;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A block and its descendants, each with its path: the names of its ancestors and its own, as in {@code encoder/conv1}.
 *
 * <p>DJL numbers children ("01conv1"); the number is dropped where siblings keep distinct names without it.
 */
final class BlockTree {
    /** One block at one place of the tree; a block that is used in several places has several nodes. */
    static final class Node {
        private final String path;
        private final Block block;
        private final Node parent;
        private final List<Node> children = new ArrayList<>();

        private Node(String path, Block block, Node parent) {
            this.path = path;
            this.block = block;
            this.parent = parent;
        }

        /** Empty for the root. */
        String path() {
            return path;
        }

        Block block() {
            return block;
        }

        /** In the order in which they were added. */
        List<Node> children() {
            return children;
        }

        /** This node, or its ancestor, among a node's children; null if it is not below that node. */
        Node below(Node ancestor) {
            Node node = this;
            while (node != null && node.parent != ancestor) {
                node = node.parent;
            }
            return node;
        }

        String child(String name) {
            return path.isEmpty() ? name : path + "/" + name;
        }
    }

    private final Node root;
    /** The first place of each parameter. */
    private final Map<Parameter, Node> owners = new IdentityHashMap<>();

    BlockTree(Block block) {
        root = visit("", block, null);
    }

    Node root() {
        return root;
    }

    /** The block that a parameter belongs to, at its first place in the tree; null if it belongs to none. */
    Node owner(Parameter parameter) {
        return owners.get(parameter);
    }

    Set<Parameter> parameters() {
        return owners.keySet();
    }

    private Node visit(String path, Block block, Node parent) {
        Node node = new Node(path, block, parent);
        block.getDirectParameters().values().forEach(parameter -> owners.putIfAbsent(parameter, node));
        List<Pair<String, Block>> children = new ArrayList<>();
        block.getChildren().forEach(children::add);
        List<String> bare = children.stream()
                .map(child -> child.getKey().replaceFirst("^\\d+(?=[^\\d])", ""))
                .toList();
        Map<String, Long> counts = bare.stream().collect(Collectors.groupingBy(name -> name, Collectors.counting()));
        for (int i = 0; i < children.size(); i++) {
            String name =
                    counts.get(bare.get(i)) == 1 ? bare.get(i) : children.get(i).getKey();
            node.children().add(visit(node.child(name), children.get(i).getValue(), node));
        }
        return node;
    }
}
