/**
 * Splits a trained {@link io.kanerva.trainer.model.KanervaModel} into its four graphs and writes the bundle that every
 * runtime reads. Knows the trainer and the exporter; they do not know it. Start at
 * {@link io.kanerva.bundle.BundleExporter}.
 */
package io.kanerva.bundle;
