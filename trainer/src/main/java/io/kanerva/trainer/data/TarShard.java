package io.kanerva.trainer.data;

import io.kanerva.trainer.picture.PictureException;
import io.kanerva.trainer.picture.PictureReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * A tar file of samples as WebDataset has them: files whose names are alike up to the first dot belong together, a
 * picture and if wanted a {@code .cls} file with its class. Pictures stay on disk, where they lie as they are; a
 * gzipped file is unpacked into the system's folder for temporary files first, as only its beginning could be found in
 * it.
 *
 * @see <a href="https://github.com/webdataset/webdataset">WebDataset</a>
 */
final class TarShard {
    private static final int BLOCK = 512;
    private static final byte[] GZIP = {0x1f, (byte) 0x8b};
    private static final int MAX_LABEL = 1000;
    private static final int MAX_PICTURE = 1 << 30;

    private TarShard() {}

    private record Entry(String name, String key, long offset, long size) {}

    /** @throws DataFormatException if the file is no tar file, or its samples are not all of one kind */
    static OwnClasses.Named read(Path file) {
        if (!isGzipped(file)) {
            return read(file, file);
        }
        Path unpacked = unpack(file);
        try {
            return read(file, unpacked);
        } catch (DataFormatException e) {
            delete(unpacked, e);
            throw e;
        }
    }

    private static OwnClasses.Named read(Path file, Path unpacked) {
        List<Entry> pictures = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        Map<String, String> classes = new HashMap<>();
        long end = 0;
        try (TarFile tar = new TarFile(unpacked)) {
            for (TarArchiveEntry entry : tar.getEntries()) {
                if (!entry.isCheckSumOK()) {
                    throw bad(
                            file, "an intact tar file", "one with a wrong checksum at '%s'".formatted(entry.getName()));
                }
                end = entry.getDataOffset() + (entry.getSize() + BLOCK - 1) / BLOCK * BLOCK;
                String name = entry.getName();
                String base = name.substring(name.lastIndexOf('/') + 1);
                if (!entry.isFile() || base.startsWith(".") || name.startsWith("__MACOSX")) {
                    continue;
                }
                int dot = base.indexOf('.');
                String key = dot < 0 ? name : name.substring(0, name.length() - base.length() + dot);
                if (PictureReader.isNamedLikeAPicture(Path.of(base))) {
                    if (!keys.add(key)) {
                        throw bad(file, "one picture for each sample", "two of '%s'".formatted(key));
                    }
                    if (entry.isLink() || entry.isSymbolicLink() || entry.isSparse() || entry.getSize() > MAX_PICTURE) {
                        throw bad(file, "pictures of at most 1 GiB, stored whole, no links", "'%s'".formatted(name));
                    }
                    pictures.add(new Entry(name, key, entry.getDataOffset(), entry.getSize()));
                } else if (base.substring(dot + 1).equalsIgnoreCase("cls")) {
                    classes.put(key, label(file, tar, entry));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new DataFormatException(
                    "%s: expected a tar file, gzipped or not compressed, found a damaged or another one (%s)"
                            .formatted(file, e.getMessage()),
                    e);
        }
        requireWhole(file, unpacked, end);
        if (pictures.isEmpty()) {
            throw bad(file, "PNG, JPEG, GIF, BMP, WebP or TIFF files", "none");
        }
        List<String> labels = new ArrayList<>();
        for (Entry picture : pictures) {
            String label = classes.get(picture.key());
            if (label == null && !classes.isEmpty()) {
                throw bad(file, "a .cls file for each picture or for none", "none for '%s'".formatted(picture.name()));
            }
            if (label != null) {
                labels.add(label);
            }
        }
        IntFunction<byte[]> contents = index -> bytes(file, unpacked, pictures.get(index));
        return new OwnClasses.Named(
                new OwnPart(
                        pictures.size(),
                        index -> PictureReader.read(place(file, pictures.get(index)), contents.apply(index)),
                        contents,
                        new int[0],
                        List.of()),
                labels);
    }

    private static boolean isGzipped(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(GZIP.length), GZIP);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static DataFormatException unreadable(Path file, IOException e) {
        return new DataFormatException(
                "%s: expected a tar file, found an unreadable one (%s)".formatted(file, e.getMessage()), e);
    }

    private static Path unpack(Path file) {
        Path unpacked;
        try {
            unpacked = Files.createTempFile("kpp-", ".tar");
            unpacked.toFile().deleteOnExit();
        } catch (IOException e) {
            throw new DataFormatException(
                    "%s: expected a place to unpack it, found none (%s)".formatted(file, e.getMessage()), e);
        }
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
            Files.copy(in, unpacked, StandardCopyOption.REPLACE_EXISTING);
            return unpacked;
        } catch (IOException e) {
            delete(unpacked, e);
            throw new DataFormatException(
                    "%s: expected a gzipped tar file that unpacks into %s, found a cut or damaged one, or no room (%s)"
                            .formatted(file, unpacked.getParent(), e.getMessage()),
                    e);
        }
    }

    private static void delete(Path file, Exception cause) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * A cut file ends without the block of zeros that every writer puts after the last entry; in files that were
     * written one after the other into one, entries follow it.
     */
    private static void requireWhole(Path file, Path unpacked, long end) {
        byte[] block = new byte[BLOCK];
        try (InputStream in = Files.newInputStream(unpacked)) {
            in.skipNBytes(Math.min(end, Files.size(unpacked)));
            if (in.readNBytes(block, 0, BLOCK) < BLOCK || !isZero(block)) {
                throw bad(file, "a complete tar file", "one that ends after %,d bytes".formatted(Files.size(unpacked)));
            }
            for (int read = in.readNBytes(block, 0, BLOCK); read > 0; read = in.readNBytes(block, 0, BLOCK)) {
                if (!isZero(Arrays.copyOf(block, read))) {
                    throw bad(file, "one tar file", "more after its end, as where several were joined");
                }
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static boolean isZero(byte[] block) {
        return Arrays.equals(block, new byte[block.length]);
    }

    private static String label(Path file, TarFile tar, TarArchiveEntry entry) throws IOException {
        if (entry.getSize() > MAX_LABEL) {
            throw bad(file, "a class of at most %d bytes".formatted(MAX_LABEL), "'%s'".formatted(entry.getName()));
        }
        try (InputStream in = tar.getInputStream(entry)) {
            String label = new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
            if (label.isEmpty()) {
                throw bad(file, "a class", "none in '%s'".formatted(entry.getName()));
            }
            return label;
        }
    }

    private static String place(Path file, Entry entry) {
        return file + ", " + entry.name();
    }

    private static byte[] bytes(Path file, Path unpacked, Entry entry) {
        ByteBuffer bytes = ByteBuffer.allocate((int) entry.size());
        try (FileChannel channel = FileChannel.open(unpacked)) {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, entry.offset() + bytes.position()) < 0) {
                    throw new IOException("the tar file is shorter than before");
                }
            }
        } catch (IOException e) {
            throw new PictureException(
                    "%s: expected a picture, found an unreadable file (%s)"
                            .formatted(place(file, entry), e.getMessage()),
                    e);
        }
        return bytes.array();
    }

    private static DataFormatException bad(Path file, String expected, String found) {
        return new DataFormatException("%s: expected %s, found %s".formatted(file, expected, found));
    }
}
