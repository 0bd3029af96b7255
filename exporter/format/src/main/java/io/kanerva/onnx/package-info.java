/**
 * ONNX's file format: tensors of every element type, models with weights inside or in a file of their own, listings,
 * joined models, and weights in fewer bits. Knows protobuf only; {@link io.kanerva.onnx.proto} holds the messages.
 */
package io.kanerva.onnx;
