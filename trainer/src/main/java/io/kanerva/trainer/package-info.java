/** Placeholder. */
package io.kanerva.trainer;
