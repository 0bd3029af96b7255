package io.kanerva.tools.image;

import io.kanerva.tools.Failure;
import io.kanerva.tools.OutputFile;
import io.kanerva.trainer.data.ImageSet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Reads images from a folder of PNG files and writes them as NumPy files. */
public final class PictureFiles {
    private PictureFiles() {}

    /**
     * Reads all {@code .png} files of a folder, ordered by name.
     *
     * @param channels 1 for grey (colours become their luminance), 3 for red, green and blue
     * @throws Failure if there are none, one is unreadable, or their sizes differ
     */
    public static ImageSet readFolder(Path folder, int channels) {
        List<Path> files;
        try (Stream<Path> entries = Files.list(folder)) {
            files = entries.filter(
                            file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".png"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected a folder of PNG files, found an unreadable folder (%s)"
                            .formatted(folder, e.getMessage()),
                    e);
        }
        if (files.isEmpty()) {
            throw new Failure("%s: expected PNG files, found none".formatted(folder));
        }
        byte[] pixels = null;
        int height = 0;
        int width = 0;
        for (int i = 0; i < files.size(); i++) {
            BufferedImage image = read(files.get(i));
            if (pixels == null) {
                height = image.getHeight();
                width = image.getWidth();
                pixels = new byte[Math.multiplyExact(files.size(), channels * height * width)];
            } else if (image.getHeight() != height || image.getWidth() != width) {
                throw new Failure("%s: expected %d x %d pixels like %s, found %d x %d"
                        .formatted(
                                files.get(i),
                                height,
                                width,
                                files.get(0).getFileName(),
                                image.getHeight(),
                                image.getWidth()));
            }
            copy(image, pixels, i * channels * height * width, channels);
        }
        return new ImageSet(folder.toString(), files.size(), channels, height, width, pixels);
    }

    /** Writes images as a NumPy array of float32, [count, channels, height, width]. */
    public static void writeNpy(Path file, Pictures pictures) {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d, %d), }"
                .formatted(pictures.count(), pictures.channels(), pictures.height(), pictures.width());
        // The format aligns the values to 64 bytes.
        int start = (10 + header.length() + 1 + 63) / 64 * 64;
        ByteBuffer content =
                ByteBuffer.allocate(start + 4 * pictures.values().length).order(ByteOrder.LITTLE_ENDIAN);
        content.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) (start - 10));
        content.put((header + " ".repeat(start - 11 - header.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
        content.asFloatBuffer().put(pictures.values());
        OutputFile.write(file, content.array());
    }

    private static BufferedImage read(Path file) {
        try {
            BufferedImage image = ImageIO.read(file.toFile());
            if (image == null) {
                throw new Failure("%s: expected a PNG file, found another format".formatted(file));
            }
            return image;
        } catch (IOException e) {
            throw new Failure(
                    "%s: expected a PNG file, found an unreadable file (%s)".formatted(file, e.getMessage()), e);
        }
    }

    private static void copy(BufferedImage image, byte[] pixels, int offset, int channels) {
        int plane = image.getHeight() * image.getWidth();
        for (int i = 0; i < plane; i++) {
            int colour = image.getRGB(i % image.getWidth(), i / image.getWidth());
            int red = colour >> 16 & 0xff;
            int green = colour >> 8 & 0xff;
            int blue = colour & 0xff;
            if (channels == 1) {
                // Rec. 601 luminance.
                pixels[offset + i] = (byte) Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
            } else {
                pixels[offset + i] = (byte) red;
                pixels[offset + plane + i] = (byte) green;
                pixels[offset + 2 * plane + i] = (byte) blue;
            }
        }
    }
}
