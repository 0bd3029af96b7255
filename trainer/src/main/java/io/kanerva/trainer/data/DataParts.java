package io.kanerva.trainer.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The parts of the named data sets. */
final class DataParts {
    private DataParts() {}

    /** IDX files, gzipped or not, with label files alongside. */
    static DataPart idx(String... files) {
        return DataPart.file(LabelRule.BESIDE, gzipped(files));
    }

    /** The fixed binarisation of MNIST; {@code part} is {@code train} or {@code test}. */
    static DataPart fixedMnist(String part) {
        String name = "binarized_mnist_" + part;
        return DataPart.file(
                part.equals("test") ? LabelRule.SORTED_MNIST_TEST : LabelRule.NONE,
                "binarized_mnist_static/" + name + "_packbits.npy",
                "binarized_mnist_static/" + name + ".amat",
                "mnist/" + name + ".amat",
                name + ".amat",
                name + ".amat.gz");
    }

    /**
     * Omniglot at 28 x 28, ready-made or made on reading from the original drawings.
     *
     * @param part {@code background} or {@code evaluation}
     * @param kind {@code pil1dither} or {@code gray}, as the ready-made files are called
     */
    static DataPart omniglot(String part, String kind) {
        OmniglotReader reader = new OmniglotReader(kind.equals("pil1dither"));
        String drawings = "images_" + part;
        return DataPart.either(
                DataPart.file(
                        LabelRule.OMNIGLOT,
                        gzipped(
                                "omniglot_28/%s-%s-idx3-ubyte".formatted(part, kind),
                                "%s-%s-idx3-ubyte".formatted(part, kind))),
                DataPart.special(
                        (name, file) -> whole(reader.readNumPy(name, file)),
                        "omniglot/" + drawings + ".npz",
                        drawings + ".npz"),
                DataPart.special(
                        (name, file) -> whole(reader.readZip(name, file)),
                        "omniglot/" + drawings + ".zip",
                        drawings + ".zip"));
    }

    /**
     * The same from the original drawings only, which are kept so that augmentation can move them before they are
     * shrunk.
     */
    static DataPart omniglotDrawings(String part, String kind) {
        OmniglotReader reader = new OmniglotReader(kind.equals("pil1dither"));
        String drawings = "images_" + part;
        return DataPart.either(
                DataPart.special(reader::readNumPy, "omniglot/" + drawings + ".npz", drawings + ".npz"),
                DataPart.special(reader::readZip, "omniglot/" + drawings + ".zip", drawings + ".zip"));
    }

    private static ImageSet whole(Images images) {
        return images.slice(0, images.count());
    }

    /** Burda's Omniglot; {@code prefix} as in {@link BurdaReader#read}. */
    static DataPart burda(String prefix) {
        return DataPart.special(
                (name, file) -> BurdaReader.read(name, file, prefix),
                "omniglot-burda/chardata.mat",
                "OMNIGLOT/chardata.mat",
                "chardata.mat");
    }

    /** CIFAR-10's binary records, gzipped or not. */
    static DataPart cifar(String... batches) {
        return DataPart.batches(
                CifarReader::read,
                "cifar10/" + batches[0] + " or cifar10/" + batches[0] + ".gz"
                        + (batches.length > 1 ? ", and so on," : "")
                        + " or the same in cifar-10-batches-bin or in the data folder itself",
                List.of("cifar10", "cifar-10-batches-bin", "."),
                Arrays.stream(batches)
                        .map(batch -> List.of(batch, batch + ".gz"))
                        .toList());
    }

    /** The five training batches of CIFAR-10. */
    static DataPart cifarTraining() {
        return cifar(IntStream.rangeClosed(1, 5)
                .mapToObj("data_batch_%d.bin"::formatted)
                .toArray(String[]::new));
    }

    /** ImageNet's 32 x 32 batches: the ten training ones, or the validation one, which the literature tests on. */
    static DataPart imageNet(boolean training) {
        List<String> batches = training
                ? IntStream.rangeClosed(1, 10)
                        .mapToObj("train_data_batch_%d.npz"::formatted)
                        .toList()
                : List.of("val_data.npz");
        return DataPart.batches(
                ImageNetReader::read,
                "imagenet32/" + batches.get(0) + (training ? " to train_data_batch_10.npz" : "")
                        + " or the same in the data folder itself",
                List.of("imagenet32", "."),
                batches.stream().map(List::of).toList());
    }

    private static String[] gzipped(String... files) {
        return Arrays.stream(files)
                .flatMap(file -> Stream.of(file + ".gz", file))
                .toArray(String[]::new);
    }
}
