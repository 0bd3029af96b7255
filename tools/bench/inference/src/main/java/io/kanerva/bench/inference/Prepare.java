package io.kanerva.bench.inference;

import ai.djl.Device;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.TrainingDetails;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.train.Preset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Writes the folder that all sides share: a bundle with random weights (speed does not depend on them), 64 black and
 * white images as float32, and the sizes.
 */
final class Prepare {
    private static final int IMAGES = 64;

    private Prepare() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        KanervaSettings settings = Preset.named(arguments[1]).plan().settings();
        Path bundle = folder.resolve("bundle");
        try (KanervaModel model = model(settings)) {
            TrainingDetails provenance = TrainingDetails.untrained("random", Binarisation.THRESHOLD, TimedCall.EPISODE);
            BundleExporter.export(
                    model, provenance, BundleOptions.named("bench").replacing(), bundle);
        }
        Random random = new Random(7);
        ByteBuffer images = ByteBuffer.allocate(IMAGES * settings.image().size() * Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        while (images.hasRemaining()) {
            images.putFloat(random.nextInt(3) == 0 ? 1 : 0);
        }
        Files.write(folder.resolve("images.f32"), images.array());
        Files.writeString(
                folder.resolve("sizes.txt"),
                "%d %d %d %d %d %d %d %d %d %d%n"
                        .formatted(
                                settings.image().channels(),
                                settings.image().height(),
                                settings.image().width(),
                                settings.memory().channels(),
                                settings.memory().height(),
                                settings.memory().width(),
                                settings.block().rows(),
                                settings.block().columns(),
                                settings.keys(),
                                settings.latent()));
    }

    /** Makes a model with the same weights every time. */
    static KanervaModel model(KanervaSettings settings) {
        KanervaModel model = new KanervaModel(settings, Device.cpu(), 1);
        Random random = new Random(2);
        model.parameters().values().forEach(parameter -> {
            float[] values = parameter.getArray().toFloatArray();
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.02 * random.nextGaussian());
            }
            parameter.getArray().set(FloatBuffer.wrap(values));
        });
        return model;
    }
}
