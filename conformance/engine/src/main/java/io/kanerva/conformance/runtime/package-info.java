/**
 * What runs ONNX models: ONNX Runtime in this process, and programs in other languages that live in folders of their
 * own under {@code conformance/runtimes}, whose README states the protocol. Nothing here knows what is compared or why.
 */
package io.kanerva.conformance.runtime;
