package io.kanerva.tools.image;

import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.trainer.data.ImageSet;
import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureException;
import io.kanerva.trainer.picture.PictureReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Reads images from a folder of picture files and writes them as NumPy files. */
public final class PictureFiles {
    private PictureFiles() {}

    /**
     * Reads all picture files of a folder ({@link PictureReader}), ordered by name.
     *
     * @param channels 1 for grey, 3 for red, green and blue ({@link Picture#withChannels})
     * @throws Failure if there are none, one is unreadable, or their sizes differ
     */
    public static ImageSet readFolder(Path folder, int channels) {
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(PictureReader::isNamedLikeAPicture).sorted().toList();
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected a folder of pictures, found an unreadable folder (%s)"
                            .formatted(folder, e.getMessage()),
                    e);
        }
        if (files.isEmpty()) {
            throw new Failure("%s: expected PNG, JPEG, GIF, BMP, WebP or TIFF files, found none".formatted(folder));
        }
        byte[] pixels = null;
        Picture first = null;
        for (int i = 0; i < files.size(); i++) {
            Picture picture = read(files.get(i)).withChannels(channels);
            if (first == null) {
                first = picture;
                pixels = new byte[Math.multiplyExact(files.size(), picture.pixels().length)];
            } else if (picture.height() != first.height() || picture.width() != first.width()) {
                throw new Failure("%s: expected %d x %d pixels like %s, found %d x %d"
                        .formatted(
                                files.get(i),
                                first.height(),
                                first.width(),
                                files.get(0).getFileName(),
                                picture.height(),
                                picture.width()));
            }
            System.arraycopy(picture.pixels(), 0, pixels, i * picture.pixels().length, picture.pixels().length);
        }
        return new ImageSet(folder.toString(), files.size(), channels, first.height(), first.width(), pixels);
    }

    /** Writes images as a NumPy array of float32, [count, channels, height, width]. */
    public static void writeNpy(Path file, Pictures pictures) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }"
                .formatted(pictures.count(), pictures.channels(), pictures.height(), pictures.width());
        // The format aligns the values to 64 bytes.
        int start = (10 + header.length() + 1 + 63) / 64 * 64;
        ByteBuffer content = ByteBuffer.allocate(start).order(ByteOrder.LITTLE_ENDIAN);
        content.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) (start - 10));
        content.put((header + " ".repeat(start - 11 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
        OutputFile.write(file, stream -> {
            stream.write(content.array());
            // Image by image, as all of them may be more than an array of bytes holds.
            ByteBuffer image =
                    ByteBuffer.allocate(Float.BYTES * pictures.size()).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < pictures.count(); i++) {
                image.asFloatBuffer().put(pictures.values(), i * pictures.size(), pictures.size());
                stream.write(image.array());
            }
        });
    }

    private static Picture read(Path file) {
        try {
            return PictureReader.read(file);
        } catch (PictureException e) {
            throw new Failure(e.getMessage(), e);
        }
    }
}
