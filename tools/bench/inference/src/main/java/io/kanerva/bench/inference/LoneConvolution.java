package io.kanerva.bench.inference;

import java.util.List;

/**
 * A convolution in a graph of its own; what shapes cost by themselves tells why those of a model take what they take.
 *
 * @param inputChannels channels in
 * @param outputChannels channels out
 * @param kernel its height and width, odd; the padding keeps the images' size
 * @param images how many
 * @param size their height and width
 */
record LoneConvolution(int inputChannels, int outputChannels, int kernel, int images, int size) {
    /**
     * Around the shapes of the quickstart preset's graph: fewer input channels than the 16 floats of an AVX-512
     * register, which ONNX Runtime reads in another layout, and as many; one to four registers of output channels;
     * larger images of as many pixels altogether.
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
