/**
 * Rewrites of a {@link io.kanerva.exporter.onnx.Graph} that keep its meaning and make it smaller. Knows only graphs.
 */
package io.kanerva.exporter.onnx.passes;
