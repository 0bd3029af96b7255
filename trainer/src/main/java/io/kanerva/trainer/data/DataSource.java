package io.kanerva.trainer.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The data sets that have a name, and which files of a data folder they are made of. For each part the first file that
 * exists is taken.
 */
public enum DataSource {
    /** MNIST: grey training images, and the fixed binarised test set that the literature reports on. */
    MNIST("mnist", Binarisation.DYNAMIC, Binarisation.FIXED,
            gzipped("mnist/train-images-idx3-ubyte", "MNIST/raw/train-images-idx3-ubyte", "train-images-idx3-ubyte"),
            List.of("binarized_mnist_static/binarized_mnist_test_packbits.npy", "binarized_mnist_static/binarized_mnist_test.amat",
                    "mnist/binarized_mnist_test.amat", "binarized_mnist_test.amat", "binarized_mnist_test.amat.gz")),
    /** Omniglot at 28 x 28, binarised by Pillow's dithering: the background alphabets to train, the evaluation ones to test. */
    OMNIGLOT("omniglot", Binarisation.FIXED, Binarisation.FIXED,
            gzipped("omniglot_28/background-pil1dither-idx3-ubyte", "background-pil1dither-idx3-ubyte"),
            gzipped("omniglot_28/evaluation-pil1dither-idx3-ubyte", "evaluation-pil1dither-idx3-ubyte")),
    /** Fashion-MNIST, made binary at half intensity. Without a data folder: the part of it that ships with the tools. */
    FASHION_MNIST("fashion-mnist", Binarisation.THRESHOLD, Binarisation.THRESHOLD,
            gzipped("fashion-mnist/train-images-idx3-ubyte", "FashionMNIST/raw/train-images-idx3-ubyte", "train-images-idx3-ubyte"),
            gzipped("fashion-mnist/t10k-images-idx3-ubyte", "FashionMNIST/raw/t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte"));

    /** Where a data set that ships lies on the class path: folder, then the data set's name, then its file. */
    public static final String SHIPPED = "io/kanerva/data/";

    private final String id;
    private final Binarisation trainBinarisation;
    private final Binarisation testBinarisation;
    private final List<String> trainFiles;
    private final List<String> testFiles;

    DataSource(String id, Binarisation trainBinarisation, Binarisation testBinarisation, List<String> trainFiles, List<String> testFiles) {
        this.id = id;
        this.trainBinarisation = trainBinarisation;
        this.testBinarisation = testBinarisation;
        this.trainFiles = trainFiles;
        this.testFiles = testFiles;
    }

    /**
     * The data set of that name.
     *
     * @throws DataFormatException if there is none; the message lists those that there are
     */
    public static DataSource named(String id) {
        return Arrays.stream(values()).filter(source -> source.id.equals(id)).findFirst().orElseThrow(() -> new DataFormatException(
                "data set '%s': expected one of %s, found no such name".formatted(id, Arrays.stream(values()).map(DataSource::id).collect(Collectors.joining(", ")))));
    }

    /** The name on the command line and in a bundle's provenance, for example {@code fashion-mnist}. */
    public String id() {
        return id;
    }

    /** How training images are made binary unless told otherwise. */
    public Binarisation trainBinarisation() {
        return trainBinarisation;
    }

    /** How test images are made binary unless told otherwise; never {@link Binarisation#DYNAMIC}, so that a number can be repeated. */
    public Binarisation testBinarisation() {
        return testBinarisation;
    }

    /**
     * The training images.
     *
     * @param folder the data folder, or null for the data that ships
     * @throws DataFormatException if the files are not there or are not what they should be
     */
    public ImageSet train(Path folder) {
        return read(folder, "train", trainFiles);
    }

    /**
     * The test images.
     *
     * @param folder the data folder, or null for the data that ships
     * @throws DataFormatException if the files are not there or are not what they should be
     */
    public ImageSet test(Path folder) {
        return read(folder, "test", testFiles);
    }

    private ImageSet read(Path folder, String part, List<String> candidates) {
        String name = id + " " + part;
        if (folder == null) {
            return shipped(name, candidates.get(0));
        }
        if (!Files.isDirectory(folder)) {
            throw new DataFormatException("%s: expected a data folder, found %s".formatted(folder, Files.exists(folder) ? "a file" : "no such folder"));
        }
        Path file = candidates.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst().orElseThrow(() -> new DataFormatException(
                "%s: expected the %s images of %s as %s, found none of these files".formatted(folder, part, id, String.join(" or ", candidates))));
        ImageSet images = ImageFiles.read(file);
        return new ImageSet(name, images.count(), images.channels(), images.height(), images.width(), images.pixels());
    }

    private ImageSet shipped(String name, String file) {
        // Files of the data sets that ship stand first in their list and keep that name.
        String resource = SHIPPED + file;
        ClassLoader loader = Objects.requireNonNullElse(Thread.currentThread().getContextClassLoader(), DataSource.class.getClassLoader());
        URL url = loader.getResource(resource);
        if (url == null) {
            throw new DataFormatException("data set '%s': expected a data folder (--data DIR), found none given, and this data set does not ship".formatted(id));
        }
        try {
            URLConnection connection = url.openConnection();
            try (InputStream in = connection.getInputStream()) {
                return ImageFiles.read(name, resource, in, connection.getContentLengthLong());
            }
        } catch (IOException e) {
            throw new DataFormatException("%s: expected the images that ship, found that they cannot be read (%s)".formatted(resource, e.getMessage()), e);
        }
    }

    private static List<String> gzipped(String... files) {
        return Arrays.stream(files).flatMap(file -> List.of(file + ".gz", file).stream()).toList();
    }
}
