package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** The layers that the model is made of. */
final class Layers {

    private Layers() {}

    /** A 3 x 3 convolution that keeps height and width: [N, in, h, w] to [N, channels, h, w]. */
    static Block conv3(int channels) {
        return Conv2d.builder()
                .setKernelShape(new Shape(3, 3))
                .optPadding(new Shape(1, 1))
                .setFilters(channels)
                .build();
    }

    /** A 1 x 1 convolution: [N, in, h, w] to [N, channels, h, w]. */
    static Block conv1(int channels) {
        return Conv2d.builder()
                .setKernelShape(new Shape(1, 1))
                .setFilters(channels)
                .build();
    }

    /** The same without biases. */
    static Block linear1(int channels) {
        return Conv2d.builder()
                .setKernelShape(new Shape(1, 1))
                .setFilters(channels)
                .optBias(false)
                .build();
    }

    /** A dense layer: [N, in] to [N, units]. */
    static Block dense(int units) {
        return Linear.builder().setUnits(units).build();
    }

    /**
     * Registers a head for the latent's D values, starting at zero: from features [N, width] for a latent vector, from
     * feature maps [N, width, h, w] for a latent map.
     */
    static Block latentHead(KanervaBlock parent, String name, int width) {
        KanervaSettings s = parent.settings;
        return s.latentLayout() == LatentLayout.MAP
                ? parent.child(
                        name,
                        zero(conv1(s.latentChannels())),
                        width,
                        s.block().rows(),
                        s.block().columns())
                : parent.child(name, zero(dense(s.latent())), width);
    }

    /**
     * Starts a layer on the latent's path at zero, except without a memory: then only the latent carries information
     * about the image, and with zeros at both ends no gradient would reach either. Nor where a block can be read for
     * its gist, since the decoder then sees the latent alone; nor with a charged memory, which is too dear to hold each
     * image.
     */
    static <B extends Block> B unlessAlone(KanervaSettings settings, B block) {
        return settings.writer() == WriterKind.NONE || settings.charged() || settings.gist() ? block : zero(block);
    }

    /** Starts a layer at zero, so that it has no effect at first. */
    static <B extends Block> B zero(B block) {
        block.setInitializer(Initializer.ZEROS, Parameter.Type.WEIGHT);
        return block;
    }

    /** Copies values into a parameter's own memory. */
    static void set(Parameter parameter, float[] values) {
        NDArray array = parameter.getArray();
        try (NDArray source = array.getManager().create(values, array.getShape());
                NDArray target = array.stopGradient()) {
            target.set(new NDIndex(":"), source);
        }
    }

    /** Runs a block with one input and one output. */
    static NDArray run(Block block, ParameterStore store, NDArray input, boolean training) {
        return block.forward(store, new NDList(input), training).singletonOrThrow();
    }

    /**
     * The nearest of 2^bits evenly spaced levels from -1 to 1. In training a gradient passes straight through, as if
     * nothing was rounded (Bengio et al. 2013).
     *
     * @param values -1 to 1
     */
    static NDArray rounded(NDArray values, int bits, boolean training) {
        float half = ((1 << bits) - 1) / 2f;
        NDArray fixed = values.stopGradient();
        NDArray levels = fixed.add(1f).mul(half).round().div(half).sub(1f);
        // The difference is 0, and its gradient 1: training sees the levels to the bit.
        return training ? levels.add(values.sub(fixed)) : levels;
    }

    /** The mean over height and width: [N, c, h, w] to [N, c]. DJL's mean on PyTorch takes one axis at a time. */
    static NDArray spatialMean(NDArray maps) {
        return maps.mean(new int[] {3}).mean(new int[] {2});
    }

    /**
     * The same maps [N, c, h, w] in channels-last layout. Convolutions and what is computed from them keep the layout,
     * and PyTorch's library for them (oneDNN) takes such maps as they are instead of converting their layout before and
     * after each layer. For training only: it must not end up in a graph.
     */
    static NDArray channelsLast(NDArray maps) {
        Shape s = maps.getShape();
        // The first reshape copies, unless the maps have this layout already.
        return maps.transpose(0, 2, 3, 1)
                .reshape(s.size())
                .reshape(s.get(0), s.get(2), s.get(3), s.get(1))
                .transpose(0, 3, 1, 2);
    }

    /** [N, c, h p, w p] to [N, c p p, h, w]: each p x p patch becomes channels. */
    static NDArray spaceToDepth(NDArray images, int patch) {
        Shape s = images.getShape();
        long h = s.get(2) / patch;
        long w = s.get(3) / patch;
        return images.reshape(s.get(0), s.get(1), h, patch, w, patch)
                .transpose(0, 1, 3, 5, 2, 4)
                .reshape(s.get(0), s.get(1) * patch * patch, h, w);
    }

    /** [N, c p p, h, w] to [N, c, h p, w p]: the inverse of {@link #spaceToDepth}. */
    static NDArray depthToSpace(NDArray features, int patch) {
        Shape s = features.getShape();
        long c = s.get(1) / patch / patch;
        return features.reshape(s.get(0), c, patch, patch, s.get(2), s.get(3))
                .transpose(0, 1, 4, 2, 5, 3)
                .reshape(s.get(0), c, s.get(2) * patch, s.get(3) * patch);
    }
}
