package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.onnx.ElementType;
import io.kanerva.onnx.Tensor;
import java.nio.ByteBuffer;
import java.util.List;

/** Converts between DJL's arrays and tensors. */
public final class DjlTensors {
    private DjlTensors() {}

    /** A copy of an engine's array. */
    public static Tensor copyOf(NDArray array) {
        // The engine's own memory where it is accessible, which saves a copy.
        ByteBuffer source = array.toByteBuffer(array.size() > 0);
        ByteBuffer bytes = ByteBuffer.allocate(source.remaining()).put(source).rewind();
        return over(array, bytes);
    }

    /**
     * A view of an engine's array, without a copy where its memory is accessible. It shows later changes of the array,
     * and must not be read after the array is closed.
     */
    static Tensor viewOf(NDArray array) {
        return array.size() == 0 ? copyOf(array) : over(array, array.toByteBuffer(true));
    }

    private static Tensor over(NDArray array, ByteBuffer bytes) {
        return Tensor.over(
                elementType(array.getDataType()), bytes, array.getShape().getShape());
    }

    /** A new array of the engine with a tensor's values. */
    public static NDArray toArray(Tensor tensor, NDManager manager) {
        ByteBuffer buffer = manager.allocateDirect(tensor.buffer().limit());
        buffer.put(tensor.buffer()).rewind();
        return manager.create(buffer, new Shape(tensor.shape()), dataType(tensor.type()));
    }

    /** ONNX's type of a DJL type. */
    public static ElementType elementType(DataType type) {
        if (type == DataType.UNKNOWN) {
            throw new ExportException(List.of("an array has a type that DJL has no name for, as complex numbers of "
                    + "another precision than float32; convert to float32 before the transform"));
        }
        return type == DataType.BOOLEAN ? ElementType.BOOL : ElementType.valueOf(type.name());
    }

    /** DJL's type of an ONNX type; DJL must have it. */
    public static DataType dataType(ElementType type) {
        return type == ElementType.BOOL ? DataType.BOOLEAN : DataType.valueOf(type.name());
    }
}
