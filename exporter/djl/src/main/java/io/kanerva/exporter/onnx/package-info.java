/**
 * Turns a traced program into an ONNX model: {@link io.kanerva.exporter.onnx.OnnxExporter} is the way in.
 *
 * <p>May know: the tracer, DJL's API, the ONNX format. May not know: Kanerva++, an ONNX runtime (one is plugged in as a
 * {@link io.kanerva.onnx.GraphRunner} to check a model before it is handed out).
 */
package io.kanerva.exporter.onnx;
