package io.kanerva.exporter.reference;

import ai.djl.ndarray.types.DataType;

/** Element types by their number in the specification of TensorProto. */
final class Types {
    private Types() {}

    static DataType of(long number) {
        return switch ((int) number) {
            case 1 -> DataType.FLOAT32;
            case 2 -> DataType.UINT8;
            case 3 -> DataType.INT8;
            case 6 -> DataType.INT32;
            case 7 -> DataType.INT64;
            case 9 -> DataType.BOOLEAN;
            case 10 -> DataType.FLOAT16;
            case 11 -> DataType.FLOAT64;
            default -> throw new IllegalArgumentException("element type " + number);
        };
    }
}
