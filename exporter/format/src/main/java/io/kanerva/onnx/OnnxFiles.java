package io.kanerva.onnx;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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

    /**
     * Writes a model; one that exists is replaced in one step. If its weights {@linkplain #hasWeightsBeside lie beside
     * it}, they go into a file whose name ends in a digest of its content and {@code .data}: until the new model is in
     * place, the old one keeps its own weights. The old model's file of weights is then removed.
     *
     * @param maxWeights bytes of weights that may lie in the model's own file
     */
    public static void write(Path file, ModelProto model, long maxWeights) throws IOException {
        if (hasWeightsBeside(model, maxWeights)) {
            WeightsFile.write(file, model);
        } else {
            List<Path> old = WeightsFile.filesOf(file);
            AtomicFiles.write(file, stream -> write(model, CodedOutputStream.newInstance(stream)));
            WeightsFile.delete(old);
        }
    }

    /** Whether {@link #write(Path, ModelProto, long)} puts weights into a file of their own. */
    public static boolean hasWeightsBeside(ModelProto model, long maxWeights) {
        return weightBytes(model) > maxWeights && WeightsFile.has(model);
    }

    /** Bytes of all weights that are in the model. */
    public static long weightBytes(ModelProto model) {
        return WeightsFile.bytes(model);
    }

    /** The content of an {@code .onnx} file that has its weights in it; the same bytes every time. */
    public static byte[] toBytes(ModelProto model) {
        byte[] bytes = new byte[model.getSerializedSize()];
        try {
            write(model, CodedOutputStream.newInstance(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
    }

    static void write(ModelProto model, CodedOutputStream coded) throws IOException {
        coded.useDeterministicSerialization();
        model.writeTo(coded);
        coded.flush();
    }

    /** A listing to read: inputs, weights, one line a node, outputs. */
    public static String toText(ModelProto model) {
        return ModelListing.of(model);
    }
}
