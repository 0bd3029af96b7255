/**
 * Runs the same cases through every runtime and finds where they differ: from what was expected, from each other to the
 * bit, and from what double precision gives. {@link io.kanerva.conformance.check.Verification} does that for the graphs
 * of a bundle or for any ONNX model, {@link io.kanerva.conformance.check.Suite} for a folder of models,
 * {@link io.kanerva.conformance.check.Bisection} node by node.
 */
package io.kanerva.conformance.check;
