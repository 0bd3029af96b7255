package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.PictureReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Reads a folder of pictures as {@link OwnImages}. */
final class OwnFolder {
    private static final List<String> TRAIN = List.of("train", "training");
    private static final List<String> TEST = List.of("test", "testing", "val", "valid", "validation");

    private OwnFolder() {}

    static OwnImages read(Path place) {
        Path folder = withParts(place);
        List<Path> all = files(folder);
        List<Path> pictures =
                all.stream().filter(PictureReader::isNamedLikeAPicture).toList();
        Optional<OwnImages> packed =
                pictures.isEmpty() ? packed(folder).or(() -> OwnShards.read(folder, all)) : Optional.empty();
        if (packed.isPresent()) {
            return packed.get();
        }
        if (pictures.isEmpty()) {
            throw new DataFormatException(
                    "%s: expected PNG, JPEG, GIF, BMP, WebP or TIFF files, found none among %,d files"
                            .formatted(folder, all.size()));
        }
        Optional<Path> train = parts(folder, TRAIN).stream().findFirst();
        List<Path> tests = parts(folder, TEST);
        Optional<Path> test = tests.stream()
                .filter(part -> pictures.stream().anyMatch(picture -> picture.startsWith(part)))
                .findFirst();
        Path trainRoot = train.orElse(folder);
        List<Path> trained = pictures.stream()
                .filter(picture -> picture.startsWith(trainRoot)
                        && (train.isPresent() || tests.stream().noneMatch(picture::startsWith)))
                .toList();
        List<Path> tested = pictures.stream()
                .filter(picture -> test.filter(picture::startsWith).isPresent())
                .toList();
        if (trained.isEmpty()) {
            throw new DataFormatException("%s: expected pictures to train on, found all in %s"
                    .formatted(folder, test.map(Path::getFileName).orElse(folder)));
        }
        TreeSet<String> classes = new TreeSet<>();
        trained.forEach(picture -> classes.add(classOf(trainRoot, picture)));
        tested.forEach(picture -> classes.add(classOf(test.orElse(folder), picture)));
        // Pictures without a folder of their own have no class, and then none has.
        List<String> names = classes.contains("") ? List.of() : List.copyOf(classes);
        return new OwnImages(
                folder,
                OwnPart.of(trained, labels(trainRoot, trained, names)),
                tested.isEmpty() ? null : OwnPart.of(tested, labels(test.orElse(folder), tested, names)),
                names,
                all.size() - trained.size() - tested.size());
    }

    /** The folder, or that in it which it holds alone, as archives do, if training pictures have a folder there. */
    private static Path withParts(Path place) {
        Path folder = place;
        while (parts(folder, TRAIN).isEmpty()) {
            try (Stream<Path> inside = Files.list(folder)) {
                List<Path> all = inside.filter(path -> !isHidden(place, path)).toList();
                if (all.size() != 1 || !Files.isDirectory(all.get(0))) {
                    return place;
                }
                folder = all.get(0);
            } catch (IOException e) {
                throw unreadable(place, e);
            }
        }
        return folder;
    }

    /** IDX files under MNIST's names, with their labels. */
    private static Optional<OwnImages> packed(Path folder) {
        DataFolder data = DataFolder.of(folder);
        return idx(data, "train-images").map(train -> {
            Optional<ImageSet> test = idx(data, "t10k-images", "test-images");
            if (test.isPresent() && test.get().hasLabels() != train.hasLabels()) {
                throw new DataFormatException("%s: expected labels of all images or of none, found them for %s only"
                        .formatted(folder, train.hasLabels() ? "training" : "testing"));
            }
            int classes = 1
                    + Math.max(OwnArrays.most(train), test.map(OwnArrays::most).orElse(-1));
            return new OwnImages(
                    folder,
                    OwnPart.of(folder.toString(), train),
                    test.map(images -> OwnPart.of(folder.toString(), images)).orElse(null),
                    OwnArrays.numbers(classes),
                    0);
        });
    }

    private static Optional<ImageSet> idx(DataFolder data, String... names) {
        // Unpacking programs write a dot for the first hyphen of "-idx3".
        String[] files = Stream.of(names)
                .flatMap(name -> Stream.of(name + "-idx3-ubyte", name + ".idx3-ubyte"))
                .toArray(String[]::new);
        return DataPart.idx(files).find(data, data.path().toString()).map(ImageSet.class::cast);
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return all.filter(file -> !Files.isDirectory(file) && !isHidden(folder, file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw unreadable(folder, e);
        } catch (UncheckedIOException e) {
            throw unreadable(folder, e.getCause());
        }
    }

    private static DataFormatException unreadable(Path folder, IOException e) {
        return new DataFormatException(
                "%s: expected a folder of pictures, found an unreadable one (%s: %s)"
                        .formatted(folder, e.getClass().getSimpleName(), e.getMessage()),
                e);
    }

    private static boolean isHidden(Path folder, Path file) {
        for (Path name : folder.relativize(file)) {
            if (name.toString().startsWith(".") || name.toString().equals("__MACOSX")) {
                return true;
            }
        }
        return false;
    }

    /** The folders of these names, in this order. */
    private static List<Path> parts(Path folder, List<String> names) {
        try (Stream<Path> inside = Files.list(folder)) {
            return inside.filter(Files::isDirectory)
                    .filter(path -> names.contains(path.getFileName().toString().toLowerCase(Locale.ROOT)))
                    .sorted((a, b) -> names.indexOf(a.getFileName().toString().toLowerCase(Locale.ROOT))
                            - names.indexOf(b.getFileName().toString().toLowerCase(Locale.ROOT)))
                    .toList();
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    private static String classOf(Path root, Path picture) {
        Path inside = root.relativize(picture);
        return inside.getNameCount() == 1 ? "" : requireText(inside.getName(0)).toString();
    }

    /**
     * Refuses a path of which Java cannot tell all letters, so that it may look like another one.
     *
     * @throws DataFormatException if there are such
     */
    static Path requireText(Path path) {
        if (path.toString().indexOf('\ufffd') >= 0) {
            throw new DataFormatException(("%s: expected a name in the encoding of this system, %s, found another one "
                            + "(LC_ALL=C.UTF-8 in the environment makes it UTF-8)")
                    .formatted(path, System.getProperty("sun.jnu.encoding")));
        }
        return path;
    }

    private static int[] labels(Path root, List<Path> pictures, List<String> classes) {
        return classes.isEmpty()
                ? new int[0]
                : pictures.stream()
                        .mapToInt(picture -> classes.indexOf(classOf(root, picture)))
                        .toArray();
    }
}
