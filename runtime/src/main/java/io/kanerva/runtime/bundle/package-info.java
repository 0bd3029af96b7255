/**
 * Reads bundles: files, bundle.json, and the inputs and outputs of each graph. Not exported. Independent of ONNX
 * Runtime.
 */
package io.kanerva.runtime.bundle;
