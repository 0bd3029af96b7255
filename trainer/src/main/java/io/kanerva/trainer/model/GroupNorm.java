package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;

/**
 * Group normalisation (Wu and He 2018), which DJL lacks: each sample's groups of channels to mean 0 and variance 1,
 * then a scale and an offset for each channel. [N, c, h, w] to the same; the same in training and in use.
 */
final class GroupNorm extends KanervaBlock {
    private static final int GROUPS = 8;
    private static final float EPSILON = 1e-5f;

    private final int channels;
    private final int groups;
    private final Parameter scale;
    private final Parameter offset;

    /** @param channels c; eight groups if they divide it, else one */
    GroupNorm(KanervaSettings settings, int channels) {
        super(settings);
        this.channels = channels;
        groups = channels % GROUPS == 0 ? GROUPS : 1;
        scale = parameter("scale", Parameter.Type.GAMMA);
        offset = parameter("offset", Parameter.Type.BETA);
    }

    private Parameter parameter(String name, Parameter.Type type) {
        return addParameter(Parameter.builder()
                .setName(name)
                .setType(type)
                .optShape(new Shape(channels, 1, 1))
                .build());
    }

    @Override
    NDList pass(ParameterStore store, NDList in, boolean training) {
        NDArray maps = in.singletonOrThrow();
        Shape shape = maps.getShape();
        NDManager manager = maps.getManager();
        Shape group = new Shape(channels / groups * shape.get(2) * shape.get(3));
        NDArray normal = maps.reshape(shape.get(0) * groups, group.size());
        normal = normal.getNDArrayInternal()
                .layerNorm(normal, group, manager.ones(group), manager.zeros(group), EPSILON)
                .singletonOrThrow()
                .reshape(shape);
        return new NDList(normal.mul(store.getValue(scale, maps.getDevice(), training))
                .add(store.getValue(offset, maps.getDevice(), training)));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes;
    }
}
