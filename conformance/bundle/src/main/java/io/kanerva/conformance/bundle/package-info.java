/**
 * What a Kanerva++ bundle gives the checker to check: {@link io.kanerva.conformance.bundle.BundleCases} has the cases,
 * {@link io.kanerva.conformance.bundle.BundleBound} the bound of test images, and DJL's blocks and the Kanerva runtime
 * are runtimes like every other. Knows the trainer, the exporter and the runtime; the checker knows none of them.
 */
package io.kanerva.conformance.bundle;
