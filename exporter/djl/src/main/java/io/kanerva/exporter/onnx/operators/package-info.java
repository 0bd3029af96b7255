/**
 * How each DJL operation is expressed in ONNX: one class a family, all collected in
 * {@link io.kanerva.exporter.onnx.operators.Operators}. Knows the tracer's program and the graph builder, nothing else.
 */
package io.kanerva.exporter.onnx.operators;
