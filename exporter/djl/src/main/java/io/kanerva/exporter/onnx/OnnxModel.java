package io.kanerva.exporter.onnx;

import io.kanerva.exporter.trace.ProvenSizes;
import io.kanerva.onnx.OnnxFiles;
import io.kanerva.onnx.proto.ModelProto;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A finished ONNX model. Immutable. */
public final class OnnxModel {
    private final ModelProto proto;
    private final List<Check> checks;
    private final ProvenSizes proven;
    private final long externalDataAbove;

    /**
     * One comparison of the model with the block.
     *
     * @param sizes of the dynamic dimensions, which were not traced
     * @param output name of the output
     * @param largestDifference maximum absolute difference over all elements
     */
    public record Check(Map<String, Long> sizes, String output, double largestDifference) {}

    OnnxModel(ModelProto proto, List<Check> checks, ProvenSizes proven, long externalDataAbove) {
        this.proto = proto;
        this.checks = List.copyOf(checks);
        this.proven = proven;
        this.externalDataAbove = externalDataAbove;
    }

    /** The model with all its weights. */
    public ModelProto proto() {
        return proto;
    }

    /** The comparisons with the block that the export made; empty without a runtime. */
    public List<Check> checks() {
        return checks;
    }

    /**
     * The sizes of the dynamic dimensions for which the block was found to compute what the model does. For others the
     * model is not promised to be right. The ranges stand in the model's metadata, too: {@code proven.T} is
     * {@code 1..2048}.
     */
    public ProvenSizes proven() {
        return proven;
    }

    /**
     * What the export did not prove, one sentence each: sizes beyond which the model is not promised to be right, and
     * values that were not compared because there was no runtime.
     */
    public List<String> unproven() {
        List<String> sentences = new ArrayList<>(proven.remarks());
        if (checks.isEmpty()) {
            sentences.add("the model was not run, so its values were not compared with the block's; "
                    + "withCheck() runs it with ONNX Runtime");
        }
        return List.copyOf(sentences);
    }

    /**
     * Whether {@link #write} puts the weights into a separate file, because together they exceed the options' limit.
     */
    public boolean hasExternalData() {
        return OnnxFiles.hasExternalWeights(proto, externalDataAbove);
    }

    /**
     * The content of an {@code .onnx} file with its weights inside; equal models give equal bytes.
     *
     * @throws IllegalStateException if the weights belong in a separate file
     */
    public byte[] toBytes() {
        if (hasExternalData()) {
            throw new IllegalStateException(
                    "the weights take " + OnnxFiles.weightBytes(proto) + " bytes, more than the " + externalDataAbove
                            + " allowed in one file; write the model to a file, which puts them next to it");
        }
        return OnnxFiles.toBytes(proto);
    }

    /**
     * Writes the {@code .onnx} file; an existing one is replaced in one step.
     *
     * <p>Weights that together exceed {@link ExportOptions#externalDataAbove} go into a file next to it, whose name
     * ends in a digest of its content and {@code .data}, so the old model keeps its weights until the new one replaces
     * it. Its file of weights is then removed.
     */
    public void write(Path file) throws IOException {
        OnnxFiles.write(file, proto, externalDataAbove);
    }

    /** A readable listing: inputs, weights, one line per node, outputs. */
    public String toText() {
        return OnnxFiles.toText(proto);
    }
}
