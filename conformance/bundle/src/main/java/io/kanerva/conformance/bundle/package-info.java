/**
 * The same inputs down every path, and how far the answers lie apart: DJL's blocks on PyTorch, which are the reference,
 * ONNX Runtime's own API, and {@code io.kanerva.runtime}. {@link io.kanerva.conformance.BundleVerification} and
 * {@link io.kanerva.conformance.BoundAgreement} run the comparisons, {@link io.kanerva.conformance.Agreement} holds
 * what they found. Nothing here throws because numbers differ: a comparison reports, and its reader decides.
 */
package io.kanerva.conformance.bundle;
