package io.kanerva.bundle;

import io.kanerva.onnx.GraphRunner;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.model.KanervaSettings;
import io.kanerva.trainer.model.KeyAddressing;
import java.util.Objects;
import java.util.Optional;

/**
 * How a bundle is written. Immutable; {@code with...} makes a changed copy.
 *
 * @param name the model's name, for example {@code fashion-mnist}
 * @param reader how the reader graph samples at continuous keys
 * @param picture the model card's image, the bytes of a PNG file
 * @param images inputs of the vectors, binarised at half intensity for a Bernoulli likelihood; if empty, discs are
 *     drawn
 * @param runner runs the finished graphs at sizes that were never traced, to compare them with their blocks before the
 *     bundle is written; if empty, they are not run
 * @param replace whether an existing bundle in the folder is replaced
 */
public record BundleOptions(
        String name,
        ReaderKind reader,
        Optional<byte[]> picture,
        Optional<ImageSet> images,
        Optional<GraphRunner> runner,
        boolean replace) {

    /** @throws IllegalArgumentException if the name is blank */
    public BundleOptions {
        if (name.isBlank()) {
            throw new IllegalArgumentException("name: expected a bundle's name, found a blank one");
        }
        Objects.requireNonNull(reader, "reader");
        Objects.requireNonNull(picture, "picture");
        Objects.requireNonNull(images, "images");
        Objects.requireNonNull(runner, "runner");
    }

    /** Defaults: GridSample, no picture, vectors of drawn images, no check, and no replacement. */
    public static BundleOptions named(String name) {
        return new BundleOptions(
                name, ReaderKind.GRIDSAMPLE, Optional.empty(), Optional.empty(), Optional.empty(), false);
    }

    /** How a model's reader graph reads, for bundle.json: dereferenced keys need no sampling. */
    String readerOf(KanervaSettings settings) {
        return settings.addressing() == KeyAddressing.DEREFERENCED ? "gather" : reader.id();
    }

    public BundleOptions withReader(ReaderKind kind) {
        return new BundleOptions(name, kind, picture, images, runner, replace);
    }

    public BundleOptions withPicture(byte[] png) {
        return new BundleOptions(name, reader, Optional.of(png), images, runner, replace);
    }

    public BundleOptions withImages(ImageSet samples) {
        return new BundleOptions(name, reader, picture, Optional.of(samples), runner, replace);
    }

    public BundleOptions withCheck(GraphRunner graphRunner) {
        return new BundleOptions(name, reader, picture, images, Optional.of(graphRunner), replace);
    }

    /** Allows the export to replace an existing bundle; any other folder stays an error. */
    public BundleOptions replacing() {
        return new BundleOptions(name, reader, picture, images, runner, true);
    }
}
