/**
 * Kanerva++ bundles for the checker: {@link io.kanerva.conformance.bundle.BundleCases} has the cases,
 * {@link io.kanerva.conformance.bundle.BundleBound} the bound of test images, and DJL's blocks and the Kanerva runtime
 * are runtimes like every other. Depends on the trainer, the exporter and the runtime; the checker depends on none of
 * them.
 */
package io.kanerva.conformance.bundle;
