package io.kanerva.bundle;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.MapShape;
import java.util.Optional;
import java.util.Random;

/** Small models whose weights are all random: fresh heads are zero, and a zero output would agree with anything. */
final class TinyModels {
    static final KanervaSettings DEREFERENCED = KanervaSettings.heap(
            new MapShape(1, 8, 8),
            new MapShape(3, 8, 12),
            new Grid(4, 4),
            new Grid(2, 3),
            5,
            EncoderSettings.residual(6, 1));
    static final KanervaSettings TWO_KEYS = KanervaSettings.heap(
                    KeyAddressing.CONTINUOUS,
                    new MapShape(2, 8, 12),
                    new MapShape(3, 9, 20),
                    new Grid(4, 6),
                    new Grid(2, 5),
                    5,
                    EncoderSettings.residual(6, 1))
            .withKeys(2);
    static final KanervaSettings POOLED = KanervaSettings.pooled(
            new MapShape(1, 8, 8), 3, new Grid(4, 4), new Grid(2, 3), 5, EncoderSettings.residual(6, 1));
    /** Colour images, with a linear path and neighbours, as the preset cifar10. */
    static final KanervaSettings COLOUR = KanervaSettings.heap(
                    new MapShape(3, 8, 8),
                    new MapShape(2, 8, 16),
                    new Grid(4, 4),
                    new Grid(2, 4),
                    5,
                    EncoderSettings.residual(8, 1))
            .withDecoder(DecoderSettings.of(8, 1).withNeighbours(12, 2), ImageLikelihood.DISCRETIZED_LOGISTIC_MIXTURE);

    private TinyModels() {}

    static KanervaModel model(KanervaSettings settings) {
        KanervaModel model = new KanervaModel(settings, Device.cpu(), 1);
        Random random = new Random(2);
        model.parameters().values().forEach(parameter -> {
            float[] values = parameter.getArray().toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.1 * random.nextGaussian());
            }
            // Copied into the parameter's own memory: set(Buffer) would make it share Java's, by a call that PyTorch
            // warns of.
            try (NDArray source = parameter.getArray().getManager().create(values, parameter.getShape())) {
                parameter.getArray().set(new NDIndex(":"), source);
            }
        });
        return model;
    }

    static TrainingDetails provenance() {
        return new TrainingDetails(
                "fashion-mnist",
                Binarisation.THRESHOLD,
                4,
                1,
                100,
                1.5,
                "0123abc",
                "kpp train --preset quickstart",
                Optional.empty(),
                "",
                "none",
                Optional.empty());
    }
}
