package io.kanerva.runtime.bundle;

import io.kanerva.runtime.BundleException;
import io.kanerva.runtime.bundle.ProtoMessage.MalformedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A graph file, read as far as {@link GraphCheck} needs it. Field numbers are those of onnx.proto. What a bundle's
 * graph has no need of is refused here by name: data in other files, whose path could lead anywhere and which no digest
 * would cover; graphs inside nodes; functions; operators of other domains.
 */
final class GraphFile {

    static final int FLOAT = 1;
    private static final int INT32 = 6;
    static final int INT64 = 7;

    /** Bytes of one value by the number of its type in onnx.proto; 0 for types that no bundle has. */
    private static final int[] BYTES = {0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8};

    /** A model of more nodes is malicious: the largest that ships has some hundred. */
    private static final int MAX_NODES = 10_000;

    private static final int MAX_RANK = 8;

    private final String place;
    final Map<String, GraphValue> constants = new HashMap<>();
    final List<GraphNode> nodes = new ArrayList<>();

    /** The tensors that nodes refer to, by their names. */
    final Map<String, Weight> weights = new HashMap<>();

    /** Inputs and outputs, in order. */
    final List<DeclaredTensor> inputs = new ArrayList<>();

    final List<DeclaredTensor> outputs = new ArrayList<>();
    long irVersion;

    /** The version of the standard operators. */
    long opset;

    /**
     * A tensor's values.
     *
     * @param data its bytes; null for values that are not in one piece
     * @param integers what is stored as integers, of which large tensors' are in {@code data}
     */
    record Weight(long type, List<Long> shape, ByteBuffer data, List<Long> integers) {

        /** Values of a tensor that is no weight, at most: shapes, bounds and other numbers. */
        private static final int MAX_NUMBERS = 64;

        boolean isLarge() {
            return shape.stream().reduce(1L, (a, b) -> a * b) > MAX_NUMBERS;
        }

        /** Whether all can be compared, and is equal. */
        boolean isSame(Weight other) {
            return (data != null || !integers.isEmpty()) && equals(other);
        }
    }

    private GraphFile(String place) {
        this.place = place;
    }

    /**
     * Reads one graph file.
     *
     * @param place names the file in messages
     * @throws BundleException if the bytes are not an ONNX model, or hold what no bundle's graph needs
     */
    static GraphFile read(String place, byte[] model) {
        GraphFile graph = new GraphFile(place);
        try {
            graph.readModel(new ProtoMessage(ByteBuffer.wrap(model)));
        } catch (MalformedException e) {
            throw new BundleException(
                    e, "%s: expected an ONNX model, found another or a corrupt file (%s)", place, e.getMessage());
        }
        return graph;
    }

    private void readModel(ProtoMessage model) {
        boolean hasGraph = false;
        while (model.next()) {
            switch (model.field()) {
                case 1 -> irVersion = model.integer();
                case 7 -> {
                    if (hasGraph) {
                        throw new MalformedException("two graphs"); // a parser would merge them
                    }
                    hasGraph = true;
                    readGraph(model.message());
                }
                case 8 -> readOperatorSet(model.message());
                case 20 -> throw refused("no training information");
                case 25 -> throw refused("no functions");
                default -> {}
            }
        }
        if (!hasGraph) {
            throw new MalformedException("no graph");
        }
    }

    private void readOperatorSet(ProtoMessage set) {
        String domain = "";
        long version = 0;
        while (set.next()) {
            switch (set.field()) {
                case 1 -> domain = set.text();
                case 2 -> version = set.integer();
                default -> {}
            }
        }
        requireStandard(domain);
        opset = version;
    }

    private void requireStandard(String domain) {
        if (!domain.isEmpty() && !domain.equals("ai.onnx")) {
            throw new BundleException("%s: expected standard operators alone, found those of '%s'", place, domain);
        }
    }

    private void readGraph(ProtoMessage graph) {
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> {
                    nodes.add(node(graph.message()));
                    if (nodes.size() > MAX_NODES) {
                        throw refused("at most " + MAX_NODES + " nodes");
                    }
                }
                case 5 -> tensor(graph.message(), true);
                case 11 -> inputs.add(DeclaredTensor.read(graph.message()));
                case 12 -> outputs.add(DeclaredTensor.read(graph.message()));
                case 15 -> throw refused("no sparse tensors");
                default -> {}
            }
        }
    }

    private GraphNode node(ProtoMessage message) {
        String operator = "";
        List<String> taken = new ArrayList<>();
        List<String> made = new ArrayList<>();
        Map<String, long[]> integers = new LinkedHashMap<>();
        Map<String, String> texts = new LinkedHashMap<>();
        GraphValue[] value = new GraphValue[1];
        while (message.next()) {
            switch (message.field()) {
                case 1 -> taken.add(message.text());
                case 2 -> made.add(message.text());
                case 4 -> operator = message.text();
                case 5 -> attribute(message.message(), integers, texts, value);
                case 7 -> requireStandard(message.text());
                default -> {}
            }
        }
        return new GraphNode(operator, taken, made, integers, texts, value[0]);
    }

    private void attribute(
            ProtoMessage message, Map<String, long[]> integers, Map<String, String> texts, GraphValue[] value) {
        String name = "";
        List<Long> numbers = new ArrayList<>();
        String text = null;
        while (message.next()) {
            switch (message.field()) {
                case 1 -> name = message.text();
                case 3, 8 ->
                    message.integers(number -> {
                        // ONNX Runtime 1.29 crashes where some operators' attributes do not fit 32 bits (seen:
                        // Gather's axis).
                        if ((int) number != number) {
                            throw new MalformedException("an attribute of more than 32 bits");
                        }
                        numbers.add(number);
                    });
                case 4 -> text = message.text();
                case 5 -> value[0] = tensor(message.message(), false);
                case 6, 11 -> integers.put(GraphNode.HOLDS_GRAPHS, new long[] {1});
                case 10 -> throw refused("no lists of tensors");
                case 22, 23 -> throw refused("no sparse tensors");
                default -> {}
            }
        }
        if (!numbers.isEmpty()) {
            integers.put(name, numbers.stream().mapToLong(Long::longValue).toArray());
        }
        if (text != null) {
            texts.put(name, text);
        }
    }

    /** Reads a tensor, whose data must be all there; {@code isNamed} for one that nodes refer to. */
    private GraphValue tensor(ProtoMessage message, boolean isNamed) {
        String name = "";
        long type = 0;
        long values = 0;
        long rawBytes = -1;
        ByteBuffer data = null;
        List<Long> shape = new ArrayList<>();
        List<Long> integers = new ArrayList<>();
        while (message.next()) {
            switch (message.field()) {
                case 1 -> message.integers(shape::add);
                case 2 -> type = message.integer();
                case 4 -> {
                    data = data == null && values == 0 && message.isBytes() ? message.bytes() : null;
                    values += message.fixedCount(Float.BYTES);
                }
                case 5, 7 -> message.integers(integers::add);
                case 8 -> name = message.text();
                case 9 -> {
                    ByteBuffer raw = message.bytes();
                    data = message.bytes();
                    rawBytes = raw.remaining();
                    boolean isLong = type == INT64;
                    while (isLong ? raw.remaining() >= 8 : type == INT32 && raw.remaining() >= 4) {
                        integers.add(isLong ? raw.getLong() : raw.getInt());
                        if (integers.size() > GraphValue.MAX_INTEGERS) {
                            break;
                        }
                    }
                }
                case 10 -> values += message.fixedCount(Double.BYTES);
                case 11 -> message.integers(integers::add);
                case 13 -> throw external();
                case 14 -> {
                    if (message.integer() != 0) {
                        throw external();
                    }
                }
                default -> {}
            }
        }
        if (type < FLOAT || type >= BYTES.length || BYTES[(int) type] == 0) {
            throw new BundleException("%s: tensor '%s': expected numbers, found element type %d", place, name, type);
        }
        boolean isShape = shape.size() <= MAX_RANK && shape.stream().allMatch(size -> size >= 0);
        long[] sizes = shape.stream().mapToLong(Long::longValue).toArray();
        long expected = isShape ? GraphValue.of(sizes).size() : -1;
        long found = rawBytes >= 0 ? rawBytes / BYTES[(int) type] : values + integers.size();
        boolean isWhole = rawBytes < 0 || rawBytes % BYTES[(int) type] == 0;
        if (expected != found || !isWhole) {
            throw new BundleException(
                    "%s: tensor '%s': expected the values of a shape, found shape %s with %d values",
                    place, name, shape, found);
        }
        boolean known =
                (type == INT32 || type == INT64) && expected <= GraphValue.MAX_INTEGERS && integers.size() == expected;
        GraphValue value = new GraphValue(
                sizes, known ? integers.stream().mapToLong(Long::longValue).toArray() : null);
        if (isNamed) {
            constants.put(name, value);
            weights.put(name, new Weight(type, shape, data, integers));
        }
        return value;
    }

    private BundleException external() {
        return new BundleException("%s: expected a self-contained graph, found a tensor with external data", place);
    }

    private BundleException refused(String expected) {
        return new BundleException("%s: expected %s, as K++ needs, found some", place, expected);
    }
}
