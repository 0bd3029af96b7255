package io.kanerva.bundle;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.model.Addressing;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.Likelihood;
import io.kanerva.trainer.model.WriterKind;
import java.util.Optional;
import java.util.Random;

/** Small models whose weights are all random: fresh heads are zero, and a zero output would agree with anything. */
final class TinyModels {
    static final KanervaSettings DEREFERENCED =
            new KanervaSettings(WriterKind.HEAP, Addressing.DEREFERENCED, 1, 8, 8, 3, 8, 12, 4, 4, 1, 5, 2, 3, 0, 6, 1);
    static final KanervaSettings TWO_KEYS =
            new KanervaSettings(WriterKind.HEAP, Addressing.CONTINUOUS, 2, 8, 12, 3, 9, 20, 4, 6, 2, 5, 2, 5, 0, 6, 1);
    static final KanervaSettings POOLED =
            new KanervaSettings(WriterKind.POOLED, Addressing.CONTINUOUS, 1, 8, 8, 3, 8, 12, 4, 4, 1, 5, 0, 0, 7, 6, 1);
    /** Colour images, with a linear path and neighbours, as the preset cifar10. */
    static final KanervaSettings COLOUR = new KanervaSettings(
            WriterKind.HEAP,
            Addressing.DEREFERENCED,
            3,
            8,
            8,
            2,
            8,
            16,
            4,
            4,
            1,
            5,
            2,
            4,
            0,
            8,
            1,
            Likelihood.DISCRETIZED_LOGISTIC_MIXTURE,
            LatentLayout.VECTOR,
            EncoderKind.RESIDUAL,
            new DecoderSettings(8, 1, 0, 0, 12, 2));

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

    static Provenance provenance() {
        return new Provenance(
                "fashion-mnist",
                Binarisation.THRESHOLD,
                4,
                1,
                100,
                1.5,
                "0123abc",
                "kpp train --preset quickstart",
                Optional.empty());
    }
}
