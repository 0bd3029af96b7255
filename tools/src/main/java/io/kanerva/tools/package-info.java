/** Placeholder. */
package io.kanerva.tools;
