/**
 * What DJL 0.36.0 and its PyTorch engine lack or do otherwise than one expects, held as tests: whoever moves to another
 * version sees here what has changed, and which of the exporter's special cases may go.
 */
package io.kanerva.exporter.djl;
