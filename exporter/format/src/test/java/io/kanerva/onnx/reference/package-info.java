/**
 * A plain and slow interpreter of the ONNX operators that are exported, written from the operators' specification: a
 * third opinion beside the engine and ONNX Runtime. Computes in double precision on Java arrays. May know: the file
 * format; nothing of DJL and nothing of the lowerings.
 */
package io.kanerva.onnx.reference;
