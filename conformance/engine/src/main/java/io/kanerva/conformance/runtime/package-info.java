/**
 * Runtimes for ONNX models: ONNX Runtime in this process, and programs in other languages, one folder each, whose
 * protocol is in {@code conformance/runtimes/README.md}. Nothing here knows what is compared.
 */
package io.kanerva.conformance.runtime;
