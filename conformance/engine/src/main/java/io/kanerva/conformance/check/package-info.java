/**
 * Runs the same cases on every runtime and compares the outputs with the expected ones, with each other bit by bit, and
 * with float64. {@link io.kanerva.conformance.check.Verification} does that for cases of any ONNX models,
 * {@link io.kanerva.conformance.check.Suite} for a folder of models, {@link io.kanerva.conformance.check.Bisection}
 * node by node.
 */
package io.kanerva.conformance.check;
