package io.kanerva.trainer.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The data sets that have a name, and which files of a data folder they are made of. For each part the first file that
 * exists is taken.
 */
public enum DataSource {
    /** MNIST: grey training images, and the fixed binarised test set that the literature reports on. */
    MNIST(
            "mnist",
            Binarisation.DYNAMIC,
            Binarisation.FIXED,
            DataParts.idx(
                    "mnist/train-images-idx3-ubyte", "MNIST/raw/train-images-idx3-ubyte", "train-images-idx3-ubyte"),
            DataParts.fixedMnist("test")),
    /** The fixed binarisation of MNIST (Larochelle and Murray 2011) to train as well: its 50,000 training images. */
    MNIST_FIXED(
            "mnist-fixed",
            Binarisation.FIXED,
            Binarisation.FIXED,
            DataParts.fixedMnist("train"),
            DataParts.fixedMnist("test")),
    /**
     * Omniglot at 28 x 28, binarised by Pillow's dithering ({@code pil1dither}): the background alphabets to train, the
     * evaluation ones to test. Made from the original drawings if it is not there ready-made.
     */
    OMNIGLOT(
            "omniglot",
            Binarisation.FIXED,
            Binarisation.FIXED,
            DataParts.omniglot("background", "pil1dither"),
            DataParts.omniglot("evaluation", "pil1dither"),
            DataParts.omniglotDrawings("background", "pil1dither")),
    /** The same drawings in grey. Not the same numbers as {@link #OMNIGLOT}: say which. */
    OMNIGLOT_GREY(
            "omniglot-grey",
            Binarisation.DYNAMIC,
            Binarisation.THRESHOLD,
            DataParts.omniglot("background", "gray"),
            DataParts.omniglot("evaluation", "gray"),
            DataParts.omniglotDrawings("background", "gray")),
    /** Burda's Omniglot, another split and other images again; its test images are made binary at half intensity. */
    OMNIGLOT_BURDA(
            "omniglot-burda",
            Binarisation.DYNAMIC,
            Binarisation.THRESHOLD,
            DataParts.burda(""),
            DataParts.burda("test")),
    /**
     * Fashion-MNIST, made binary at half intensity. Without a data folder: the part of it that ships with the tools.
     */
    FASHION_MNIST(
            "fashion-mnist",
            Binarisation.THRESHOLD,
            Binarisation.THRESHOLD,
            DataParts.idx(
                    "fashion-mnist/train-images-idx3-ubyte",
                    "FashionMNIST/raw/train-images-idx3-ubyte",
                    "train-images-idx3-ubyte"),
            DataParts.idx(
                    "fashion-mnist/t10k-images-idx3-ubyte",
                    "FashionMNIST/raw/t10k-images-idx3-ubyte",
                    "t10k-images-idx3-ubyte")),
    /** CIFAR-10: 32 x 32 in red, green and blue, 8 bits each; as many of the training batches as are there. */
    CIFAR10(
            "cifar10",
            Binarisation.NONE,
            Binarisation.NONE,
            DataParts.cifarTraining(),
            DataParts.cifar("test_batch.bin")),
    /** ImageNet at 32 x 32, 8-bit colour; tested on its validation images, as the literature does. */
    IMAGENET32("imagenet32", Binarisation.NONE, Binarisation.NONE, DataParts.imageNet(true), DataParts.imageNet(false)),
    /** Celeb-A's aligned faces, 8-bit colour, at 64 x 64. */
    CELEBA("celeba", Binarisation.NONE, Binarisation.NONE, PictureParts.celebA(0, 64), PictureParts.celebA(2, 64)),
    /** Celeb-A at 32 x 32. */
    CELEBA_32(
            "celeba-32", Binarisation.NONE, Binarisation.NONE, PictureParts.celebA(0, 32), PictureParts.celebA(2, 32)),
    /** Frames of DeepMind Lab's mazes, 8-bit colour, at 64 x 64. */
    DMLAB(
            "dmlab",
            Binarisation.NONE,
            Binarisation.NONE,
            PictureParts.mazes("train", 64),
            PictureParts.mazes("test", 64)),
    /** The mazes at 32 x 32. */
    DMLAB_32(
            "dmlab-32",
            Binarisation.NONE,
            Binarisation.NONE,
            PictureParts.mazes("train", 32),
            PictureParts.mazes("test", 32));

    /** Where a data set that ships lies on the class path: folder, then the data set's name, then its file. */
    public static final String SHIPPED = "io/kanerva/data/";

    private final String id;
    private final Binarisation trainBinarisation;
    private final Binarisation testBinarisation;
    private final DataPart train;
    private final DataPart test;
    private final DataPart originals;

    DataSource(
            String id, Binarisation trainBinarisation, Binarisation testBinarisation, DataPart train, DataPart test) {
        this(id, trainBinarisation, testBinarisation, train, test, train);
    }

    DataSource(
            String id,
            Binarisation trainBinarisation,
            Binarisation testBinarisation,
            DataPart train,
            DataPart test,
            DataPart originals) {
        this.originals = originals;
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
        return Arrays.stream(values())
                .filter(source -> source.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new DataFormatException("data set '%s': expected one of %s, found no such name"
                        .formatted(
                                id, Arrays.stream(values()).map(DataSource::id).collect(Collectors.joining(", ")))));
    }

    /** The name on the command line and in a bundle's provenance, for example {@code fashion-mnist}. */
    public String id() {
        return id;
    }

    /** How training images are made binary unless told otherwise. */
    public Binarisation trainBinarisation() {
        return trainBinarisation;
    }

    /**
     * How test images are made binary unless told otherwise; never {@link Binarisation#DYNAMIC}, so that a number can
     * be repeated.
     */
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
     * The training images, for training with that augmentation: the same ones, but where they are made from larger
     * originals and are to be moved, read from these.
     *
     * @param folder the data folder, or null for the data that ships
     * @throws DataFormatException if the files are not there or are not what they should be
     */
    public Images train(Path folder, Augmentation augmentation) {
        if (augmentation.isNone() || originals == train) {
            return train(folder);
        }
        return originals
                .find(DataFolder.of(folder), id + " train")
                .orElseThrow(() -> new DataFormatException(
                        "%s: expected the drawings of %s at their original size, to be moved in training, as %s, found none of these files: fetch them, or set augment.… to 0"
                                .formatted(folder, id, originals.files())));
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
        return part.find(place, id + " " + side)
                .orElseThrow(() -> new DataFormatException(
                        place.ships()
                                ? "data set '%s': expected a data folder (--data DIR), found none given, and this data set does not ship"
                                        .formatted(id)
                                : "%s: expected the %s images of %s as %s, found none of these files"
                                        .formatted(folder, side, id, part.files())));
    }

    /** Whether this folder, or with null what ships, holds the training images or the test images of this data set. */
    public boolean isIn(Path folder) {
        DataFolder place = DataFolder.of(folder);
        return train.isIn(place) || test.isIn(place);
    }
}
