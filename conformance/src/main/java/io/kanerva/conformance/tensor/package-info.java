/** Tensors of any ONNX element type, as the files of the ONNX project's test layout hold them. */
package io.kanerva.conformance.tensor;
