package io.kanerva.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** How one part (training or test) of a data set is found in a data folder and read. */
interface DataPart {

    /**
     * Finds and reads the images, or nothing if the folder does not hold this part.
     *
     * @param name what to call the set
     * @throws DataFormatException if files are there but are not what they should be
     */
    Optional<Images> find(DataFolder folder, String name);

    /** Which files it is made of, in words that end "expected ... as". */
    String files();

    /** One file of images: the first that is there. */
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
            public String files() {
                return String.join(" or ", files);
            }
        };
    }

    /** CIFAR-10's binary records: all the batches that are there, in order. */
    static DataPart cifar(String... batches) {
        List<String> places = List.of("cifar10", "cifar-10-batches-bin", ".");
        return new DataPart() {
            @Override
            public Optional<Images> find(DataFolder folder, String name) {
                if (folder.ships()) {
                    return Optional.empty();
                }
                for (String place : places) {
                    List<Path> files = new ArrayList<>();
                    for (String batch : batches) {
                        Path file = folder.path().resolve(place).normalize().resolve(batch);
                        Arrays.stream(new Path[] {file, file.resolveSibling(batch + ".gz")}).filter(Files::isRegularFile).findFirst().ifPresent(files::add);
                    }
                    if (!files.isEmpty()) {
                        return Optional.of(CifarReader.read(name, files));
                    }
                }
                return Optional.empty();
            }

            @Override
            public String files() {
                return "cifar10/" + batches[0] + " or cifar10/" + batches[0] + ".gz" + (batches.length > 1 ? ", and so on," : "")
                        + " or the same in cifar-10-batches-bin or in the folder itself";
            }
        };
    }
}
