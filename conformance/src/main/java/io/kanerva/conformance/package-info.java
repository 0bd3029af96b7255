/** Placeholder. */
package io.kanerva.conformance;
