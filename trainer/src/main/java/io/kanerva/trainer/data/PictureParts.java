package io.kanerva.trainer.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Parts of data sets that are folders of image files: Celeb-A and DeepMind Lab's mazes. */
final class PictureParts {
    private static final String PARTITION = "list_eval_partition.txt";
    /** Celeb-A's own split: images up to 162770 are for training, up to 182637 for validation, the rest for testing. */
    private static final int LAST_TRAINING = 162_770;

    private static final int LAST_VALIDATION = 182_637;

    private PictureParts() {}

    /**
     * Celeb-A's aligned images, split by {@code list_eval_partition.txt} or, without it, by number in the same way.
     *
     * @param part 0 for training, 2 for testing
     */
    static DataPart celebA(int part, int side) {
        return new FolderPart(
                List.of("celeba/img_align_celeba", "celeba", "img_align_celeba"),
                side,
                "celeba/img_align_celeba/NUMBER.jpg (and celeba/%s for the split)".formatted(PARTITION)) {
            @Override
            List<Path> choose(Path folder, List<Path> pictures) {
                Map<String, Integer> partition = partition(folder);
                return pictures.stream()
                        .filter(picture -> partOf(picture, partition) == part)
                        .toList();
            }
        };
    }

    /** Frames in {@code dmlab/train} or {@code dmlab/test}; a folder per maze labels them. */
    static DataPart mazes(String part, int side) {
        return new FolderPart(List.of("dmlab/" + part), side, "dmlab/%s/MAZE/FRAME.png".formatted(part)) {
            @Override
            List<Path> choose(Path folder, List<Path> pictures) {
                return pictures;
            }
        };
    }

    private abstract static class FolderPart implements DataPart {
        private final List<String> places;
        private final int side;
        private final String files;

        FolderPart(List<String> places, int side, String files) {
            this.places = places;
            this.side = side;
            this.files = files;
        }

        /** Selects the images of a folder that belong to this part. */
        abstract List<Path> choose(Path folder, List<Path> pictures);

        @Override
        public Optional<Images> find(DataFolder data, String name) {
            if (data.ships()) {
                return Optional.empty();
            }
            for (String place : places) {
                Path folder = data.path().resolve(place);
                List<Path> pictures =
                        Files.isDirectory(folder) ? choose(folder, FolderImages.pictures(folder)) : List.of();
                if (!pictures.isEmpty()) {
                    return Optional.of(new FolderImages(
                            name, pictures, labels(folder, pictures), side, FolderImages.defaultCacheBytes()));
                }
            }
            return Optional.empty();
        }

        @Override
        public boolean isIn(DataFolder data) {
            return !data.ships() && places.stream().map(data.path()::resolve).anyMatch(Files::isDirectory);
        }

        @Override
        public String files() {
            return files;
        }
    }

    /** Numbers the folders of the images in order; empty if an image is in the top folder. */
    private static int[] labels(Path top, List<Path> pictures) {
        Map<Path, Integer> folders = new HashMap<>();
        int[] labels = new int[pictures.size()];
        for (int i = 0; i < labels.length; i++) {
            if (pictures.get(i).getParent().equals(top)) {
                return new int[0];
            }
            labels[i] = folders.computeIfAbsent(pictures.get(i).getParent(), folder -> folders.size());
        }
        return labels;
    }

    private static Map<String, Integer> partition(Path folder) {
        List<Path> places = new ArrayList<>(List.of(folder.resolve(PARTITION), folder.resolveSibling(PARTITION)));
        places.removeIf(place -> !Files.isRegularFile(place));
        Map<String, Integer> partition = new HashMap<>();
        if (places.isEmpty()) {
            return partition;
        }
        try {
            for (String line : Files.readAllLines(places.get(0))) {
                String[] words = line.strip().split("\\s+");
                if (words.length != 2 || !words[1].matches("[012]")) {
                    throw new DataFormatException("%s: expected lines 'FILE 0', 'FILE 1' or 'FILE 2', found '%s'"
                            .formatted(places.get(0), line));
                }
                partition.put(words[0], Integer.parseInt(words[1]));
            }
            return partition;
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected Celeb-A's split, found an unreadable file (%s)"
                            .formatted(places.get(0), e.getMessage()),
                    e);
        }
    }

    private static int partOf(Path picture, Map<String, Integer> partition) {
        String file = picture.getFileName().toString();
        if (!partition.isEmpty()) {
            return partition.getOrDefault(file, -1);
        }
        String digits = file.replaceAll("\\D", "");
        if (digits.isEmpty() || digits.length() > 9) {
            return -1;
        }
        int number = Integer.parseInt(digits);
        return number <= LAST_TRAINING ? 0 : number <= LAST_VALIDATION ? 1 : 2;
    }
}
