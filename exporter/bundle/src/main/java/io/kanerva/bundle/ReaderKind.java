package io.kanerva.bundle;

import io.kanerva.trainer.model.TentWeights;
import io.kanerva.trainer.model.WindowReader;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How the reader graph cuts windows out of the memory; the values are the same to rounding. */
public enum ReaderKind {
    /** ONNX GridSample, 4-D, bilinear, zeros, {@code align_corners=0}: the fast path of ONNX Runtime. */
    GRIDSAMPLE,
    /** Two products with tent weights: slower there, but it runs where GridSample does not. */
    MATMUL;

    /** The name in bundle.json and on the command line: {@code gridsample} or {@code matmul}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The kind of this name.
     *
     * @throws IllegalArgumentException if there is none; the message lists the known ones
     */
    public static ReaderKind named(String id) {
        return Arrays.stream(values())
                .filter(kind -> kind.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("reader '%s': expected one of %s"
                        .formatted(
                                id, Arrays.stream(values()).map(ReaderKind::id).collect(Collectors.joining(", ")))));
    }

    /** The sampler that is traced for this kind. */
    WindowReader windowReader() {
        return this == GRIDSAMPLE ? GridSampleWindow::read : TentWeights::read;
    }
}
