package io.kanerva.tools.command.memory;

import io.kanerva.runtime.Likelihood;
import io.kanerva.runtime.ModelSettings;
import io.kanerva.runtime.Planes;
import io.kanerva.tools.Failure;
import io.kanerva.tools.command.Subcommand;
import io.kanerva.tools.image.PictureFiles;
import io.kanerva.tools.image.Pictures;
import io.kanerva.trainer.data.Binarisation;
import io.kanerva.trainer.data.DataSource;
import io.kanerva.trainer.data.ImageFiles;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.data.Images;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The images that a subcommand works on. */
final class ImageOptions {
    @Option(
            names = {"-i", "--images"},
            paramLabel = "FILE|DIR",
            order = 2,
            description =
                    "IDX, .amat or .npy file, or a folder of pictures (PNG, JPEG, GIF, BMP, WebP, TIFF), in the order "
                            + "of their names. Default: the Fashion-MNIST test images that ship with kpp.")
    private Path images;

    @Option(
            names = {"-r", "--range"},
            paramLabel = "FROM:TO",
            converter = RangeConverter.class,
            order = 3,
            description = "Images to use, counted from 0, TO exclusive. Default: the first ones; to write, up to 32 or "
                    + "the capacity of the model's memory, whichever is less; to recall, up to the memory's samples.")
    private Range range;

    @Option(
            names = "--grey",
            order = 4,
            description =
                    "Keep grey levels, as a model of 256 levels does by itself. By default, a model of black and white "
                            + "gets 1 for pixels of at least half intensity and 0 for the others.")
    private boolean grey;

    /** The images {@code from} (inclusive) to {@code to} (exclusive) of a file. */
    record Range(int from, int to) {}

    static final class RangeConverter implements ITypeConverter<Range> {
        private static final Pattern FORM = Pattern.compile("([0-9]{1,9}):([0-9]{1,9})");

        @Override
        public Range convert(String text) {
            Matcher matcher = FORM.matcher(text);
            if (!matcher.matches() && text.matches("[0-9]+:[0-9]+")) {
                throw new TypeConversionException("expected FROM:TO of at most 9 digits each, found '" + text + "'");
            }
            if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= Integer.parseInt(matcher.group(2))) {
                throw new TypeConversionException("expected FROM:TO with FROM below TO, found '" + text + "'");
            }
            return new Range(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
        }
    }

    /**
     * Reads the images, and prints their number if it leaves some out.
     *
     * @param action the subcommand that prints
     * @param model the settings of the model that the images are for
     * @param max number of images taken without a range
     */
    Pictures read(Subcommand action, ModelSettings model, int max) {
        Planes shape = model.image();
        Images set = set(shape);
        if (set.channels() != shape.channels() || set.height() != shape.height() || set.width() != shape.width()) {
            throw new Failure("%s: expected images of %s for this model, found [%d, %d, %d]"
                    .formatted(name(), shape, set.channels(), set.height(), set.width()));
        }
        Range wanted = range == null ? new Range(0, Math.min(max, set.count())) : range;
        if (wanted.to() > set.count()) {
            throw new Failure("%s: expected the images %d:%d, found %d images"
                    .formatted(name(), wanted.from(), wanted.to(), set.count()));
        }
        if (range == null && wanted.to() < set.count()) {
            action.print(
                    "images    the first %,d of %,d in %s (--range takes others)", wanted.to(), set.count(), name());
        }
        ImageSet part = set.slice(wanted.from(), wanted.to());
        return grey || model.likelihood() != Likelihood.BERNOULLI
                ? Pictures.grey(part)
                : Pictures.binary(part, Binarisation.THRESHOLD);
    }

    /** Where the images come from; null for those that ship. */
    Path file() {
        return images;
    }

    /** Index of the first image, for messages. */
    int first() {
        return range == null ? 0 : range.from();
    }

    private Images set(Planes shape) {
        if (images == null) {
            return DataSource.FASHION_MNIST.test(null);
        }
        return Files.isDirectory(images) ? PictureFiles.readFolder(images, shape.channels()) : ImageFiles.read(images);
    }

    private String name() {
        return images == null ? "the Fashion-MNIST images that ship" : images.toString();
    }
}
