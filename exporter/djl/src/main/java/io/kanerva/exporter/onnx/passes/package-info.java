/**
 * Rewrites of a {@link io.kanerva.exporter.onnx.Graph} that keep its meaning and make it smaller. Depends on graphs
 * only.
 */
package io.kanerva.exporter.onnx.passes;
