package io.kanerva.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.Map;

/** Ends in a {@link LinearPath}: a linear model plus a correction from the features. */
final class LinearDecoder extends Decoder {
    private final LinearPath linear;

    LinearDecoder(KanervaSettings settings) {
        super(settings);
        linear = child(
                "linear",
                new LinearPath(settings),
                settings.decoder().width(),
                settings.block().rows(),
                settings.block().columns());
    }

    @Override
    Map<Parameter, float[]> factors() {
        return linear.factors();
    }

    LinearPath linear() {
        return linear;
    }

    @Override
    NDArray parameters(ParameterStore store, NDArray featureMaps, NDArray maps, boolean training) {
        return linear.forward(store, new NDList(featureMaps, maps), training).singletonOrThrow();
    }

    /** Skips this block's output, which would be large. */
    @Override
    NDArray negativeLogLikelihood(ParameterStore store, NDArray z, NDArray read, NDArray images, boolean training) {
        // The engine keeps what the backward pass needs; the rest is freed at once: a third of a gigabyte for a
        // step of the preset cifar10.
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            Shape s = images.getShape();
            NDArray maps = maps(read);
            NDArray flat = images.reshape(settings.image().shape(s.get(0) * s.get(1)));
            NDArray logarithms =
                    linear.logProbability(store, featureMaps(store, z, maps, training), maps, flat, training);
            NDArray nats = logarithms.neg().reshape(s.get(0), s.get(1));
            NDScope.unregister(nats);
            return nats;
        }
    }
}
