package io.kanerva.bench.inference;

import java.util.List;

/**
 * A convolution in its own graph, to show the cost of its shape in isolation.
 *
 * @param inputChannels channels in
 * @param outputChannels channels out
 * @param kernel height and width of the kernel, odd; padding keeps the images' size
 * @param images batch size
 * @param size height and width of the images
 */
record LoneConvolution(int inputChannels, int outputChannels, int kernel, int images, int size) {
    /**
     * Shapes around those of the quickstart preset's graph: fewer input channels than the 16 floats of an AVX-512
     * register, for which ONNX Runtime uses another layout, and 16; one to four registers of output channels; fewer but
     * larger images.
     */
    static final List<LoneConvolution> ALL = List.of(
            new LoneConvolution(10, 48, 1, 64, 7),
            new LoneConvolution(10, 48, 3, 64, 7),
            new LoneConvolution(10, 48, 5, 64, 7),
            new LoneConvolution(16, 48, 3, 64, 7),
            new LoneConvolution(48, 16, 3, 64, 7),
            new LoneConvolution(48, 32, 3, 64, 7),
            new LoneConvolution(48, 48, 3, 64, 7),
            new LoneConvolution(48, 64, 3, 64, 7),
            new LoneConvolution(48, 16, 3, 4, 28),
            new LoneConvolution(48, 48, 3, 4, 28));
}
