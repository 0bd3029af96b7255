package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;

/**
 * ResNet-18 (He et al. 2016) with temporal shift (Lin et al. 2019) over the episode, the paper's encoder (section 3.1):
 * at the start of each residual branch an eighth of the channels comes from the sample before, an eighth from the one
 * after, zeros where there is none. Its first layer is a 3 x 3 convolution instead of 7 x 7 and a pool, because the
 * images are small, and the first layer and the stages halve height and width only until the block's resolution is
 * reached: the memory's blocks are maps. Normalisation is by groups of channels (Wu and He 2018), so that a sample's
 * features depend on its episode through the shift alone, in training as in use.
 *
 * <p>[B, T, Cx, Hx, Wx] to features [B T, 8 width, h, w].
 */
final class TemporalResNet extends KanervaBlock implements Trunk {
    /** One of every eight channels is shifted each way. */
    static final int SHIFT_DIVISOR = 8;

    private static final int STAGES = 4;

    /** The first layer and all stages but the first can halve. */
    static final int MAX_STRIDE = 16;

    private static final int BLOCKS = 2;

    private final Block stem;
    private final Block stemNorm;
    private final List<Residual> residuals = new ArrayList<>();

    /**
     * A residual block's layers.
     *
     * @param shortcut from the block's input to its sum: a projection and its normalisation, none within a stage
     */
    private record Residual(Block first, Block firstNorm, Block second, Block secondNorm, List<Block> shortcut) {}

    TemporalResNet(KanervaSettings settings) {
        super(settings);
        int channels = settings.encoder().width();
        int height = settings.image().height();
        int width = settings.image().width();
        int remaining = settings.patch();
        int stride = remaining > 1 ? 2 : 1;
        remaining /= stride;
        stem = child("stem", convolution(3, channels, stride), settings.image().channels(), height, width);
        height /= stride;
        width /= stride;
        stemNorm = norm("stem_norm", channels, height, width);
        for (int stage = 0; stage < STAGES; stage++) {
            for (int block = 0; block < BLOCKS; block++) {
                boolean first = stage > 0 && block == 0;
                int in = first ? channels / 2 : channels;
                stride = first && remaining > 1 ? 2 : 1;
                remaining /= stride;
                int newHeight = height / stride;
                int newWidth = width / stride;
                String name = "stage" + (stage + 1) + "_block" + (block + 1);
                residuals.add(new Residual(
                        child(name + "a", convolution(3, channels, stride), in, height, width),
                        norm(name + "a_norm", channels, newHeight, newWidth),
                        child(name + "b", convolution(3, channels, 1), channels, newHeight, newWidth),
                        norm(name + "b_norm", channels, newHeight, newWidth),
                        first
                                ? List.of(
                                        child(name + "p", convolution(1, channels, stride), in, height, width),
                                        norm(name + "p_norm", channels, newHeight, newWidth))
                                : List.of()));
                height = newHeight;
                width = newWidth;
            }
            channels *= 2;
        }
    }

    @Override
    public NDArray features(ParameterStore store, NDArray images, boolean training) {
        return Layers.run(this, store, images, training);
    }

    @Override
    public int width() {
        return settings.encoder().width() << (STAGES - 1);
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray images = in.singletonOrThrow();
        Shape s = images.getShape();
        long b = s.get(0);
        long t = s.get(1);
        NDArray x = Layers.run(stem, store, images.reshape(b * t, s.get(2), s.get(3), s.get(4)), training);
        x = Activation.relu(Layers.run(stemNorm, store, x, training));
        for (Residual block : residuals) {
            NDArray branch = Layers.run(block.first(), store, shifted(x, b, t), training);
            branch = Activation.relu(Layers.run(block.firstNorm(), store, branch, training));
            branch = Layers.run(
                    block.secondNorm(), store, Layers.run(block.second(), store, branch, training), training);
            NDArray kept = x;
            for (Block layer : block.shortcut()) {
                kept = Layers.run(layer, store, kept, training);
            }
            x = Activation.relu(kept.add(branch));
        }
        return new NDList(x);
    }

    /** The temporal shift: [B T, c, h, w] to the same. With fewer than eight channels nothing is shifted. */
    static NDArray shifted(NDArray maps, long b, long t) {
        Shape s = maps.getShape();
        long part = s.get(1) / SHIFT_DIVISOR;
        if (part == 0) {
            return maps;
        }
        long h = s.get(2);
        long w = s.get(3);
        NDArray episodes = maps.reshape(b, t, s.get(1), h, w);
        NDArray nothing = maps.getManager().zeros(new Shape(b, 1, part, h, w));
        NDArray fromBefore =
                nothing.concat(episodes.get(":, :, {}:{}", 0, part), 1).get(":, 0:{}", t);
        NDArray fromAfter =
                episodes.get(":, :, {}:{}", part, 2 * part).concat(nothing, 1).get(":, 1:{}", t + 1);
        return fromBefore
                .concat(fromAfter, 2)
                .concat(episodes.get(":, :, {}:{}", 2 * part, s.get(1)), 2)
                .reshape(b * t, s.get(1), h, w);
    }

    private Block norm(String name, int channels, int height, int width) {
        return child(name, new GroupNorm(settings, channels), channels, height, width);
    }

    private static Block convolution(int kernel, int channels, int stride) {
        return Conv2d.builder()
                .setKernelShape(new Shape(kernel, kernel))
                .optPadding(new Shape(kernel / 2, kernel / 2))
                .optStride(new Shape(stride, stride))
                .setFilters(channels)
                .optBias(false)
                .build();
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {
            new Shape(
                    inputShapes[0].get(0) * inputShapes[0].get(1),
                    width(),
                    settings.block().rows(),
                    settings.block().columns())
        };
    }
}
