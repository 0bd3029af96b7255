/** Placeholder. */
package io.kanerva.runtime;
