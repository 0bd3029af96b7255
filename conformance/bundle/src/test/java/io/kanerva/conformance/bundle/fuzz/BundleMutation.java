package io.kanerva.conformance.bundle.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * Ways to spoil a bundle. Graphs that were changed are signed anew, so that no digest stops them before they are read.
 */
enum BundleMutation {
    /** Bytes of bundle.json are flipped, cut away or doubled. */
    JSON_BYTES,
    /** A value of bundle.json becomes another: of another type, huge, negative, empty, deeply nested. */
    JSON_VALUE,
    /** A graph's file ends early. */
    GRAPH_CUT,
    /** Bits of a graph's file are flipped. */
    GRAPH_FLIP,
    /** A piece of a graph's file is copied to another place. */
    GRAPH_SPLICE,
    /** Sizes in a graph become huge or negative: of weights, of constants that shapes are made of. */
    GRAPH_SIZES,
    /** An attribute or the wiring of a node becomes something else. */
    GRAPH_NODE,
    /** A graph's weights are said to lie in a file outside of the bundle, which exists and holds them. */
    EXTERNAL_DATA,
    /** bundle.json says that a graph is a file outside of the bundle, which exists and is the right one. */
    PATH;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> GRAPHS =
            List.of("encoder", "memory-writer", "reader", "decoder", "write", "index", "recall", "generate", "score");
    private static final long[] SIZES = {
        -1, 0, 1L << 20, 1L << 31, 1L << 33, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, 3_000_000_019L
    };

    /** Whether a bundle that was spoilt so must never load. */
    boolean mustBeRefused() {
        return this == EXTERNAL_DATA || this == PATH;
    }

    /**
     * Spoils a bundle.
     *
     * @param bundle a copy, to be changed in place
     * @param outside a folder beside it that holds the same graphs, and whose files must not be read
     */
    void apply(Path bundle, Path outside, Random random) throws IOException {
        String graph = GRAPHS.get(random.nextInt(GRAPHS.size()));
        Path file = bundle.resolve(graph + ".onnx");
        switch (this) {
            case JSON_BYTES ->
                Files.write(
                        bundle.resolve("bundle.json"),
                        spoilt(Files.readAllBytes(bundle.resolve("bundle.json")), random));
            case JSON_VALUE -> jsonValue(bundle, random);
            case GRAPH_CUT -> {
                byte[] bytes = Files.readAllBytes(file);
                sign(bundle, graph, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            }
            case GRAPH_FLIP -> {
                byte[] bytes = Files.readAllBytes(file);
                for (int i = random.nextInt(8); i >= 0; i--) {
                    bytes[random.nextInt(random.nextBoolean() ? bytes.length : Math.min(bytes.length, 4000))] ^=
                            (byte) (1 << random.nextInt(8));
                }
                sign(bundle, graph, bytes);
            }
            case GRAPH_SPLICE -> {
                byte[] bytes = Files.readAllBytes(file);
                int length = 1 + random.nextInt(Math.min(200, bytes.length - 1));
                System.arraycopy(
                        bytes,
                        random.nextInt(bytes.length - length),
                        bytes,
                        random.nextInt(bytes.length - length),
                        length);
                sign(bundle, graph, bytes);
            }
            case GRAPH_SIZES -> edit(bundle, graph, model -> sizes(model.getGraphBuilder(), random));
            case GRAPH_NODE -> edit(bundle, graph, model -> node(model.getGraphBuilder(), random));
            case EXTERNAL_DATA -> edit(bundle, graph, model -> external(model.getGraphBuilder(), outside, random));
            case PATH -> path(bundle, graph, outside, random);
        }
    }

    private static byte[] spoilt(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(3)) {
            case 0 -> {
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 1 -> Arrays.copyOf(bytes, at);
            default -> {
                byte[] twice = Arrays.copyOf(bytes, bytes.length + at);
                System.arraycopy(bytes, 0, twice, bytes.length, at);
                yield twice;
            }
        };
    }

    private static void jsonValue(Path bundle, Random random) throws IOException {
        ObjectNode json =
                (ObjectNode) JSON.readTree(bundle.resolve("bundle.json").toFile());
        List<JsonNode> parents = new ArrayList<>();
        collect(json, parents);
        JsonNode parent = parents.get(random.nextInt(parents.size()));
        List<String> odd = List.of(
                "null",
                "-1",
                "0",
                "1e308",
                "99999999999999999999",
                "1.5",
                "\"\"",
                "\"../../x\"",
                "\"" + "y".repeat(70_000) + "\"",
                "[]",
                "{}",
                "true",
                "[".repeat(5000) + "]".repeat(5000),
                "2147483647",
                "[1,2,3,4,5,6,7,8,9]",
                "\"\\u0000\"");
        String value = odd.get(random.nextInt(odd.size()));
        String marker = "@spoilt@";
        if (parent instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            object.put(names.get(random.nextInt(names.size())), marker);
        } else {
            ((ArrayNode) parent)
                    .set(random.nextInt(parent.size()), JSON.getNodeFactory().textNode(marker));
        }
        Files.writeString(
                bundle.resolve("bundle.json"), JSON.writeValueAsString(json).replace('"' + marker + '"', value));
    }

    private static void collect(JsonNode node, List<JsonNode> parents) {
        if (node.size() > 0) {
            parents.add(node);
            node.forEach(child -> collect(child, parents));
        }
    }

    private static void sizes(GraphProto.Builder graph, Random random) {
        TensorProto.Builder tensor = graph.getInitializerBuilder(random.nextInt(graph.getInitializerCount()));
        long size = SIZES[random.nextInt(SIZES.length)];
        if (tensor.getDataType() == ElementType.INT64.number()
                && tensor.getRawData().size() >= Long.BYTES
                && random.nextInt(4) > 0) {
            ByteBuffer values =
                    ByteBuffer.wrap(tensor.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
            values.putLong(Long.BYTES * random.nextInt(values.capacity() / Long.BYTES), size);
            tensor.setRawData(ByteString.copyFrom(values.array()));
        } else if (tensor.getDimsCount() > 0 && random.nextBoolean()) {
            tensor.setDims(random.nextInt(tensor.getDimsCount()), size);
        } else {
            tensor.addDims(size);
        }
    }

    private static void node(GraphProto.Builder graph, Random random) {
        NodeProto.Builder node = graph.getNodeBuilder(random.nextInt(graph.getNodeCount()));
        NodeProto.Builder other = graph.getNodeBuilder(random.nextInt(graph.getNodeCount()));
        switch (random.nextInt(4)) {
            case 0 -> node.setOpType(other.getOpType());
            case 1 -> {
                if (node.getInputCount() > 0) {
                    node.setInput(random.nextInt(node.getInputCount()), random.nextBoolean() ? other.getOutput(0) : "");
                }
            }
            case 2 -> node.clearAttribute().addAllAttribute(other.getAttributeList());
            default -> {
                if (node.getAttributeCount() > 0) {
                    AttributeProto.Builder attribute =
                            node.getAttributeBuilder(random.nextInt(node.getAttributeCount()));
                    long size = SIZES[random.nextInt(SIZES.length)];
                    if (attribute.getIntsCount() > 0) {
                        attribute.setInts(random.nextInt(attribute.getIntsCount()), size);
                    } else {
                        attribute.setI(size);
                    }
                }
            }
        }
    }

    /** Moves a weight's data to a file outside, and points there: by a path that climbs, or an absolute one. */
    private static void external(GraphProto.Builder graph, Path outside, Random random) throws IOException {
        TensorProto.Builder tensor = graph.getInitializerBuilder(random.nextInt(graph.getInitializerCount()));
        Files.write(outside.resolve("weights.bin"), tensor.getRawData().toByteArray());
        List<String> places = List.of(
                "../" + outside.getFileName() + "/weights.bin",
                outside.toAbsolutePath() + "/weights.bin",
                "./x/../../" + outside.getFileName() + "/weights.bin",
                "../../../../../../../../../../etc/hostname");
        UnknownFieldSet.Field.Builder entries = UnknownFieldSet.Field.newBuilder();
        String place = places.get(random.nextInt(places.size()));
        for (List<String> entry : List.of(
                List.of("location", place),
                List.of("offset", "0"),
                List.of("length", Integer.toString(tensor.getRawData().size())))) {
            entries.addLengthDelimited(StringStringEntryProto.newBuilder()
                    .setKey(entry.get(0))
                    .setValue(entry.get(1))
                    .build()
                    .toByteString());
        }
        tensor.clearRawData()
                .setUnknownFields(UnknownFieldSet.newBuilder()
                        .addField(13, entries.build())
                        .addField(
                                14,
                                UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                        .build());
    }

    /** Names a graph's file outside, or makes the file a link that leads there. */
    private static void path(Path bundle, String graph, Path outside, Random random) throws IOException {
        String name = graph + ".onnx";
        List<String> places = List.of(
                "../" + outside.getFileName() + "/" + name,
                outside.toAbsolutePath() + "/" + name,
                "x/../../" + outside.getFileName() + "/" + name,
                "..\\" + outside.getFileName() + "\\" + name,
                "link/" + name,
                name);
        int choice = random.nextInt(places.size());
        if (places.get(choice).startsWith("link/")) {
            Files.createSymbolicLink(bundle.resolve("link"), outside.toAbsolutePath());
        } else if (places.get(choice).equals(name)) {
            Files.delete(bundle.resolve(name));
            Files.createSymbolicLink(
                    bundle.resolve(name), outside.toAbsolutePath().resolve(name));
        }
        ObjectNode json =
                (ObjectNode) JSON.readTree(bundle.resolve("bundle.json").toFile());
        ((ObjectNode) json.at("/graphs/" + graph)).put("file", places.get(choice));
        Files.write(bundle.resolve("bundle.json"), JSON.writeValueAsBytes(json));
    }

    /** Changes a graph's message. */
    private interface Edit {
        void apply(ModelProto.Builder model) throws IOException;
    }

    private static void edit(Path bundle, String graph, Edit edit) throws IOException {
        ModelProto.Builder model =
                ModelProto.parseFrom(Files.readAllBytes(bundle.resolve(graph + ".onnx"))).toBuilder();
        edit.apply(model);
        sign(bundle, graph, model.build().toByteArray());
    }

    private static void sign(Path bundle, String graph, byte[] bytes) throws IOException {
        Files.write(bundle.resolve(graph + ".onnx"), bytes);
        ObjectNode json =
                (ObjectNode) JSON.readTree(bundle.resolve("bundle.json").toFile());
        String digest;
        try {
            digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        ((ObjectNode) json.at("/graphs/" + graph)).put("sha256", digest);
        Files.write(bundle.resolve("bundle.json"), JSON.writeValueAsBytes(json));
    }
}
