package io.kanerva.exporter.onnx;

import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A finished ONNX model. Immutable. */
public final class OnnxModel {
    private final ModelProto proto;
    private final List<Check> checks;
    private final long externalDataAbove;

    /**
     * One comparison of the model with the block.
     *
     * @param sizes of the dynamic dimensions; never traced
     * @param output name of the output
     * @param largestDifference over all elements, absolute
     */
    public record Check(Map<String, Long> sizes, String output, double largestDifference) {}

    OnnxModel(ModelProto proto, List<Check> checks, long externalDataAbove) {
        this.proto = proto;
        this.checks = List.copyOf(checks);
        this.externalDataAbove = externalDataAbove;
    }

    /** The message with all weights in it. */
    public ModelProto proto() {
        return proto;
    }

    /** The comparisons that were made before the model was handed out; empty if no runtime was given. */
    public List<Check> checks() {
        return checks;
    }

    /**
     * Whether {@link #write} puts the weights into a file of their own, because together they are larger than the
     * options allow.
     */
    public boolean hasExternalData() {
        return OnnxFiles.hasExternalWeights(proto, externalDataAbove);
    }

    /**
     * The content of an {@code .onnx} file that has its weights in it; the same bytes every time.
     *
     * @throws IllegalStateException if the weights belong in a file of their own
     */
    public byte[] toBytes() {
        if (hasExternalData()) {
            throw new IllegalStateException(
                    "the weights take " + OnnxFiles.weightBytes(proto) + " bytes, more than the " + externalDataAbove
                            + " that may be in one file; write the model to a file, which puts them beside it");
        }
        return OnnxFiles.toBytes(proto);
    }

    /**
     * Writes the {@code .onnx} file; one that exists is replaced in one step.
     *
     * <p>Weights that are together larger than {@link ExportOptions#externalDataAbove} go into a file beside it, whose
     * name ends in a digest of its content and {@code .data}: until the new model is in place, the old one keeps its
     * own weights. The old model's file of weights is then removed.
     */
    public void write(Path file) throws IOException {
        OnnxFiles.write(file, proto, externalDataAbove);
    }

    /** A listing to read: inputs, weights, one line a node, outputs. */
    public String toText() {
        return OnnxFiles.toText(proto);
    }
}
