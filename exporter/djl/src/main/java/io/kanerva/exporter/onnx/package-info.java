/**
 * Turns a traced program into an ONNX model; start at {@link io.kanerva.exporter.onnx.OnnxExporter}.
 *
 * <p>May depend on the tracer, DJL's API and the ONNX format, but not on Kanerva++ or an ONNX runtime (a
 * {@link io.kanerva.onnx.GraphRunner} is passed in to check a model).
 */
package io.kanerva.exporter.onnx;
