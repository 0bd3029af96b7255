package io.kanerva.runtime;

/**
 * Images drawn from memories with random keys.
 *
 * @param images the pixels' means in [0, 1], [B, N, Cx, Hx, Wx]
 * @param keys the keys that were drawn, [B, N, K, 3]
 */
public record Generation(FloatTensor images, FloatTensor keys) {}
