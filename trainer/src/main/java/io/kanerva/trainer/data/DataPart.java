package io.kanerva.trainer.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

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
}
