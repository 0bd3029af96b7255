package io.kanerva.trainer.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The data sets that have a name, and which files of a data folder they are made of. For each part the first file that
 * exists is taken.
 */
public enum DataSource {
    /** MNIST: grey training images, and the fixed binarised test set that the literature reports on. */
    MNIST("mnist", Binarisation.DYNAMIC, Binarisation.FIXED,
            DataPart.file(LabelRule.BESIDE, gzipped("mnist/train-images-idx3-ubyte", "MNIST/raw/train-images-idx3-ubyte", "train-images-idx3-ubyte")),
            DataPart.file(LabelRule.SORTED_MNIST_TEST, "binarized_mnist_static/binarized_mnist_test_packbits.npy", "binarized_mnist_static/binarized_mnist_test.amat",
                    "mnist/binarized_mnist_test.amat", "binarized_mnist_test.amat", "binarized_mnist_test.amat.gz")),
    /** Omniglot at 28 x 28, binarised by Pillow's dithering: the background alphabets to train, the evaluation ones to test. */
    OMNIGLOT("omniglot", Binarisation.FIXED, Binarisation.FIXED,
            DataPart.file(LabelRule.OMNIGLOT, gzipped("omniglot_28/background-pil1dither-idx3-ubyte", "background-pil1dither-idx3-ubyte")),
            DataPart.file(LabelRule.OMNIGLOT, gzipped("omniglot_28/evaluation-pil1dither-idx3-ubyte", "evaluation-pil1dither-idx3-ubyte"))),
    /** Fashion-MNIST, made binary at half intensity. Without a data folder: the part of it that ships with the tools. */
    FASHION_MNIST("fashion-mnist", Binarisation.THRESHOLD, Binarisation.THRESHOLD,
            DataPart.file(LabelRule.BESIDE, gzipped("fashion-mnist/train-images-idx3-ubyte", "FashionMNIST/raw/train-images-idx3-ubyte", "train-images-idx3-ubyte")),
            DataPart.file(LabelRule.BESIDE, gzipped("fashion-mnist/t10k-images-idx3-ubyte", "FashionMNIST/raw/t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte"))),
    /** CIFAR-10: 32 x 32 in red, green and blue, 8 bits each; as many of the training batches as are there. */
    CIFAR10("cifar10", Binarisation.NONE, Binarisation.NONE,
            DataPart.cifar("data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"), DataPart.cifar("test_batch.bin"));

    /** Where a data set that ships lies on the class path: folder, then the data set's name, then its file. */
    public static final String SHIPPED = "io/kanerva/data/";

    private final String id;
    private final Binarisation trainBinarisation;
    private final Binarisation testBinarisation;
    private final DataPart train;
    private final DataPart test;

    DataSource(String id, Binarisation trainBinarisation, Binarisation testBinarisation, DataPart train, DataPart test) {
        this.id = id;
        this.trainBinarisation = trainBinarisation;
        this.testBinarisation = testBinarisation;
        this.train = train;
        this.test = test;
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
    public Images train(Path folder) {
        return read(folder, "train", train);
    }

    /**
     * The test images.
     *
     * @param folder the data folder, or null for the data that ships
     * @throws DataFormatException if the files are not there or are not what they should be
     */
    public Images test(Path folder) {
        return read(folder, "test", test);
    }

    private Images read(Path folder, String side, DataPart part) {
        DataFolder place = DataFolder.of(folder);
        return part.find(place, id + " " + side).orElseThrow(() -> new DataFormatException(place.ships()
                ? "data set '%s': expected a data folder (--data DIR), found none given, and this data set does not ship".formatted(id)
                : "%s: expected the %s images of %s as %s, found none of these files".formatted(folder, side, id, part.files())));
    }

    private static String[] gzipped(String... files) {
        return Arrays.stream(files).flatMap(file -> Stream.of(file + ".gz", file)).toArray(String[]::new);
    }
}
