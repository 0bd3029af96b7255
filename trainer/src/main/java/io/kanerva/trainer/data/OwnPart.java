package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureReader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Pictures of any size, for training or for testing.
 *
 * @param count number of pictures
 * @param pictures reads one of them
 * @param contents reads the bytes of one that tell it from others, encoded or not; not asked for where there are files
 * @param labels [count], each picture's class from 0, or empty
 * @param files [count], each picture's file, or empty
 */
record OwnPart(int count, IntFunction<Picture> pictures, IntFunction<byte[]> contents, int[] labels, List<Path> files) {

    /** Pictures that are no files of their own, nor encoded. */
    OwnPart(int count, IntFunction<Picture> pictures, int[] labels) {
        this(count, pictures, index -> pictures.apply(index).pixels(), labels, List.of());
    }

    /** Picture files. */
    static OwnPart of(List<Path> files, int[] labels) {
        return new OwnPart(files.size(), index -> PictureReader.read(files.get(index)), null, labels, files);
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

    /** The same pictures with these labels. */
    OwnPart labelled(int[] others) {
        return new OwnPart(count, pictures, contents, others, files);
    }

    /** For each picture the index of the first one that is equal to it, byte for byte, which may be itself. */
    int[] firsts() {
        return files.isEmpty() ? OwnCopies.of(count, contents) : OwnCopies.ofFiles(files);
    }

    private OwnPart some(IntStream chosen) {
        int[] indices = chosen.toArray();
        return new OwnPart(
                indices.length,
                index -> pictures.apply(indices[index]),
                contents == null ? null : index -> contents.apply(indices[index]),
                labels.length == 0
                        ? labels
                        : IntStream.of(indices).map(index -> labels[index]).toArray(),
                files.isEmpty()
                        ? files
                        : IntStream.of(indices).mapToObj(files::get).toList());
    }

    /**
     * Draws a share of the pictures by a random order that depends on their number alone; equal ones stay together.
     *
     * @return the share, and the rest, which is empty if all pictures are equal
     */
    List<OwnPart> split(double share) {
        int[] order = IntStream.range(0, count).toArray();
        Random random = new Random(1);
        for (int i = count - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
        BitSet drawn = new BitSet(count);
        Arrays.stream(OwnCopies.drawn(order, firsts(), (int) Math.max(1, Math.round(share * count))))
                .forEach(drawn::set);
        return List.of(some(drawn.stream()), some(IntStream.range(0, count).filter(index -> !drawn.get(index))));
    }
}
