package io.kanerva.conformance;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.kanerva.bundle.BundleExporter;
import io.kanerva.bundle.BundleOptions;
import io.kanerva.bundle.Provenance;
import io.kanerva.bundle.ReaderKind;
import io.kanerva.bundle.SampleImages;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.Addressing;
import io.kanerva.trainer.model.DecoderSettings;
import io.kanerva.trainer.model.EncoderKind;
import io.kanerva.trainer.model.KanervaModel;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.LatentLayout;
import io.kanerva.trainer.model.Likelihood;
import io.kanerva.trainer.model.WriterKind;
import io.kanerva.trainer.train.Preset;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The models under test. All weights are random: the heads of a fresh model are zero, and a zero output would agree
 * with anything.
 */
public enum Subject {
    DEREFERENCED(new KanervaSettings(
            WriterKind.HEAP, Addressing.DEREFERENCED, 1, 8, 8, 3, 12, 20, 4, 4, 1, 5, 3, 5, 0, 6, 1)),
    /** Slots lie off the pixel grid, so that blocks are smeared into each other. */
    CONTINUOUS_TWO_KEYS(
            new KanervaSettings(WriterKind.HEAP, Addressing.CONTINUOUS, 2, 8, 12, 3, 9, 31, 4, 6, 2, 5, 2, 7, 0, 6, 1)),
    POOLED_TWO_KEYS(new KanervaSettings(
            WriterKind.POOLED, Addressing.CONTINUOUS, 1, 8, 8, 3, 12, 16, 4, 4, 2, 5, 0, 0, 9, 6, 1)),
    /** Colour images of 256 levels, a latent map, a decoder that refines, and neighbours. */
    COLOUR(new KanervaSettings(
            WriterKind.HEAP,
            Addressing.CONTINUOUS,
            3,
            8,
            8,
            3,
            12,
            20,
            4,
            4,
            1,
            32,
            3,
            5,
            0,
            6,
            1,
            Likelihood.DISCRETIZED_LOGISTIC_MIXTURE,
            LatentLayout.MAP,
            EncoderKind.RESIDUAL,
            new DecoderSettings(7, 2, 5, 1, 4))),
    /** Colour images again, with a linear path and as many neighbours as there may be. */
    LINEAR_COLOUR(new KanervaSettings(
            WriterKind.HEAP,
            Addressing.DEREFERENCED,
            3,
            8,
            8,
            3,
            12,
            20,
            4,
            4,
            1,
            5,
            3,
            5,
            0,
            6,
            1,
            Likelihood.DISCRETIZED_LOGISTIC_MIXTURE,
            LatentLayout.VECTOR,
            EncoderKind.RESIDUAL,
            new DecoderSettings(7, 2, 0, 0, 24, 3))),
    /** The paper's encoder, the episode as its time, and four keys. */
    PAPER_FOUR_KEYS(new KanervaSettings(
                    WriterKind.POOLED, Addressing.CONTINUOUS, 1, 12, 12, 3, 12, 16, 4, 4, 4, 5, 0, 0, 9, 8, 1)
            .withEncoder(EncoderKind.RESNET18_TSM)),
    HEAP_EIGHT_KEYS(new KanervaSettings(
            WriterKind.HEAP, Addressing.DEREFERENCED, 1, 8, 8, 1, 16, 24, 4, 4, 8, 5, 4, 6, 0, 6, 1)),
    /** Blocks that can be read for their gist, a latent map, and two keys. */
    GIST(new KanervaSettings(WriterKind.HEAP, Addressing.DEREFERENCED, 1, 8, 8, 3, 12, 24, 4, 4, 2, 5, 3, 6, 0, 6, 1)
            .withLatent(32, LatentLayout.MAP)
            .withGist()),
    QUICKSTART(Preset.QUICKSTART.plan().settings());

    private static final Path FOLDER = Path.of("target", "bundles-under-test");
    private static final Set<Path> EXPORTED = ConcurrentHashMap.newKeySet();

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

    /** This model's bundle, exported at the first call; not to be changed. */
    public Path bundle(ReaderKind reader) {
        Path folder = FOLDER.resolve(name() + "-" + reader.id());
        synchronized (this) {
            if (EXPORTED.add(folder)) {
                export(reader, folder);
            }
        }
        return folder;
    }

    /** Writes this model's bundle to a folder. */
    public void export(ReaderKind reader, Path folder) {
        Provenance provenance = new Provenance(
                "drawn discs",
                settings.likelihood() == Likelihood.BERNOULLI ? Binarisation.THRESHOLD : Binarisation.NONE,
                4,
                1,
                0,
                0,
                "",
                "",
                Optional.empty());
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
