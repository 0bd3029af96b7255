/**
 * Blocks as people outside this project write them, exported and compared with the engine at sizes that were not
 * traced, and the page {@code OUTSIDE.md} that says what became of each.
 */
package io.kanerva.exporter.outside;
