/** Placeholder. */
package io.kanerva.models;
