/**
 * Runs a bundle's graphs: ONNX Runtime's sessions, the tensors that calls reuse, and the implementation of
 * {@link io.kanerva.runtime.Kanerva}'s calls. Not exported. The only package that uses ONNX Runtime, besides
 * {@link io.kanerva.runtime.NativeRuntime}, which starts it.
 */
package io.kanerva.runtime.session;
