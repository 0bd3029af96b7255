/**
 * Kanerva++ as DJL blocks: encoder, memory writer, reader, decoder, and the pass through all four that gives the bound.
 * Depends on DJL's engine-neutral interface only; independent of files, training loops and ONNX.
 *
 * <p>Symbols are the paper's (Ramapuram et al., ICLR 2021): B episodes of T samples, Q queries, K read keys per sample,
 * memory [C, H, W], block [C, h, w], latent of D values.
 */
package io.kanerva.trainer.model;
