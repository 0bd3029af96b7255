/**
 * ONNX's file format: tensors of every element type, models with internal or external weights, listings, joined models,
 * and weights in fewer bits. Depends on protobuf only; {@link io.kanerva.onnx.proto} holds the messages.
 */
package io.kanerva.onnx;
