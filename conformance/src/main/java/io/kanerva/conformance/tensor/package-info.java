/** Tensors of the runtime as tensors of the ONNX format. */
package io.kanerva.conformance.tensor;
