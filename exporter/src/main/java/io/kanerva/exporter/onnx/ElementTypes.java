package io.kanerva.exporter.onnx;

import ai.djl.ndarray.types.DataType;
import io.kanerva.exporter.onnx.proto.TensorProto;
import io.kanerva.exporter.trace.Tensor;

/** ONNX's numbers for element types. */
final class ElementTypes {
    /** ONNX's names by number, for listings of models that hold more than is exported. */
    private static final String[] NAMES = {
        "undefined",
        "float32",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "boolean",
        "float16",
        "float64",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16"
    };

    private ElementTypes() {}

    /** The TensorProto.DataType of a DJL type. */
    static int number(DataType type) {
        return switch (type) {
            case FLOAT32 -> TensorProto.DataType.FLOAT_VALUE;
            case FLOAT64 -> TensorProto.DataType.DOUBLE_VALUE;
            case INT32 -> TensorProto.DataType.INT32_VALUE;
            case INT64 -> TensorProto.DataType.INT64_VALUE;
            case BOOLEAN -> TensorProto.DataType.BOOL_VALUE;
            case UINT8 -> TensorProto.DataType.UINT8_VALUE;
            case INT8 -> TensorProto.DataType.INT8_VALUE;
            case FLOAT16 -> TensorProto.DataType.FLOAT16_VALUE;
            default ->
                throw new UnsupportedOperationException(
                        "element type " + type + " is not exported; cast to one of " + Tensor.TYPES);
        };
    }

    /** The DJL type of a TensorProto.DataType. */
    static DataType type(int number) {
        for (DataType type : Tensor.TYPES) {
            if (number(type) == number) {
                return type;
            }
        }
        throw new IllegalArgumentException(
                "expected a tensor of one of " + Tensor.TYPES + ", found ONNX element type " + number);
    }

    /** A name for any element type. */
    static String name(int number) {
        return number >= 0 && number < NAMES.length ? NAMES[number] : "type " + number;
    }
}
