/**
 * Kanerva++ as DJL blocks: encoder, memory writer, reader, decoder, and the pass through all four that gives the bound.
 * Depends on DJL's engine-neutral interface only; knows no files, training loops or ONNX.
 *
 * <p>Symbols are the paper's (Ramapuram et al., ICLR 2021): B episodes of T samples, Q queries, K read keys a sample,
 * memory [C, H, W], block [C, h, w], latent of D numbers.
 */
package io.kanerva.trainer.model;
