/** {@code kpp onnx}: exports any DJL model as ONNX, and shows ONNX models. */
package io.kanerva.tools.command.onnx;
