package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.Picture;
import io.kanerva.trainer.picture.PictureException;
import io.kanerva.trainer.picture.PictureReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Reads Omniglot's original drawings (Lake et al. 2015), black ink on white paper, 105 x 105: the published zip file of
 * {@code ALPHABET/CHARACTER/DRAWING.png}, or a NumPy file with {@code images}, booleans [characters, drawings, 105,
 * 105], true for paper. Labels number the characters in order.
 */
final class OmniglotReader {
    private static final int LARGE = Drawings.LARGE;

    private final boolean dither;

    /** @param dither whether the 28 x 28 images are dithered to black and white */
    OmniglotReader(boolean dither) {
        this.dither = dither;
    }

    /** @throws DataFormatException if the file does not hold such drawings */
    Drawings readNumPy(String name, Path file) {
        try (NpzFile npz = new NpzFile(file)) {
            return npz.array("images", source -> {
                NpyReader.Header header = NpyReader.header(source);
                long[] shape = header.shape();
                if (!header.type().equals("|b1") || shape.length != 4 || shape[2] != LARGE || shape[3] != LARGE) {
                    throw source.bad(
                            "booleans ('|b1') of shape [characters, drawings, 105, 105]",
                            "'%s' of %s".formatted(header.type(), header.describe()));
                }
                int[] labels = new int[Math.toIntExact(shape[0] * shape[1])];
                Drawings drawings = new Drawings(name, dither, labels);
                for (int i = 0; i < labels.length; i++) {
                    byte[] paper = source.bytes(LARGE * LARGE, "drawings (%s)".formatted(header.describe()));
                    for (int k = 0; k < paper.length; k++) {
                        paper[k] = (byte) (paper[k] == 0 ? 0 : 255);
                    }
                    drawings.put(i, paper);
                    labels[i] = (int) (i / shape[1]);
                }
                return drawings;
            });
        }
    }

    /** @throws DataFormatException if the file does not hold such drawings */
    Drawings readZip(String name, Path file) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            List<String> names = new ArrayList<>();
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                String entry = entries.nextElement().getName();
                if (entry.endsWith(".png") && !entry.startsWith("__MACOSX")) {
                    names.add(entry);
                }
            }
            if (names.isEmpty()) {
                throw new DataFormatException(
                        "%s: expected drawings ALPHABET/CHARACTER/DRAWING.png, found no .png".formatted(file));
            }
            Collections.sort(names);
            int[] labels = new int[names.size()];
            Drawings drawings = new Drawings(name, dither, labels);
            for (int i = 0; i < labels.length; i++) {
                drawings.put(i, paper(zip, file, names.get(i)));
                labels[i] = i == 0
                        ? 0
                        : labels[i - 1] + (character(names.get(i)).equals(character(names.get(i - 1))) ? 0 : 1);
            }
            return drawings;
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a zip file of drawings, found an unreadable file (%s)"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    private static String character(String entry) {
        return entry.substring(0, Math.max(0, entry.lastIndexOf('/')));
    }

    private static byte[] paper(ZipFile zip, Path file, String entry) throws IOException {
        Picture picture;
        try (InputStream in = zip.getInputStream(zip.getEntry(entry))) {
            picture = PictureReader.read("%s, entry '%s'".formatted(file, entry), in.readAllBytes());
        } catch (PictureException e) {
            throw new DataFormatException(e.getMessage(), e);
        }
        if (picture.width() != LARGE || picture.height() != LARGE) {
            throw new DataFormatException("%s, entry '%s': expected a drawing of 105 x 105, found %d x %d"
                    .formatted(file, entry, picture.height(), picture.width()));
        }
        return picture.withChannels(1).pixels();
    }
}
