/**
 * Runs the same cases through every runtime and compares the outputs with what is expected, with each other bit by bit,
 * and with double precision. {@link io.kanerva.conformance.check.Verification} does that for cases of any ONNX models,
 * {@link io.kanerva.conformance.check.Suite} for a folder of models, {@link io.kanerva.conformance.check.Bisection}
 * node by node.
 */
package io.kanerva.conformance.check;
