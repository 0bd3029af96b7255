package io.kanerva.exporter.onnx;

import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.AttributeProto.AttributeType;
import io.kanerva.onnx.proto.FunctionProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.OperatorSetIdProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Writes blocks that repeat, such as the layers of a transformer, once: as functions of the model, which its nodes
 * call. Blocks repeat if their nodes are the same but for the values that they read from outside, weights among them.
 */
final class LocalFunctions {
    /** The domain of the functions. */
    static final String DOMAIN = "block";

    /** The first IR version with functions in models. */
    static final int MIN_IR = 8;

    private static final String BLOCK = "block";
    private static final int MIN_NODES = 3;

    private final Written written;
    private final GraphProto graph;
    /** Those of this graph and of the graphs around it. */
    private final Set<String> weights;
    /** The nodes that read each value; graph outputs have the number of nodes as their reader. */
    private final Map<String, Set<Integer>> readers = new HashMap<>();

    private final Map<String, Integer> producers = new HashMap<>();
    /** The block of each node. */
    private final List<String> blocks = new ArrayList<>();

    /**
     * Nodes of a block.
     *
     * @param path of the block
     * @param nodes indices in order
     * @param inputs values from outside, in the order in which the nodes read them
     * @param outputs values that are read outside
     * @param form equal for blocks that repeat
     */
    private record Part(String path, List<Integer> nodes, List<String> inputs, List<String> outputs, String form) {}

    /**
     * The functions of a model.
     *
     * @param imports the operator sets that they use
     * @param functions in order
     * @param names the function of each form
     */
    private record Written(
            List<OperatorSetIdProto> imports, List<FunctionProto> functions, Map<String, String> names) {}

    private LocalFunctions(Written written, GraphProto graph, Set<String> outside) {
        this.written = written;
        this.graph = graph;
        weights = new HashSet<>(outside);
        graph.getInitializerList().forEach(tensor -> weights.add(tensor.getName()));
        for (int i = 0; i < graph.getNodeCount(); i++) {
            int index = i;
            reads(graph.getNode(i))
                    .forEach(name ->
                            readers.computeIfAbsent(name, n -> new TreeSet<>()).add(index));
            graph.getNode(i).getOutputList().forEach(name -> producers.put(name, index));
            blocks.add(path(graph.getNode(i)));
        }
        graph.getOutputList()
                .forEach(output -> readers.computeIfAbsent(output.getName(), n -> new TreeSet<>())
                        .add(graph.getNodeCount()));
    }

    /** What a node reads, in its subgraphs as well. */
    private static Stream<String> reads(NodeProto node) {
        Stream<String> inside = node.getAttributeList().stream()
                .map(AttributeProto::getG)
                .flatMap(body -> Stream.concat(
                        body.getNodeList().stream().flatMap(LocalFunctions::reads),
                        body.getOutputList().stream().map(ValueInfoProto::getName)));
        return Stream.concat(node.getInputList().stream(), inside);
    }

    /** The model with its repeated blocks as functions; the model itself if none repeats. */
    static ModelProto of(ModelProto model) {
        Written written = new Written(model.getOpsetImportList(), new ArrayList<>(), new HashMap<>());
        GraphProto graph = new LocalFunctions(written, model.getGraph(), Set.of()).write();
        return written.functions().isEmpty()
                ? model
                : model.toBuilder()
                        .setGraph(graph)
                        .addAllFunctions(written.functions())
                        .addOpsetImport(OperatorSetIdProto.newBuilder()
                                .setDomain(DOMAIN)
                                .setVersion(1))
                        .build();
    }

    private GraphProto write() {
        Map<String, List<Part>> forms = new LinkedHashMap<>();
        for (String path : paths()) {
            part(path)
                    .ifPresent(part -> forms.computeIfAbsent(part.form(), f -> new ArrayList<>())
                            .add(part));
        }
        List<List<Part>> repeated = forms.values().stream()
                .filter(parts -> parts.size() > 1)
                .sorted(Comparator.comparing(
                        (List<Part> parts) -> -parts.get(0).nodes().size()))
                .toList();
        Map<Integer, Part> taken = new TreeMap<>();
        List<List<Part>> chosen = new ArrayList<>();
        for (List<Part> parts : repeated) {
            List<Part> free = parts.stream()
                    .filter(part -> part.nodes().stream().noneMatch(taken::containsKey))
                    .toList();
            if (free.size() > 1) {
                chosen.add(free);
                free.forEach(part -> part.nodes().forEach(node -> taken.put(node, part)));
            }
        }
        return written(chosen, taken);
    }

    private GraphProto written(List<List<Part>> chosen, Map<Integer, Part> taken) {
        Map<Part, NodeProto> calls = new HashMap<>();
        for (List<Part> parts : chosen) {
            String name = written.names().computeIfAbsent(parts.get(0).form(), form -> {
                String next =
                        name(parts.get(0).path()) + "_" + written.functions().size();
                written.functions().add(function(parts.get(0), next));
                return next;
            });
            for (Part part : parts) {
                calls.put(
                        part,
                        NodeProto.newBuilder()
                                .setOpType(name)
                                .setDomain(DOMAIN)
                                .setName(part.path())
                                .addAllInput(part.inputs())
                                .addAllOutput(part.outputs())
                                .addMetadataProps(StringStringEntryProto.newBuilder()
                                        .setKey(BLOCK)
                                        .setValue(part.path()))
                                .build());
            }
        }
        GraphProto.Builder result = graph.toBuilder().clearNode();
        for (int i = 0; i < graph.getNodeCount(); i++) {
            Part part = taken.get(i);
            if (part == null) {
                result.addNode(withFunctions(graph.getNode(i)));
            } else if (part.nodes().get(part.nodes().size() - 1) == i) {
                result.addNode(calls.get(part));
            }
        }
        return result.build();
    }

    /** A node whose subgraphs call the functions, too. */
    private NodeProto withFunctions(NodeProto node) {
        NodeProto.Builder result = node.toBuilder();
        for (AttributeProto.Builder attribute : result.getAttributeBuilderList()) {
            if (attribute.getType() == AttributeType.GRAPH) {
                attribute.setG(new LocalFunctions(written, attribute.getG(), weights).write());
            }
        }
        return result.build();
    }

    /** The last part of a path without a number: what is called layer3 there is an example of layers. */
    private static String name(String path) {
        String last = path.substring(path.lastIndexOf('/') + 1);
        return last.replaceAll("^[0-9]+|[0-9]+$", "").isEmpty() ? BLOCK : last.replaceAll("^[0-9]+|[0-9]+$", "");
    }

    private FunctionProto function(Part part, String name) {
        Map<String, String> names = new HashMap<>();
        String prefix = part.path() + "/";
        for (String input : part.inputs()) {
            String own = weights.contains(input) && input.startsWith(prefix)
                    ? input.substring(prefix.length())
                    : "input_" + names.size();
            names.put(input, own);
        }
        part.outputs()
                .forEach(output -> names.put(
                        output, "output_" + (names.size() - part.inputs().size())));
        FunctionProto.Builder function =
                FunctionProto.newBuilder().setName(name).setDomain(DOMAIN).addAllOpsetImport(written.imports());
        part.inputs().forEach(input -> function.addInput(names.get(input)));
        part.outputs().forEach(output -> function.addOutput(names.get(output)));
        for (int index : part.nodes()) {
            NodeProto node = graph.getNode(index);
            String nodeName =
                    node.getName().startsWith(prefix) ? node.getName().substring(prefix.length()) : node.getName();
            NodeProto.Builder inner = node.toBuilder()
                    .clearInput()
                    .clearOutput()
                    .clearMetadataProps()
                    .setName(nodeName);
            node.getInputList().forEach(value -> inner.addInput(names.getOrDefault(value, value)));
            node.getOutputList().forEach(value -> inner.addOutput(names.getOrDefault(value, value)));
            function.addNode(inner);
        }
        return function.build();
    }

    /** The paths of all blocks that nodes come from, and of the blocks around them. */
    private Set<String> paths() {
        Set<String> paths = new TreeSet<>();
        for (String block : blocks) {
            for (String path = block; !path.isEmpty(); path = parent(path)) {
                paths.add(path);
            }
        }
        return paths;
    }

    private static String parent(String path) {
        return path.contains("/") ? path.substring(0, path.lastIndexOf('/')) : "";
    }

    /**
     * The block that a node belongs to: the one around all blocks that it was fused from. Where the node does not say
     * it, the block whose parameters it reads, or the one around all nodes that it reads.
     */
    private String path(NodeProto node) {
        List<String> paths = node.getMetadataPropsList().stream()
                .filter(entry -> entry.getKey().equals(BLOCK))
                .flatMap(entry -> Arrays.stream(entry.getValue().split(" \\+ ")))
                .toList();
        if (paths.isEmpty()) {
            paths = node.getInputList().stream()
                    .filter(name -> name.contains("/") && weights.contains(name))
                    .map(name -> parent(name.replaceAll("/transposed$", "")))
                    .toList();
        }
        if (paths.isEmpty()) {
            paths = node.getInputList().stream()
                    .filter(producers::containsKey)
                    .map(name -> blocks.get(producers.get(name)))
                    .toList();
        }
        return paths.stream().reduce(LocalFunctions::around).orElse("");
    }

    private static String around(String a, String b) {
        String block = a;
        while (!block.isEmpty() && !isWithin(b, block)) {
            block = parent(block);
        }
        return block;
    }

    private static boolean isWithin(String path, String block) {
        return path.equals(block) || path.startsWith(block + "/");
    }

    private Optional<Part> part(String path) {
        Set<Integer> nodes = IntStream.range(0, graph.getNodeCount())
                .filter(i -> isWithin(blocks.get(i), path))
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
        removeShared(nodes);
        if (nodes.size() < MIN_NODES || !isWhole(nodes)) {
            return Optional.empty();
        }
        Map<String, String> inputs = new LinkedHashMap<>();
        Map<String, String> inner = new HashMap<>();
        List<String> outputs = new ArrayList<>();
        StringBuilder form = new StringBuilder();
        for (int index : nodes) {
            NodeProto node = graph.getNode(index);
            if (node.getAttributeList().stream().map(AttributeProto::getType).anyMatch(AttributeType.GRAPH::equals)) {
                return Optional.empty();
            }
            form.append(node.getOpType()).append(node.getAttributeList());
            for (String input : node.getInputList()) {
                boolean isInner = input.isEmpty() || inner.containsKey(input);
                form.append(' ')
                        .append(
                                isInner
                                        ? inner.getOrDefault(input, "")
                                        : inputs.computeIfAbsent(
                                                input, name -> (weights.contains(name) ? "w" : "v") + inputs.size()));
            }
            for (String output : node.getOutputList()) {
                inner.put(output, "n" + inner.size());
                boolean isRead = readers.getOrDefault(output, Set.of()).stream().anyMatch(i -> !nodes.contains(i));
                if (isRead) {
                    outputs.add(output);
                }
                form.append(isRead ? " >" : " -").append(inner.get(output));
            }
            form.append('\n');
        }
        return Optional.of(new Part(path, List.copyOf(nodes), List.copyOf(inputs.keySet()), outputs, form.toString()));
    }

    /**
     * Removes what later blocks share with the first one that computes it, such as a mask: nodes that read nothing of
     * the block's but each other, with results that are read inside and outside.
     */
    private void removeShared(Set<Integer> nodes) {
        for (int index : List.copyOf(nodes)) {
            Set<Integer> shared = new TreeSet<>();
            addAncestors(index, nodes, shared);
            Set<Integer> uses = graph.getNode(index).getOutputList().stream()
                    .flatMap(output -> readers.getOrDefault(output, Set.of()).stream())
                    .collect(Collectors.toSet());
            boolean isShared =
                    uses.stream().anyMatch(nodes::contains) && uses.stream().anyMatch(i -> !nodes.contains(i));
            boolean isLeading = shared.size() * 2 < nodes.size()
                    && shared.stream()
                            .filter(i -> i != index)
                            .flatMap(i -> graph.getNode(i).getOutputList().stream())
                            .flatMap(output -> readers.getOrDefault(output, Set.of()).stream())
                            .allMatch(shared::contains);
            if (isShared && isLeading && nodes.contains(index)) {
                nodes.removeAll(shared);
            }
        }
    }

    private void addAncestors(int index, Set<Integer> within, Set<Integer> found) {
        if (within.contains(index) && found.add(index)) {
            for (String input : graph.getNode(index).getInputList()) {
                if (producers.containsKey(input)) {
                    addAncestors(producers.get(input), within, found);
                }
            }
        }
    }

    /** Whether nothing between the first and the last of the nodes depends on one of them: they can be one node. */
    private boolean isWhole(Set<Integer> nodes) {
        int last = nodes.stream().mapToInt(i -> i).max().orElseThrow();
        return nodes.stream()
                .flatMap(i -> graph.getNode(i).getOutputList().stream())
                .flatMap(output -> readers.getOrDefault(output, Set.of()).stream())
                .allMatch(i -> nodes.contains(i) || i > last);
    }
}
