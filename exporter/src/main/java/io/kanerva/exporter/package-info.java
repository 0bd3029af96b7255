/** Placeholder. */
package io.kanerva.exporter;
