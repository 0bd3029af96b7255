package io.kanerva.exporter.onnx;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.exporter.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** ONNX files of any origin. */
public final class OnnxFiles {
    private OnnxFiles() {}

    /**
     * Reads a model; weights that are in another file stay there.
     *
     * @throws IOException if the file cannot be read or is no ONNX model
     */
    public static ModelProto read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    file + ": expected an ONNX model, found " + (Files.isDirectory(file) ? "a folder" : "no file"));
        }
        ModelProto model;
        try {
            model = ModelProto.parseFrom(Files.readAllBytes(file));
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(file + ": expected an ONNX model, found something else (" + e.getMessage() + ")", e);
        }
        if (!model.hasGraph() || !model.hasIrVersion()) {
            throw new IOException(
                    file + ": expected an ONNX model, found something else (no graph or no IR version in it)");
        }
        return model;
    }

    /** A listing to read: inputs, weights, one line a node, outputs. */
    public static String toText(ModelProto model) {
        return ModelListing.of(model);
    }
}
