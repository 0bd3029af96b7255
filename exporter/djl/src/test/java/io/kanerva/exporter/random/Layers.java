package io.kanerva.exporter.random;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.core.Multiplication;
import ai.djl.nn.core.SparseMax;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.GhostBatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.transformer.PointwiseFeedForwardBlock;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import java.util.List;

/**
 * Random layers with parameters or with a geometry, for vectors (N, F), sequences (N, T, F) and images (N, C, H, W).
 */
final class Layers {
    private Layers() {}

    static Block vector(Gene gene, Shape shape) {
        return switch (gene.first() % 7) {
            case 6 ->
                shape.get(1) > 2
                        ? sparseMax(shape.get(1))
                        : Linear.builder().setUnits(5).build();
            case 0 -> BatchNorm.builder().build();
            case 1 -> norm(1);
            // Makes (units, N, F).
            case 2 ->
                new SequentialBlock()
                        .add(Multiplication.builder()
                                .setUnits(1 + gene.second() % 3)
                                .build())
                        .addSingleton(x -> x.sum(new int[] {0}));
            default ->
                Linear.builder()
                        .setUnits(1 + gene.second() % 9)
                        .optBias(gene.third() % 3 > 0)
                        .build();
        };
    }

    /** With an epsilon that keeps the rounding of nearly equal numbers from being all that is left of them. */
    private static Block norm(int... axes) {
        return LayerNorm.builder().axis(axes).optEpsilon(1e-2f).build();
    }

    /**
     * Sparse softmax of different numbers: which of equal ones is among the largest, DJL's engine decides by a sort
     * that is not stable beyond 16 elements ({@code EngineFindingsTest}), so that there the block itself is no rule to
     * follow.
     */
    private static Block sparseMax(long width) {
        return new SequentialBlock()
                .addSingleton(x -> x.add(
                        x.getManager().arange((float) width).mul(1.7f).sin().mul(0.2f)))
                .add(new SparseMax());
    }

    static Block sequence(Gene gene, Shape shape) {
        long width = shape.get(2);
        int state = 1 + gene.second() % 5;
        int layers = 1 + gene.third() % 2;
        return switch (gene.first() % 11) {
            case 8 ->
                alone(LSTM.builder()
                        .setStateSize(state)
                        .setNumLayers(layers)
                        .optHasBiases(gene.third() % 3 > 0)
                        .build());
            case 9 ->
                alone(GRU.builder()
                        .setStateSize(state)
                        .setNumLayers(layers)
                        .optHasBiases(gene.third() % 3 > 0)
                        .build());
            case 10 ->
                alone(RNN.builder()
                        .setActivation(gene.third() % 3 > 0 ? RNN.Activation.TANH : RNN.Activation.RELU)
                        .setStateSize(state)
                        .setNumLayers(layers)
                        .build());
            case 0 -> BatchNorm.builder().optAxis(2).build();
            case 1 -> norm(2);
            case 2 ->
                width % 2 == 0
                        ? new TransformerEncoderBlock(
                                (int) width,
                                gene.second() % 2 == 0 ? 2 : 1,
                                3 + gene.third() % 4,
                                0.1f,
                                gene.third() % 2 == 0 ? Activation::relu : Activation::gelu)
                        : Linear.builder().setUnits(width + 1).build();
            case 3 -> new PointwiseFeedForwardBlock(List.of(3 + gene.second() % 4), (int) width, Activation::relu);
            case 4 ->
                new SequentialBlock()
                        .addSingleton(x -> x.transpose(0, 2, 1))
                        .add(Conv1d.builder()
                                .setKernelShape(new Shape(1 + gene.second() % 2))
                                .optPadding(new Shape(gene.second() % 2))
                                .setFilters(1 + gene.third() % 5)
                                .build())
                        .addSingleton(x -> x.transpose(0, 2, 1));
            case 5 ->
                gene.second() % 2 == 0
                        ? LambdaBlock.singleton(x -> x.mean(new int[] {1}))
                        : LambdaBlock.singleton(x -> x.max(new int[] {1}));
            default ->
                Linear.builder()
                        .setUnits(1 + gene.second() % 9)
                        .optBias(gene.third() % 3 > 0)
                        .build();
        };
    }

    /**
     * A recurrent block of DJL 0.36.0 adds its states to the list that it is given, which a parallel block gives to the
     * others, too.
     */
    private static Block alone(Block recurrent) {
        return new SequentialBlock().addSingleton(x -> x).add(recurrent);
    }

    static Block image(Gene gene, Shape shape, boolean isDynamic) {
        return switch (gene.first() % 10) {
            case 0 ->
                BatchNorm.builder()
                        .optEpsilon(gene.second() % 2 == 0 ? 1e-5f : 1e-3f)
                        .build();
            case 1 -> GhostBatchNorm.builder().optVirtualBatchSize(64).build();
            case 2 ->
                isDynamic
                        ? BatchNorm.builder().build()
                        : norm(gene.second() % 2 == 0 ? new int[] {2, 3} : new int[] {1, 2, 3});
            case 3, 4 -> pool(gene, shape);
            case 5 ->
                gene.second() % 4 > 0
                        ? convolution(gene, shape)
                        : gene.third() % 2 == 0 ? Pool.globalAvgPool2dBlock() : Pool.globalMaxPool2dBlock();
            case 6 ->
                gene.second() % 4 > 0
                        ? larger(gene, shape)
                        : gene.third() % 2 == 0
                                ? places(shape)
                                // A matrix of dynamic width would be too much for what follows.
                                : isDynamic ? convolution(gene, shape) : Blocks.batchFlattenBlock();
            default -> convolution(gene, shape);
        };
    }

    private static Block convolution(Gene gene, Shape shape) {
        boolean isGrouped = shape.get(1) % 2 == 0 && gene.third() % 4 == 0;
        int filters = isGrouped ? 2 + 2 * (gene.second() % 3) : 1 + gene.second() % 6;
        long dilation = 1 + gene.third() / 4 % 2;
        long padding = gene.second() / 6 % 2;
        long[] kernel = {1 + gene.second() % 3, 1 + gene.third() % 3};
        for (int i = 0; i < 2; i++) {
            kernel[i] = (kernel[i] - 1) * dilation + 1 > shape.get(2 + i) + 2 * padding ? 1 : kernel[i];
        }
        SequentialBlock block = new SequentialBlock()
                .add(Conv2d.builder()
                        .setKernelShape(new Shape(kernel))
                        .setFilters(filters)
                        .optStride(new Shape(1 + gene.third() / 8 % 2, 1 + gene.second() / 12 % 2))
                        .optPadding(new Shape(padding, padding))
                        .optDilation(new Shape(dilation, dilation))
                        .optGroups(isGrouped ? 2 : 1)
                        .optBias(gene.third() % 5 > 0)
                        .build());
        return gene.third() % 2 == 0 ? block : block.add(BatchNorm.builder().build());
    }

    private static Block pool(Gene gene, Shape shape) {
        long size = Math.min(1 + gene.second() % 3, Math.min(shape.get(2), shape.get(3)));
        long padding = size < 2 ? 0 : gene.third() % 2;
        Shape kernel = new Shape(size, size);
        Shape stride = new Shape(1 + gene.third() / 2 % 2, 1 + gene.third() / 4 % 2);
        boolean isCeil = gene.second() / 3 % 2 == 1;
        Shape pads = new Shape(padding, padding);
        return gene.first() % 2 == 0
                ? Pool.maxPool2dBlock(kernel, stride, pads, isCeil)
                : Pool.avgPool2dBlock(kernel, stride, pads, isCeil);
    }

    /** The places of an image as a sequence: (N, H W, C). */
    private static Block places(Shape shape) {
        return LambdaBlock.singleton(x -> x.reshape(
                        x.getShape().get(0),
                        shape.get(1),
                        x.getShape().get(2) * x.getShape().get(3))
                .transpose(0, 2, 1));
    }

    /** Twice the height and width, nearest or bilinear, while images are small. */
    private static Block larger(Gene gene, Shape shape) {
        if (shape.get(2) > 8 || shape.get(3) > 8) {
            return LambdaBlock.singleton(Activation::relu);
        }
        return LambdaBlock.singleton(x -> x.getNDArrayInternal()
                .interpolation(
                        new long[] {2 * x.getShape().get(2), 2 * x.getShape().get(3)}, gene.third() % 2, false));
    }
}
