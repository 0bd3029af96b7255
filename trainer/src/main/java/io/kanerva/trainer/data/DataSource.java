package io.kanerva.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The named data sets, and the files of a data folder that each consists of. For each part the first file that exists
 * is used.
 */
public enum DataSource {
    /** MNIST: grey training images and the test set in the fixed binarisation that the literature reports on. */
    MNIST(
            "mnist",
            Binarisation.DYNAMIC,
            Binarisation.FIXED,
            DataPart.idx(
                    "mnist/train-images-idx3-ubyte", "MNIST/raw/train-images-idx3-ubyte", "train-images-idx3-ubyte"),
            DataPart.fixedMnist("test")) {
        @Override
        DataPart test(Binarisation binarisation) {
            // A model of grey levels is trained on grey images, so these are its test images, too.
            return binarisation == Binarisation.NONE
                    ? DataPart.idx(
                            "mnist/t10k-images-idx3-ubyte",
                            "MNIST/raw/t10k-images-idx3-ubyte",
                            "t10k-images-idx3-ubyte")
                    : super.test(binarisation);
        }
    },
    /** The fixed binarisation of MNIST (Larochelle and Murray 2011) for training too: its 50,000 training images. */
    MNIST_FIXED(
            "mnist-fixed",
            Binarisation.FIXED,
            Binarisation.FIXED,
            DataPart.fixedMnist("train"),
            DataPart.fixedMnist("test")),
    /**
     * Omniglot at 28 x 28, binarised by Pillow's dithering ({@code pil1dither}): background alphabets for training,
     * evaluation alphabets for testing. Made from the original drawings unless ready-made files exist.
     */
    OMNIGLOT(
            "omniglot",
            Binarisation.FIXED,
            Binarisation.FIXED,
            DataPart.omniglot("background", "pil1dither"),
            DataPart.omniglot("evaluation", "pil1dither"),
            DataPart.omniglotDrawings("background", "pil1dither")),
    /** The same drawings in grey. Scores are not comparable with {@link #OMNIGLOT}'s. */
    OMNIGLOT_GREY(
            "omniglot-grey",
            Binarisation.DYNAMIC,
            Binarisation.THRESHOLD,
            DataPart.omniglot("background", "gray"),
            DataPart.omniglot("evaluation", "gray"),
            DataPart.omniglotDrawings("background", "gray")),
    /** Burda's Omniglot: another split and other images; test images are thresholded at half intensity. */
    OMNIGLOT_BURDA(
            "omniglot-burda", Binarisation.DYNAMIC, Binarisation.THRESHOLD, DataPart.burda(""), DataPart.burda("test")),
    /** Fashion-MNIST, thresholded at half intensity. Without a data folder: the part that ships with the tools. */
    FASHION_MNIST(
            "fashion-mnist",
            Binarisation.THRESHOLD,
            Binarisation.THRESHOLD,
            DataPart.idx(
                    "fashion-mnist/train-images-idx3-ubyte",
                    "FashionMNIST/raw/train-images-idx3-ubyte",
                    "train-images-idx3-ubyte"),
            DataPart.idx(
                    "fashion-mnist/t10k-images-idx3-ubyte",
                    "FashionMNIST/raw/t10k-images-idx3-ubyte",
                    "t10k-images-idx3-ubyte")),
    /** CIFAR-10: 32 x 32, 8-bit colour; all training batches that exist. */
    CIFAR10(
            "cifar10",
            Binarisation.NONE,
            Binarisation.NONE,
            DataPart.cifarTraining(),
            DataPart.cifar("test_batch.bin")),
    /** ImageNet at 32 x 32, 8-bit colour; tested on its validation images, as the literature does. */
    IMAGENET32("imagenet32", Binarisation.NONE, Binarisation.NONE, DataPart.imageNet(true), DataPart.imageNet(false)),
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
            PictureParts.mazes("test", 32)),
    /** Images that the user brings, {@link OwnImages}, of the size of the model that they are for. */
    OWN("images", Binarisation.THRESHOLD, Binarisation.THRESHOLD, null, null) {
        @Override
        public Images train(Path place, Augmentation augmentation, ImageShape shape) {
            return OwnImages.at(place).train(shape);
        }

        @Override
        public Images test(Path place, Binarisation binarisation, ImageShape shape) {
            return OwnImages.at(place).test(shape);
        }

        @Override
        public boolean isIn(Path place) {
            return place != null && Files.exists(place);
        }
    };

    /** The class path folder of the data sets that ship; followed by the data set's name and its file. */
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
     * Returns the data set of that name.
     *
     * @throws DataFormatException if there is none; the message lists all names
     */
    public static DataSource named(String id) {
        return Arrays.stream(values())
                .filter(source -> source.id.equals(id))
                .findFirst()
                .orElseThrow(() -> new DataFormatException("data set '%s': expected one of %s, found no such name"
                        .formatted(
                                id, Arrays.stream(values()).map(DataSource::id).collect(Collectors.joining(", ")))));
    }

    /** The name on the command line and in provenance, for example {@code fashion-mnist}. */
    public String id() {
        return id;
    }

    /** The default binarisation of training images. */
    public Binarisation trainBinarisation() {
        return trainBinarisation;
    }

    /**
     * The binarisation of test images, which follows from what a model describes: one of black and white is scored on
     * the binarisation that this data set is reported with, or on thresholded images if that is none; one of 256
     * levels, on the levels. Never {@link Binarisation#DYNAMIC}, so that a score can be reproduced.
     *
     * @param blackAndWhite whether the model's likelihood is one of black and white
     */
    public Binarisation testBinarisation(boolean blackAndWhite) {
        if (!blackAndWhite) {
            return Binarisation.NONE;
        }
        return testBinarisation == Binarisation.NONE ? Binarisation.THRESHOLD : testBinarisation;
    }

    /** The files of the test images for that binarisation. */
    DataPart test(Binarisation binarisation) {
        return test;
    }

    /**
     * Reads the training images.
     *
     * @param folder the data folder, or null for the data that ship
     * @throws DataFormatException if files are missing, unreadable or malformed
     */
    public Images train(Path folder) {
        return read(folder, "train", train);
    }

    /**
     * Reads the training images for use with that augmentation: the same images, but kept as their larger originals if
     * augmentation has to transform those.
     *
     * @param folder the data folder, or null for the data that ship
     * @param shape the size of the model's images, which {@link #OWN} are brought to; other sets have their own
     * @throws DataFormatException if files are missing, unreadable or malformed
     */
    public Images train(Path folder, Augmentation augmentation, ImageShape shape) {
        if (augmentation.isNone() || originals == train) {
            return train(folder);
        }
        return originals
                .find(DataFolder.of(folder), id + " train")
                .orElseThrow(() -> new DataFormatException(
                        ("%s: expected the original drawings of %s, for augmentation, as %s, found none: fetch "
                                        + "them, or set augment.… to 0")
                                .formatted(folder, id, originals.files())));
    }

    /**
     * Reads the test images for a model of black and white.
     *
     * @param folder the data folder, or null for the data that ship
     * @throws DataFormatException if files are missing, unreadable or malformed
     */
    public Images test(Path folder) {
        return read(folder, "test", test(testBinarisation));
    }

    /**
     * Reads the test images for use with that {@linkplain #testBinarisation binarisation}.
     *
     * @param folder the data folder, or null for the data that ship
     * @param shape the size of the model's images, which {@link #OWN} are brought to; other sets have their own
     * @throws DataFormatException if files are missing, unreadable or malformed
     */
    public Images test(Path folder, Binarisation binarisation, ImageShape shape) {
        return read(folder, "test", test(binarisation));
    }

    private Images read(Path folder, String side, DataPart part) {
        DataFolder place = DataFolder.of(folder);
        return part.find(place, id + " " + side)
                .orElseThrow(() -> new DataFormatException(
                        place.ships()
                                ? ("data set '%s': expected a data folder (--data DIR), found none; this data "
                                                + "set does not ship")
                                        .formatted(id)
                                : "%s: expected the %s images of %s as %s, found none"
                                        .formatted(folder, side, id, part.files())));
    }

    /** Whether the folder, or with null the data that ship, has training or test images of this data set. */
    public boolean isIn(Path folder) {
        DataFolder place = DataFolder.of(folder);
        return train.isIn(place) || test.isIn(place);
    }
}
