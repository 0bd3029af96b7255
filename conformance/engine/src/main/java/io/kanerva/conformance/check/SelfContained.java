package io.kanerva.conformance.check;

import com.google.protobuf.ByteString;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.AttributeProto;
import io.kanerva.onnx.proto.GraphProto;
import io.kanerva.onnx.proto.ModelProto;
import io.kanerva.onnx.proto.NodeProto;
import io.kanerva.onnx.proto.StringStringEntryProto;
import io.kanerva.onnx.proto.TensorProto;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads models together with the weights in external files, so that they can be changed and written elsewhere. */
final class SelfContained {

    private SelfContained() {}

    /**
     * Reads a model with all its data, and its nodes in the order of computation.
     *
     * @param file the .onnx file; its external data must be in its folder or below
     * @throws IOException if it or its data cannot be read, or the data are elsewhere; the message is one sentence
     */
    static ModelProto.Builder read(Path file) throws IOException {
        ModelProto.Builder model = OnnxFiles.read(file).toBuilder();
        embed(file, model.getGraphBuilder());
        List<NodeProto> sorted = NodeOrder.of(model.getGraph().getNodeList());
        model.getGraphBuilder().clearNode().addAllNode(sorted);
        return model;
    }

    private static void embed(Path model, GraphProto.Builder graph) throws IOException {
        for (TensorProto.Builder initializer : graph.getInitializerBuilderList()) {
            embed(model, initializer);
        }
        for (NodeProto.Builder node : graph.getNodeBuilderList()) {
            for (AttributeProto.Builder attribute : node.getAttributeBuilderList()) {
                if (attribute.hasT()) {
                    embed(model, attribute.getTBuilder());
                }
                if (attribute.hasG()) {
                    embed(model, attribute.getGBuilder());
                }
            }
        }
    }

    private static void embed(Path model, TensorProto.Builder tensor) throws IOException {
        if (tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL) {
            return;
        }
        Map<String, String> where = tensor.getExternalDataList().stream()
                .collect(Collectors.toMap(
                        StringStringEntryProto::getKey, StringStringEntryProto::getValue, (first, second) -> second));
        Path folder = model.toAbsolutePath().getParent();
        Path file = folder.resolve(where.getOrDefault("location", "")).normalize();
        if (!file.startsWith(folder.normalize())
                || !Files.isRegularFile(file)
                || !file.toRealPath().startsWith(folder.toRealPath())) {
            throw new IOException("%s: tensor '%s': expected its data in a file of the model's folder, found '%s'"
                    .formatted(model, tensor.getName(), where.get("location")));
        }
        try (RandomAccessFile data = new RandomAccessFile(file.toFile(), "r")) {
            long offset = Long.parseLong(where.getOrDefault("offset", "0"));
            long length = where.containsKey("length") ? Long.parseLong(where.get("length")) : data.length() - offset;
            if (offset < 0 || length < 0 || length > data.length() - offset || length > Integer.MAX_VALUE - 8) {
                throw new IOException("%s: tensor '%s': expected %d bytes from %d in '%s', found a file of %d"
                        .formatted(model, tensor.getName(), length, offset, where.get("location"), data.length()));
            }
            byte[] bytes = new byte[(int) length];
            data.seek(offset);
            data.readFully(bytes);
            tensor.setRawData(ByteString.copyFrom(bytes)).clearDataLocation().clearExternalData();
        } catch (NumberFormatException e) {
            throw new IOException(
                    "%s: tensor '%s': expected integers for the offset and length of its data, found %s"
                            .formatted(model, tensor.getName(), where),
                    e);
        }
    }
}
