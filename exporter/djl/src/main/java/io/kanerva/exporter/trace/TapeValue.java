package io.kanerva.exporter.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.kanerva.exporter.trace.block.CallSite;
import io.kanerva.onnx.ElementType;

/**
 * A value of one recording.
 *
 * @param id position among the recording's values
 * @param kind where it comes from
 * @param name the input's or the parameter's name; empty for others
 * @param array the engine's array that holds the value; lives as long as the recording
 * @param site the line that computed it
 */
record TapeValue(int id, Kind kind, String name, NDArray array, CallSite site) {
    /** Where a value comes from. */
    enum Kind {
        INPUT,
        PARAMETER,
        CONSTANT,
        RESULT
    }

    DataType type() {
        return array.getDataType();
    }

    ElementType elementType() {
        return DjlTensors.elementType(type());
    }

    Shape shape() {
        return array.getShape();
    }
}
