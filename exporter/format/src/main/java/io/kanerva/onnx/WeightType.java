package io.kanerva.onnx;

import java.util.Locale;

/** How a model stores its weights. Whatever the type, all arithmetic is in float32. */
public enum WeightType {
    /** Unchanged. */
    FLOAT32("fp32"),
    /** IEEE half precision, rounded to nearest even; half the size. */
    FLOAT16("fp16"),
    /** 8 bits, symmetric, with one float32 scale per output channel; a quarter of the size. */
    INT8("int8");

    private final String id;

    WeightType(String id) {
        this.id = id;
    }

    /** The short name, for the command line and for file names: {@code fp16}. */
    public String id() {
        return id;
    }

    /** ONNX's name, for bundle.json: {@code float16}. */
    public String onnxName() {
        return name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return id;
    }
}
