package io.kanerva.runtime;

/**
 * Where queries were found in a memory.
 *
 * <p>A heap memory is searched by content: each query finds one written sample, and its keys are that sample's
 * pointers. A pooled memory keeps no single samples: its keys come from the encoder, {@code samples} is empty and
 * {@code scores} is [B, Q, 0].
 *
 * @param samples for query q of memory b, at b * Q + q: the written sample that matches best, from 0 to T - 1; empty
 *     for a pooled memory
 * @param scores the match of every query with every written sample, [B, Q, T], each in [-1, 1]
 * @param keys the keys to read with, [B, Q, K, 3]
 */
public record Lookup(int[] samples, FloatTensor scores, FloatTensor keys) {}
