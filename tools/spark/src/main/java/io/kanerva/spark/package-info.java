/**
 * Kanerva++ on Spark: episodes of a {@code Dataset} become memories, and queries are recalled from them, each equal to
 * the bit to what {@link io.kanerva.runtime.Kanerva} makes of it on one machine.
 */
package io.kanerva.spark;
