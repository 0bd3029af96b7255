package io.kanerva.conformance.bundle;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.ReaderKind;
import io.kanerva.bundle.SampleImages;
import io.kanerva.bundle.TrainingDetails;
import io.kanerva.conformance.OncePerBuild;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.EncoderSettings;
import io.kanerva.trainer.model.Grid;
import io.kanerva.trainer.model.ImageLikelihood;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.MapShape;
import io.kanerva.trainer.train.Preset;
import java.nio.file.Path;
import java.util.Random;

/**
 * The models under test. All weights are random: the heads of a fresh model are zero, and a zero output would agree
 * with anything.
 */
public enum Subject {
    DEREFERENCED(KanervaSettings.heap(
            new MapShape(1, 8, 8),
            new MapShape(3, 12, 20),
            new Grid(4, 4),
            new Grid(3, 5),
            5,
            EncoderSettings.residual(6, 1))),
    /** Slots lie off the pixel grid, so that blocks are smeared into each other. */
    CONTINUOUS_TWO_KEYS(KanervaSettings.heap(
                    KeyAddressing.CONTINUOUS,
                    new MapShape(2, 8, 12),
                    new MapShape(3, 9, 31),
                    new Grid(4, 6),
                    new Grid(2, 7),
                    5,
                    EncoderSettings.residual(6, 1))
            .withKeys(2)),
    POOLED_TWO_KEYS(KanervaSettings.pooled(
                    new MapShape(1, 8, 8), 3, new Grid(4, 4), new Grid(4, 5), 5, EncoderSettings.residual(6, 1))
            .withKeys(2)
            .withMemoryLayers(1)),
    /** Colour images of 256 levels, a latent map, a decoder that refines, and neighbours. */
    COLOUR(KanervaSettings.heap(
                    KeyAddressing.CONTINUOUS,
                    new MapShape(3, 8, 8),
                    new MapShape(3, 12, 20),
                    new Grid(4, 4),
                    new Grid(3, 5),
                    32,
                    EncoderSettings.residual(6, 1))
            .withLatent(32, LatentLayout.MAP)
            .withDecoder(
                    DecoderSettings.of(7, 2).refined(5, 1).withNeighbours(4, 0),
                    ImageLikelihood.DISCRETIZED_LOGISTIC_MIXTURE)),
    /** Colour images again, with a linear path and as many neighbours as there may be. */
    LINEAR_COLOUR(KanervaSettings.heap(
                    new MapShape(3, 8, 8),
                    new MapShape(3, 12, 20),
                    new Grid(4, 4),
                    new Grid(3, 5),
                    5,
                    EncoderSettings.residual(6, 1))
            .withDecoder(DecoderSettings.of(7, 2).withNeighbours(24, 3), ImageLikelihood.DISCRETIZED_LOGISTIC_MIXTURE)),
    /** The paper's encoder, the episode as its time, and four keys. */
    PAPER_FOUR_KEYS(KanervaSettings.pooled(
                    new MapShape(1, 16, 16),
                    3,
                    new Grid(4, 4),
                    new Grid(5, 6),
                    5,
                    new EncoderSettings(EncoderKind.RESNET18_TSM, 8, 1))
            .withKeys(4)),
    HEAP_EIGHT_KEYS(KanervaSettings.heap(
                    new MapShape(1, 8, 8),
                    new MapShape(1, 16, 24),
                    new Grid(4, 4),
                    new Grid(4, 6),
                    5,
                    EncoderSettings.residual(6, 1))
            .withKeys(8)),
    /** Blocks that can be read for their gist, a latent map, and two keys. */
    GIST(KanervaSettings.heap(
                    new MapShape(1, 8, 8),
                    new MapShape(3, 12, 24),
                    new Grid(4, 4),
                    new Grid(3, 6),
                    5,
                    EncoderSettings.residual(6, 1))
            .withKeys(2)
            .withLatent(32, LatentLayout.MAP)
            .withGist()),
    QUICKSTART(Preset.named("quickstart").plan().settings());

    private static final Path FOLDER = Path.of("target", "bundles-under-test");

    private final KanervaSettings settings;

    Subject(KanervaSettings settings) {
        this.settings = settings;
    }

    KanervaSettings settings() {
        return settings;
    }

    /** The same one every time; the caller closes it. */
    public KanervaModel model() {
        KanervaModel model = new KanervaModel(settings, Device.cpu(), 1);
        Random random = new Random(2);
        model.parameters().forEach((name, parameter) -> {
            float[] values = parameter.getArray().toFloatArray();
            double deviation = 0.5
                    / Math.sqrt(values.length
                            / (double) parameter.getArray().getShape().get(0));
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (deviation * random.nextGaussian());
                // Running means near 0, and variances that keep what passes from growing, as those of a trained model
                // do.
                values[i] = parameter.requiresGradient()
                        ? values[i]
                        : name.endsWith("runningVar") ? 4 + Math.abs(values[i]) : 0.1f * values[i];
            }
            // Copied into the parameter's own memory: set(Buffer) would make it share Java's, by a call that PyTorch
            // warns of.
            try (NDArray source = parameter.getArray().getManager().create(values, parameter.getShape())) {
                parameter.getArray().set(new NDIndex(":"), source);
            }
        });
        return model;
    }

    /** This model's bundle, exported once in a build; not to be changed. */
    public Path bundle(ReaderKind reader) {
        Path folder = FOLDER.resolve(name() + "-" + reader.id());
        OncePerBuild.make(folder, () -> export(reader, folder));
        return folder;
    }

    /** Writes this model's bundle to a folder. */
    public void export(ReaderKind reader, Path folder) {
        TrainingDetails provenance = TrainingDetails.untrained(
                "drawn discs",
                settings.likelihood() == ImageLikelihood.BERNOULLI ? Binarisation.THRESHOLD : Binarisation.NONE,
                4);
        try (KanervaModel model = model()) {
            BundleExporter.export(
                    model,
                    provenance,
                    BundleOptions.named(name()).withReader(reader).replacing(),
                    folder);
        }
    }

    /** Drawn images of the model's shape. */
    public ImageSet images(int count) {
        return SampleImages.discs(settings, count, 3);
    }
}
