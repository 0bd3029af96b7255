package io.kanerva.bench.heap;

import ai.djl.Device;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.TrainingDetails;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.MapShape;
import io.kanerva.trainer.train.Preset;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Exports a small model without training, images of 16 x 16 and slots of 32 values, so that a million samples fit into
 * 3 GB. Costs do not depend on weights.
 */
final class PrepareSmall {
    private PrepareSmall() {}

    public static void main(String[] arguments) throws IOException {
        EncoderSettings encoder = Preset.named("quickstart").plan().settings().encoder();
        KanervaSettings settings = KanervaSettings.heap(
                new MapShape(1, 16, 16), new MapShape(2, 16, 32), new Grid(4, 4), new Grid(4, 8), 4, encoder);
        try (KanervaModel model = new KanervaModel(settings, Device.cpu(), 1)) {
            TrainingDetails provenance = TrainingDetails.untrained("random", Binarisation.THRESHOLD, 32);
            BundleExporter.export(
                    model, provenance, BundleOptions.named("bench-heap").replacing(), Path.of(arguments[0]));
        }
    }
}
