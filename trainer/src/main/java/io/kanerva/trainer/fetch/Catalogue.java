package io.kanerva.trainer.fetch;

import static io.kanerva.trainer.fetch.RemoteFile.plain;

import io.kanerva.trainer.data.DataSource;
import java.net.URI;
import java.util.List;

/**
 * The files of each data set and their URLs.
 *
 * <p>The checksums are those that TensorFlow Datasets records ({@code tensorflow_datasets/url_checksums}); for the
 * fixed binarisation of MNIST they also match its images printed as the published text. A missing checksum is unknown.
 */
public final class Catalogue {
    private static final String MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/";
    private static final String FIXED_MNIST = "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/";
    private static final String FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";
    private static final String OMNIGLOT = "https://github.com/brendenlake/omniglot/raw/master/python/";

    private Catalogue() {}

    /**
     * How to get a data set.
     *
     * @param source the data set
     * @param about its content and licence
     * @param files the files to download; empty if it must be downloaded manually
     * @param instructions for a manual download, with {@code %s} for the data folder; empty if there are files
     */
    public record Entry(DataSource source, String about, List<RemoteFile> files, String instructions) {

        /** Copies the list. */
        public Entry {
            files = List.copyOf(files);
        }

        /** Total size of all files in bytes; files of unknown size count as 0. */
        public long bytes() {
            return files.stream().mapToLong(file -> Math.max(0, file.bytes())).sum();
        }

        /** Whether every file's SHA-256 is known in advance. */
        public boolean checked() {
            return files.stream().noneMatch(file -> file.sha256().isEmpty());
        }

        /** Returns the same entry for a mirror that has the files under the same names. */
        public Entry at(URI mirror) {
            return new Entry(
                    source, about, files.stream().map(file -> file.at(mirror)).toList(), instructions);
        }
    }

    /** Returns the entries of all named data sets, in the order of {@link DataSource}. */
    public static List<Entry> all() {
        return List.of(DataSource.values()).stream()
                .filter(source -> source != DataSource.OWN)
                .map(Catalogue::of)
                .toList();
    }

    /** Returns the entry of that data set. */
    public static Entry of(DataSource source) {
        return switch (source) {
            case OWN -> throw new IllegalArgumentException("data set 'images': expected a named set, found your own");
            case MNIST ->
                download(
                        source,
                        "70,000 digits, 28 x 28 grey, and the fixed binarisation's test images (research use)",
                        List.of(
                                plain(
                                        MNIST + "train-images-idx3-ubyte.gz",
                                        "mnist/train-images-idx3-ubyte.gz",
                                        9_912_422,
                                        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
                                plain(
                                        MNIST + "train-labels-idx1-ubyte.gz",
                                        "mnist/train-labels-idx1-ubyte.gz",
                                        28_881,
                                        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
                                plain(
                                        MNIST + "t10k-images-idx3-ubyte.gz",
                                        "mnist/t10k-images-idx3-ubyte.gz",
                                        1_648_877,
                                        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
                                plain(
                                        MNIST + "t10k-labels-idx1-ubyte.gz",
                                        "mnist/t10k-labels-idx1-ubyte.gz",
                                        4_542,
                                        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
                                fixedMnistTest()));
            case MNIST_FIXED ->
                download(
                        source,
                        "the fixed binarisation of MNIST (Larochelle and Murray 2011): 50,000 training and "
                                + "10,000 test images (research use)",
                        List.of(
                                plain(
                                        FIXED_MNIST + "binarized_mnist_train.amat",
                                        "binarized_mnist_static/binarized_mnist_train.amat",
                                        78_400_000,
                                        "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d"),
                                fixedMnistTest()));
            case OMNIGLOT, OMNIGLOT_GREY ->
                download(
                        source,
                        "32,460 drawings of 1,623 characters (MIT licence); resized to 28 x 28 on reading",
                        List.of(
                                plain(
                                        OMNIGLOT + "images_background.zip",
                                        "omniglot/images_background.zip",
                                        9_464_212,
                                        "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640"),
                                plain(
                                        OMNIGLOT + "images_evaluation.zip",
                                        "omniglot/images_evaluation.zip",
                                        6_462_886,
                                        "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee")));
            case OMNIGLOT_BURDA ->
                download(
                        source,
                        "Omniglot in the split of Burda et al. (2016), 28 x 28 grey",
                        List.of(plain(
                                "https://github.com/yburda/iwae/raw/master/datasets/OMNIGLOT/chardata.mat",
                                "omniglot-burda/chardata.mat",
                                -1,
                                "")));
            case FASHION_MNIST ->
                download(
                        source,
                        "70,000 pieces of clothing, 28 x 28 grey (MIT licence); a part ships",
                        List.of(
                                plain(
                                        FASHION + "train-images-idx3-ubyte.gz",
                                        "fashion-mnist/train-images-idx3-ubyte.gz",
                                        26_421_880,
                                        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
                                plain(
                                        FASHION + "train-labels-idx1-ubyte.gz",
                                        "fashion-mnist/train-labels-idx1-ubyte.gz",
                                        29_515,
                                        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
                                plain(
                                        FASHION + "t10k-images-idx3-ubyte.gz",
                                        "fashion-mnist/t10k-images-idx3-ubyte.gz",
                                        4_422_102,
                                        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
                                plain(
                                        FASHION + "t10k-labels-idx1-ubyte.gz",
                                        "fashion-mnist/t10k-labels-idx1-ubyte.gz",
                                        5_148,
                                        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5")));
            case CIFAR10 ->
                download(
                        source,
                        "60,000 photographs in ten classes, 32 x 32 colour (research use)",
                        List.of(new RemoteFile(
                                URI.create("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
                                "",
                                170_052_171,
                                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                                List.of(
                                        "cifar-10-batches-bin/data_batch_1.bin",
                                        "cifar-10-batches-bin/data_batch_2.bin",
                                        "cifar-10-batches-bin/data_batch_3.bin",
                                        "cifar-10-batches-bin/data_batch_4.bin",
                                        "cifar-10-batches-bin/data_batch_5.bin",
                                        "cifar-10-batches-bin/test_batch.bin"))));
            case IMAGENET32 ->
                manual(
                        source,
                        "1,281,167 photographs, 32 x 32 colour",
                        "everyone must accept its terms in person: log in at https://image-net.org/download-images, "
                                + "download the 32 x 32 images in npz format, and put train_data_batch_1.npz to "
                                + "train_data_batch_10.npz and val_data.npz into %s/imagenet32");
            case CELEBA, CELEBA_32 ->
                manual(
                        source,
                        "202,599 faces, cropped and resized to %s on reading"
                                .formatted(source == DataSource.CELEBA ? "64 x 64" : "32 x 32"),
                        "its terms allow research but not redistribution: download img_align_celeba.zip from "
                                + "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, unzip it in %s/celeba, "
                                + "and put list_eval_partition.txt there too");
            case DMLAB, DMLAB_32 ->
                manual(
                        source,
                        "frames of mazes, resized to %s on reading"
                                .formatted(source == DataSource.DMLAB ? "64 x 64" : "32 x 32"),
                        "no set is published: record frames with DeepMind Lab (https://github.com/google-deepmind/lab) "
                                + "and save them as image files in %1$s/dmlab/train/MAZE and %1$s/dmlab/test/MAZE");
        };
    }

    private static RemoteFile fixedMnistTest() {
        return plain(
                FIXED_MNIST + "binarized_mnist_test.amat",
                "binarized_mnist_static/binarized_mnist_test.amat",
                15_680_000,
                "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c");
    }

    private static Entry download(DataSource source, String about, List<RemoteFile> files) {
        return new Entry(source, about, files, "");
    }

    private static Entry manual(DataSource source, String about, String instruction) {
        return new Entry(source, about, List.of(), instruction);
    }
}
