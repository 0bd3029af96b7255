package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;

/**
 * Cuts windows out of memories: the spatial transformer's sampler (Jaderberg et al. 2015), bilinear, zeros outside,
 * {@code align_corners=0}. An interface because one sampler has several equivalent forms: as products with tent
 * weights, or as ONNX GridSample.
 */
@FunctionalInterface
public interface WindowReader {

    /**
     * Reads N windows of each memory.
     *
     * @param memory [B, C, H, W]
     * @param windows N windows for each of the B memories
     * @param blockHeight h, rows sampled in a window
     * @param blockWidth w, columns sampled in a window
     * @return the traces, [B, N, C, h, w]
     */
    NDArray read(NDArray memory, Windows windows, int blockHeight, int blockWidth);
}
