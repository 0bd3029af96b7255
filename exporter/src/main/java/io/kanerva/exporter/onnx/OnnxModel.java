package io.kanerva.exporter.onnx;

import com.google.protobuf.CodedOutputStream;
import io.kanerva.exporter.onnx.proto.ModelProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A finished ONNX model. Immutable. */
public final class OnnxModel {
    private final ModelProto proto;
    private final List<Check> checks;

    /**
     * One comparison of the model with the block.
     *
     * @param sizes of the dynamic dimensions; never traced
     * @param output name of the output
     * @param largestDifference over all elements, absolute
     */
    public record Check(Map<String, Long> sizes, String output, double largestDifference) {
    }

    OnnxModel(ModelProto proto, List<Check> checks) {
        this.proto = proto;
        this.checks = List.copyOf(checks);
    }

    /** A model that was put together from others; it has not been compared with a block. */
    public static OnnxModel of(ModelProto proto) {
        return new OnnxModel(proto, List.of());
    }

    /** The model as the file format's message. */
    public ModelProto proto() {
        return proto;
    }

    /** The comparisons that were made before the model was handed out; empty if no runtime was given. */
    public List<Check> checks() {
        return checks;
    }

    /** The content of an {@code .onnx} file; the same bytes every time. */
    public byte[] toBytes() {
        byte[] bytes = new byte[proto.getSerializedSize()];
        CodedOutputStream stream = CodedOutputStream.newInstance(bytes);
        stream.useDeterministicSerialization();
        try {
            proto.writeTo(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes;
    }

    /** Writes the {@code .onnx} file; a file that exists is replaced in one step. */
    public void write(Path file) throws IOException {
        AtomicFiles.write(file, toBytes());
    }

    /** A listing to read: inputs, weights, one line a node, outputs. */
    public String toText() {
        return ModelListing.of(proto);
    }
}
