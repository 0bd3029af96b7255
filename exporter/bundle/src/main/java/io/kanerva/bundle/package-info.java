/**
 * Splits a trained {@link io.kanerva.trainer.model.KanervaModel} into its four graphs and writes the bundle that every
 * runtime reads. Depends on the trainer and the exporter, and they do not depend on it. Start at
 * {@link io.kanerva.bundle.BundleExporter}.
 */
package io.kanerva.bundle;
