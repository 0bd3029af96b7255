package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;

/**
 * Axis-aligned windows on a memory, in the normalised coordinates of ONNX GridSample with {@code align_corners=0}: the
 * memory spans [-1, 1] on each axis, and the centre of pixel i is at (2i + 1) / size - 1.
 *
 * @param centreX [B, N], along the memory's width
 * @param halfX [B, N], half the window's extent along the width
 * @param centreY [B, N], along the memory's height
 * @param halfY [B, N], half the window's extent along the height
 */
public record Windows(NDArray centreX, NDArray halfX, NDArray centreY, NDArray halfY) {}
