package io.kanerva.onnx.reference;

import io.kanerva.onnx.ElementType;

/** Element types by their number in the specification of TensorProto. */
final class Types {
    private Types() {}

    static ElementType of(long number) {
        return switch ((int) number) {
            case 1 -> ElementType.FLOAT32;
            case 2 -> ElementType.UINT8;
            case 3 -> ElementType.INT8;
            case 6 -> ElementType.INT32;
            case 7 -> ElementType.INT64;
            case 9 -> ElementType.BOOL;
            case 10 -> ElementType.FLOAT16;
            case 11 -> ElementType.FLOAT64;
            default -> throw new IllegalArgumentException("element type " + number);
        };
    }
}
