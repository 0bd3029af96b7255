package io.kanerva.conformance;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.kanerva.onnx.Tensor;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.TensorProto;
import io.kanerva.onnx.proto.ValueInfoProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Makes the mistakes that a comparison must catch: changes a bundle's graph and signs it anew, so that no digest gives
 * it away.
 */
public record ChangedBundle(Path folder) {

    public static ChangedBundle of(Path folder) {
        return new ChangedBundle(folder);
    }

    /** Multiplies the largest weight tensor of a graph. */
    public void scaleWeight(String graph, float factor) throws IOException {
        changeLargest(graph, values -> {
            for (int i = 0; i < values.capacity(); i += Float.BYTES) {
                values.putFloat(i, values.getFloat(i) * factor);
            }
        });
    }

    /** Adds to one number, in the middle of the largest weight tensor of a graph. */
    public void addToOneWeight(String graph, float difference) throws IOException {
        changeLargest(graph, values -> {
            int middle = values.capacity() / Float.BYTES / 2 * Float.BYTES;
            values.putFloat(middle, values.getFloat(middle) + difference);
        });
    }

    private void changeLargest(String graph, Consumer<ByteBuffer> change) throws IOException {
        change(graph, builder -> {
            int largest = IntStream.range(0, builder.getInitializerCount())
                    .boxed()
                    .max(Comparator.comparing(
                            i -> builder.getInitializer(i).getRawData().size()))
                    .orElseThrow();
            TensorProto.Builder weight = builder.getInitializerBuilder(largest);
            ByteBuffer values =
                    ByteBuffer.wrap(weight.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
            change.accept(values);
            weight.setRawData(ByteString.copyFrom(values.array()));
        });
    }

    /** Lets two outputs change their names. */
    public void swapOutputs(String graph, String one, String other) throws IOException {
        change(
                graph,
                builder -> builder.getNodeBuilderList().forEach(node -> {
                    for (int i = 0; i < node.getOutputCount(); i++) {
                        node.setOutput(i, swapped(node.getOutput(i), one, other));
                    }
                    for (int i = 0; i < node.getInputCount(); i++) {
                        node.setInput(i, swapped(node.getInput(i), one, other));
                    }
                }));
    }

    /** Adds numbers to an output, broadcast from the shape given. */
    public void addToOutput(String graph, String output, float[] numbers, long... shape) throws IOException {
        change(graph, builder -> {
            builder.getNodeBuilderList().forEach(node -> {
                for (int i = 0; i < node.getOutputCount(); i++) {
                    node.setOutput(i, node.getOutput(i).equals(output) ? output + "_before" : node.getOutput(i));
                }
            });
            builder.addInitializer(Tensor.of("added", numbers, shape).toProto())
                    .addNode(NodeProto.newBuilder()
                            .setName("added")
                            .setOpType("Add")
                            .addInput(output + "_before")
                            .addInput("added")
                            .addOutput(output));
        });
    }

    /** Sets an attribute of the graph's GridSample node. */
    public void setSampling(Consumer<AttributeProto.Builder> attribute, String name) throws IOException {
        change("reader", builder -> {
            NodeProto.Builder sample = builder.getNodeBuilderList().stream()
                    .filter(node -> node.getOpType().equals("GridSample"))
                    .findFirst()
                    .orElseThrow();
            attribute.accept(sample.getAttributeBuilderList().stream()
                    .filter(a -> a.getName().equals(name))
                    .findFirst()
                    .orElseThrow());
        });
    }

    /** Exchanges the graph's own first two inputs. */
    public void swapGraphInputs(String graph) throws IOException {
        change(graph, builder -> {
            ValueInfoProto first = builder.getInput(0);
            builder.setInput(0, builder.getInput(1)).setInput(1, first);
        });
    }

    /** Exchanges the inputs of the first node of that operator. */
    public void swapInputs(String graph, String operator) throws IOException {
        change(graph, builder -> {
            NodeProto.Builder node = builder.getNodeBuilderList().stream()
                    .filter(n -> n.getOpType().equals(operator))
                    .findFirst()
                    .orElseThrow();
            String first = node.getInput(0);
            node.setInput(0, node.getInput(1)).setInput(1, first);
        });
    }

    private static String swapped(String name, String one, String other) {
        return name.equals(one) ? other : name.equals(other) ? one : name;
    }

    private void change(String graph, Consumer<GraphProto.Builder> change) throws IOException {
        Path file = folder.resolve(graph + ".onnx");
        ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
        change.accept(model.getGraphBuilder());
        Files.write(file, model.build().toByteArray());
        sign(graph, file);
    }

    private void sign(String graph, Path file) throws IOException {
        Path description = folder.resolve("bundle.json");
        ObjectNode json = (ObjectNode) new ObjectMapper().readTree(description.toFile());
        String digest = digest(Files.readAllBytes(file));
        ((ObjectNode) json.at("/graphs/" + graph)).put("sha256", digest);
        ((ObjectNode) json.get("files")).put(graph + ".onnx", digest);
        Files.write(description, new ObjectMapper().writeValueAsBytes(json));
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
