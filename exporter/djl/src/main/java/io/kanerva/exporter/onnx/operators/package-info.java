/**
 * Lowers each DJL operation to ONNX: one class per family, all registered in
 * {@link io.kanerva.exporter.onnx.operators.Operators}. Depends on the tracer's program and the graph builder only.
 */
package io.kanerva.exporter.onnx.operators;
