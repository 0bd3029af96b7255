package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Pictures of any size, for training or for testing.
 *
 * @param count number of pictures
 * @param pictures reads one of them
 * @param labels [count], each picture's class from 0, or empty
 * @param files [count], each picture's file, or empty
 */
record OwnPart(int count, IntFunction<Picture> pictures, int[] labels, List<Path> files) {

    /** Pictures that are no files of their own. */
    OwnPart(int count, IntFunction<Picture> pictures, int[] labels) {
        this(count, pictures, labels, List.of());
    }

    /** Picture files. */
    static OwnPart of(List<Path> files, int[] labels) {
        return new OwnPart(files.size(), index -> PictureReader.read(files.get(index)), labels, files);
    }

    /**
     * Images in memory.
     *
     * @param place where they are from, for the message
     * @throws DataFormatException if they are neither grey nor colour
     */
    static OwnPart of(String place, ImageSet images) {
        requireGreyOrColour(place, images.channels(), images.height(), images.width());
        int size = images.pixelsPerImage();
        return new OwnPart(
                images.count(),
                index -> new Picture(
                        images.channels(),
                        images.height(),
                        images.width(),
                        Arrays.copyOfRange(images.pixels(), index * size, (index + 1) * size)),
                images.labels());
    }

    /** @throws DataFormatException if images are neither grey nor colour */
    static void requireGreyOrColour(String place, int channels, int height, int width) {
        if (channels != 1 && channels != 3) {
            throw new DataFormatException("%s: expected images of 1 or 3 channels, found [%d, %d, %d]"
                    .formatted(place, channels, height, width));
        }
    }

    /** Some of the pictures. */
    OwnPart some(int[] indices) {
        return new OwnPart(
                indices.length,
                index -> pictures.apply(indices[index]),
                labels.length == 0
                        ? labels
                        : IntStream.of(indices).map(index -> labels[index]).toArray(),
                files.isEmpty()
                        ? files
                        : IntStream.of(indices).mapToObj(files::get).toList());
    }

    /** The first {@code share} of a random order that depends on the number of pictures alone, and the rest. */
    List<OwnPart> split(double share) {
        int[] order = IntStream.range(0, count).toArray();
        Random random = new Random(1);
        for (int i = count - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
        int first = (int) Math.max(1, Math.round(share * count));
        return List.of(
                some(Arrays.stream(order, 0, first).sorted().toArray()),
                some(Arrays.stream(order, first, count).sorted().toArray()));
    }
}
