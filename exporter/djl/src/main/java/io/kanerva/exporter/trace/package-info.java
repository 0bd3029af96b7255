/**
 * Records what a DJL block computes.
 *
 * <p>A block's own {@code forward} runs on recording arrays, several times at different sizes of its dynamic
 * dimensions. Each operation is passed on to the real engine and written on a tape; comparing the tapes shows which
 * numbers depend on a dynamic dimension. The outcome is a {@link io.kanerva.exporter.trace.Program}.
 *
 * <p>May know: DJL's API and ONNX's tensors. May not know: how ONNX is written, Kanerva++, a particular engine.
 */
package io.kanerva.exporter.trace;
