/**
 * Times recall and write of one model on several engines. Every side is a separate program that prints lines
 * {@code SIDE CASE MICROSECONDS}; {@link io.kanerva.bench.inference.Summary} makes the table. May depend on every
 * module.
 */
package io.kanerva.bench.inference;
