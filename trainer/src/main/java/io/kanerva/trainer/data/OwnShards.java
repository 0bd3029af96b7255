package io.kanerva.trainer.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Reads Parquet files or tar files of pictures as {@link OwnImages}. Those with the word {@code test}, {@code val} or
 * {@code dev} in their name or in that of a folder are for testing, in this order of preference, those with
 * {@code train} for training; if none has, all are for training.
 */
final class OwnShards {
    private static final List<String> TEST = List.of("test", "val", "dev");
    private static final Pattern PART =
            Pattern.compile("(?<![a-z])(train(ing)?|test(ing)?|val(id(ation)?)?|dev)(?![a-z])");

    private OwnShards() {}

    static boolean isShard(Path file) {
        return name(file).endsWith(".parquet") || isTar(file);
    }

    private static boolean isTar(Path file) {
        String name = name(file);
        return name.endsWith(".tar") || name.endsWith(".tar.gz") || name.endsWith(".tgz");
    }

    /**
     * Reads the lists of pictures of all shards among some files.
     *
     * @return empty if there is none
     * @throws DataFormatException if one is malformed, or none is for training
     */
    static Optional<OwnImages> read(Path place, List<Path> files) {
        List<Path> shards = files.stream().filter(OwnShards::isShard).toList();
        if (shards.isEmpty()) {
            return Optional.empty();
        }
        List<Path> test = TEST.stream()
                .map(name -> part(place, shards, name))
                .filter(some -> !some.isEmpty() && some.size() < shards.size())
                .findFirst()
                .orElse(List.of());
        List<Path> named = part(place, shards, "train");
        List<Path> train = named.isEmpty()
                ? shards.stream().filter(shard -> !test.contains(shard)).toList()
                : named;
        PixelScale scale = new PixelScale();
        return Optional.of(OwnClasses.images(
                place,
                all(place, train, scale),
                test.isEmpty() ? null : all(place, test, scale),
                files.size() - train.size() - test.size()));
    }

    private static List<Path> part(Path place, List<Path> shards, String name) {
        return shards.stream()
                .filter(shard -> part(place, shard).startsWith(name))
                .toList();
    }

    /**
     * The last word for a part in a shard's name, else in that of the nearest folder that has one; empty if none has. A
     * data set's own name, before it, may have such a word too: {@code squad-dev-train-00000-of-00001.parquet}.
     */
    private static String part(Path place, Path shard) {
        for (Path path = shard; path != null && !path.equals(place); path = path.getParent()) {
            String part =
                    PART.matcher(name(path)).results().map(MatchResult::group).reduce("", (before, last) -> last);
            if (!part.isEmpty()) {
                return part;
            }
        }
        return "";
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    }

    private static OwnClasses.Named all(Path place, List<Path> shards, PixelScale scale) {
        List<OwnPart> parts = new ArrayList<>();
        List<String> classes = new ArrayList<>();
        int[] starts = new int[shards.size() + 1];
        for (int i = 0; i < shards.size(); i++) {
            OwnClasses.Named shard =
                    isTar(shards.get(i)) ? TarShard.read(shards.get(i)) : ParquetShard.read(shards.get(i), scale);
            if (shard.classes().isEmpty() != classes.isEmpty() && i > 0) {
                throw new DataFormatException("%s: expected labels in all files or in none, found %s unlike %s"
                        .formatted(place, shards.get(i), shards.get(0)));
            }
            parts.add(shard.part());
            classes.addAll(shard.classes());
            starts[i + 1] = Math.addExact(starts[i], shard.part().count());
        }
        OwnPart all = new OwnPart(
                starts[shards.size()],
                index -> of(parts, starts, index, OwnPart::pictures),
                index -> of(parts, starts, index, OwnPart::contents),
                new int[0],
                List.of());
        return new OwnClasses.Named(all, classes);
    }

    private static <T> T of(List<OwnPart> parts, int[] starts, int index, Function<OwnPart, IntFunction<T>> reader) {
        int shard = 0;
        while (index >= starts[shard + 1]) {
            shard++;
        }
        return reader.apply(parts.get(shard)).apply(index - starts[shard]);
    }
}
