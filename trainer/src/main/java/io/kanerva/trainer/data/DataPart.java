package io.kanerva.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Finds and reads one part (training or test) of a data set in a data folder. */
interface DataPart {

    /**
     * Finds and reads the images; empty if the folder does not have this part.
     *
     * @param name the name of the resulting set
     * @throws DataFormatException if a file is unreadable or malformed
     */
    Optional<Images> find(DataFolder folder, String name);

    /** Whether the folder has files of this part, without reading them. */
    boolean isIn(DataFolder folder);

    /** Describes the files for a message that says "expected ... as". */
    String files();

    /** One file of images: the first that exists. */
    static DataPart file(LabelRule labels, String... candidates) {
        List<String> files = List.of(candidates);
        return new DataPart() {
            @Override
            public Optional<Images> find(DataFolder folder, String name) {
                return folder.first(files).map(file -> {
                    ImageSet images = folder.images(file, name);
                    return images.labelled(labels.labels(folder, file, images.count()));
                });
            }

            @Override
            public boolean isIn(DataFolder folder) {
                return folder.first(files).isPresent();
            }

            @Override
            public String files() {
                return String.join(" or ", files);
            }
        };
    }

    /** One file in a special format: the first that exists. */
    static DataPart special(BiFunction<String, Path, Images> reader, String... candidates) {
        return batches(
                (name, files) -> reader.apply(name, files.get(0)),
                String.join(" or ", candidates),
                List.of("."),
                List.of(List.of(candidates)));
    }

    /**
     * Several files that make up one set: all that exist, in order, in the first folder that has any.
     *
     * @param reader reads the files, at least one
     * @param places the folders to search
     * @param batches the possible names of each file
     */
    static DataPart batches(
            BiFunction<String, List<Path>, Images> reader,
            String description,
            List<String> places,
            List<List<String>> batches) {
        return new DataPart() {
            @Override
            public Optional<Images> find(DataFolder folder, String name) {
                List<Path> files = files(folder);
                return files.isEmpty() ? Optional.empty() : Optional.of(reader.apply(name, files));
            }

            @Override
            public boolean isIn(DataFolder folder) {
                return !files(folder).isEmpty();
            }

            private List<Path> files(DataFolder folder) {
                List<Path> files = new ArrayList<>();
                for (String place : folder.ships() ? List.<String>of() : places) {
                    for (List<String> batch : files.isEmpty() ? batches : List.<List<String>>of()) {
                        batch.stream()
                                .map(file ->
                                        folder.path().resolve(place).normalize().resolve(file))
                                .filter(Files::isRegularFile)
                                .findFirst()
                                .ifPresent(files::add);
                    }
                }
                return files;
            }

            @Override
            public String files() {
                return description;
            }
        };
    }

    /** The first of these parts that exists. */
    static DataPart either(DataPart... parts) {
        return new DataPart() {
            @Override
            public Optional<Images> find(DataFolder folder, String name) {
                for (DataPart part : parts) {
                    Optional<Images> images = part.find(folder, name);
                    if (images.isPresent()) {
                        return images;
                    }
                }
                return Optional.empty();
            }

            @Override
            public boolean isIn(DataFolder folder) {
                return List.of(parts).stream().anyMatch(part -> part.isIn(folder));
            }

            @Override
            public String files() {
                return String.join(
                        " or ", List.of(parts).stream().map(DataPart::files).toList());
            }
        };
    }

    /** IDX files, gzipped or not, with label files alongside. */
    static DataPart idx(String... files) {
        return file(LabelRule.BESIDE, gzipped(files));
    }

    /** The fixed binarisation of MNIST; {@code part} is {@code train} or {@code test}. */
    static DataPart fixedMnist(String part) {
        String name = "binarized_mnist_" + part;
        return file(
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
        return either(
                file(
                        LabelRule.OMNIGLOT,
                        gzipped(
                                "omniglot_28/%s-%s-idx3-ubyte".formatted(part, kind),
                                "%s-%s-idx3-ubyte".formatted(part, kind))),
                special(
                        (name, file) -> whole(reader.readNumPy(name, file)),
                        "omniglot/" + drawings + ".npz",
                        drawings + ".npz"),
                special(
                        (name, file) -> whole(reader.readZip(name, file)),
                        "omniglot/" + drawings + ".zip",
                        drawings + ".zip"));
    }

    /**
     * The same from the original drawings only, which are kept so that augmentation can transform them before they are
     * shrunk.
     */
    static DataPart omniglotDrawings(String part, String kind) {
        OmniglotReader reader = new OmniglotReader(kind.equals("pil1dither"));
        String drawings = "images_" + part;
        return either(
                special(reader::readNumPy, "omniglot/" + drawings + ".npz", drawings + ".npz"),
                special(reader::readZip, "omniglot/" + drawings + ".zip", drawings + ".zip"));
    }

    private static ImageSet whole(Images images) {
        return images.slice(0, images.count());
    }

    /** Burda's Omniglot; {@code prefix} as in {@link BurdaReader#read}. */
    static DataPart burda(String prefix) {
        return special(
                (name, file) -> BurdaReader.read(name, file, prefix),
                "omniglot-burda/chardata.mat",
                "OMNIGLOT/chardata.mat",
                "chardata.mat");
    }

    /** CIFAR-10's binary records, gzipped or not. */
    static DataPart cifar(String... batches) {
        return batches(
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
        return batches(
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
