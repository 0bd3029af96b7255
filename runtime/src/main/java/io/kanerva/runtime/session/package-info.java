/**
 * Runs a bundle's graphs: ONNX Runtime's sessions, the tensors that calls reuse, and what the calls of
 * {@link io.kanerva.runtime.Kanerva} are made of. Not exported. The only package that knows ONNX Runtime, beside
 * {@link io.kanerva.runtime.NativeRuntime}, which starts it.
 */
package io.kanerva.runtime.session;
