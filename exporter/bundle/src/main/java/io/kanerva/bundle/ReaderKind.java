package io.kanerva.bundle;

import io.kanerva.trainer.model.TentWeights;
import io.kanerva.trainer.model.WindowReader;
import java.util.Locale;

/**
 * How the reader graph cuts the windows of continuous keys out of the memory; both kinds compute the same values up to
 * rounding. Dereferenced keys need neither: their blocks are gathered.
 */
public enum ReaderKind {
    /** ONNX GridSample, 4-D, bilinear, zeros, {@code align_corners=0}: fast in ONNX Runtime. */
    GRIDSAMPLE,
    /** Two matrix products with tent weights: slower in ONNX Runtime, but portable to runtimes without GridSample. */
    MATMUL;

    /** The name in bundle.json and on the command line: {@code gridsample} or {@code matmul}. */
    public String id() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The sampler that is traced for this kind. */
    WindowReader windowReader() {
        return this == GRIDSAMPLE ? GridSampleWindow::read : TentWeights::read;
    }
}
