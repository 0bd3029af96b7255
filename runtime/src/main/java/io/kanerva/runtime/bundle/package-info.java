/**
 * Reads bundles: files, bundle.json, and what each graph takes and gives. Not exported. Knows nothing of ONNX Runtime.
 */
package io.kanerva.runtime.bundle;
