/**
 * Records the computation of a DJL block.
 *
 * <p>A block's own {@code forward} runs on recording arrays, several times at different sizes of its dynamic
 * dimensions. Each operation is passed on to the engine and recorded on a tape; comparing the tapes shows which numbers
 * depend on a dynamic dimension. The result is a {@link io.kanerva.exporter.trace.Program}.
 *
 * <p>May depend on DJL's API and ONNX's tensors, but not on the ONNX writer, Kanerva++ or a particular engine.
 */
package io.kanerva.exporter.trace;
