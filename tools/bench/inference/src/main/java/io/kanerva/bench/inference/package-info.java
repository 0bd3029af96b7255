/**
 * Recall and write of one model, timed on several ways to run it. Every side is a program of its own that prints lines
 * {@code SIDE CASE MICROSECONDS}; {@link io.kanerva.bench.inference.Summary} makes the table. May know everything.
 */
package io.kanerva.bench.inference;
