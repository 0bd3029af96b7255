/**
 * Runtimes for ONNX models: ONNX Runtime in this process, and programs in other languages, one folder each, with the
 * protocol of {@code conformance/runtimes/README.md}. Nothing here depends on what is compared.
 */
package io.kanerva.conformance.runtime;
