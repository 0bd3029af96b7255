/**
 * The K++ part of the exporter: splits a trained {@link io.kanerva.trainer.model.KanervaModel} into its four graphs and
 * writes the bundle that every runtime reads. Knows the trainer and the generic packages {@code trace} and
 * {@code onnx}; they do not know it. Start at {@link io.kanerva.exporter.bundle.BundleExporter}.
 */
package io.kanerva.exporter.bundle;
