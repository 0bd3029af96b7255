package io.kanerva.tools.bundle;

import io.kanerva.bundle.BundleExportException;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.TrainingDetails;
import io.kanerva.exporter.trace.ExportException;
import io.kanerva.tools.Failure;
import io.kanerva.trainer.evaluate.BoundReport;
import io.kanerva.trainer.evaluate.TestEpisodes;
import io.kanerva.trainer.model.KanervaModel;
import java.nio.file.Path;
import java.util.Locale;

/** Writes a trained model as a bundle, with the picture of its card and its measured bound. */
public final class BundleWriter {
    private BundleWriter() {}

    /**
     * Writes the bundle.
     *
     * @param provenance without a bound
     * @param episodes the episodes that the bound was measured on
     * @param shown the images for the vectors and the picture
     * @param report the bound on all of {@code episodes}
     * @throws Failure if the model cannot be exported or the folder cannot be written
     */
    public static BundleExporter.Export write(
            KanervaModel model,
            TrainingDetails provenance,
            BundleOptions options,
            TestEpisodes episodes,
            TestEpisodes shown,
            BoundReport report,
            Path folder) {
        try {
            return BundleExporter.export(
                    model,
                    provenance.withBound(report, setting(episodes)),
                    options.withImages(shown.images().first(64))
                            .withPicture(CardPicture.png(model, shown, provenance.seed())),
                    folder);
        } catch (BundleExportException | ExportException e) {
            throw new Failure(e.getMessage(), e);
        }
    }

    /** Describes the episodes that a bound was measured on. */
    public static String setting(TestEpisodes episodes) {
        return String.format(
                Locale.ROOT,
                "%s, %s binarisation, %,d images in %d episodes of T = %d, each scored on the images that wrote "
                        + "its memory",
                episodes.images().name(),
                episodes.binarisation(),
                episodes.count() * episodes.length(),
                episodes.count(),
                episodes.length());
    }
}
