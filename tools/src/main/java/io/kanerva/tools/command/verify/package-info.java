/** {@code kpp verify}: checks bundles and other ONNX models on every runtime that this machine has. */
package io.kanerva.tools.command.verify;
