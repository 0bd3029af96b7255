/**
 * Exports DJL blocks to ONNX.
 *
 * <p>{@link io.kanerva.exporter.trace} runs a block on recording arrays, {@link io.kanerva.exporter.onnx} turns the
 * recording into an ONNX model. Both are generic: they work on any DJL block and must not depend on Kanerva++.
 */
package io.kanerva.exporter;
