package io.kanerva.onnx;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads and writes ONNX files. */
public final class OnnxFiles {
    private OnnxFiles() {}

    /**
     * Reads a model, without the data of weights in other files.
     *
     * @throws IOException if the file is unreadable or not an ONNX model
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
     * Writes a model; an existing one is replaced in one step. If its weights {@linkplain #hasExternalWeights are
     * external}, they go into a file whose name ends in a digest of its content and {@code .data}, so the old model
     * keeps its weights until the new one replaces it. Its file of weights is then removed.
     *
     * @param maxWeights maximum bytes of weights inside the model's file
     */
    public static void write(Path file, ModelProto model, long maxWeights) throws IOException {
        if (hasExternalWeights(model, maxWeights)) {
            WeightsFile.write(file, model);
        } else {
            List<Path> old = WeightsFile.filesOf(file);
            AtomicFiles.write(file, stream -> write(model, CodedOutputStream.newInstance(stream)));
            WeightsFile.delete(old);
        }
    }

    /** Whether {@link #write(Path, ModelProto, long)} puts weights into a separate file. */
    public static boolean hasExternalWeights(ModelProto model, long maxWeights) {
        return weightBytes(model) > maxWeights && WeightsFile.has(model);
    }

    /** The number of bytes of all weights inside the model. */
    public static long weightBytes(ModelProto model) {
        return WeightsFile.bytes(model);
    }

    /** The content of an {@code .onnx} file with its weights inside; equal models give equal bytes. */
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

    /** A readable listing: inputs, weights, one line per node, outputs. */
    public static String toText(ModelProto model) {
        return ModelListing.of(model, false);
    }

    /**
     * Like {@link #toText}, with each node's metadata at the end of its line: where the exporter says it comes from.
     */
    public static String toTextWithOrigins(ModelProto model) {
        return ModelListing.of(model, true);
    }
}
