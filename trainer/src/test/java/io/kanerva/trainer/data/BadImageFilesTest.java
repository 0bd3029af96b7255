package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every bad file is reported in one sentence: the file, what was expected, what was found. */
class BadImageFilesTest {
    private static final String SHAPES =
            "expected a NumPy array of shape [images, 98] (packed bits), [images, 784], [images, rows, columns], "
                    + "[images, channels, rows, columns] or [images, rows, columns, channels], found shape ";

    private static final String ROW = "0 ".repeat(783) + "1";

    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @MethodSource("badFiles")
    void reportsWhatIsWrongWith(String what, byte[] content, String message) throws IOException {
        Path file = Files.write(folder.resolve("bad"), content);
        assertThatThrownBy(() -> ImageFiles.read(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file + ": " + message);
    }

    static Stream<Arguments> badFiles() {
        byte[] idx = Bytes.idx(3, 4, 5);
        byte[] gzip = Bytes.gzip(Bytes.idx(3, 28, 28));
        byte[] wrongSum = gzip.clone();
        wrongSum[gzip.length - 8] ^= 1;
        return Stream.of(
                Arguments.of("an empty file", new byte[0], "expected images, found an empty file"),
                Arguments.of(
                        "an empty gzip file", Bytes.gzip(new byte[0]), "expected images, found an empty gzip file"),
                Arguments.of(
                        "a picture",
                        new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10},
                        "expected an IDX, .amat or .npy file of images, found the first bytes 89 50 4e 47"),
                Arguments.of(
                        "labels instead of images",
                        Bytes.concat(Bytes.idxHeader(0x801, 2), new byte[2]),
                        "expected images (IDX magic 00000803), found a file of labels (IDX magic 00000801)"),
                Arguments.of(
                        "IDX of floats",
                        Bytes.idxHeader(0xd03, 1, 1, 1, 0),
                        "expected images (IDX magic 00000803), found the magic 00000d03"),
                Arguments.of(
                        "IDX of no images",
                        Bytes.idxHeader(0x803, 0, 28, 28),
                        "expected at least one image of at least one pixel, found 0 images of 28 x 28"),
                Arguments.of(
                        "a short IDX header",
                        Bytes.idxHeader(0x803, 7),
                        "expected 12 bytes of IDX dimensions, found 4 (the file is truncated)"),
                Arguments.of(
                        "truncated IDX",
                        Arrays.copyOf(idx, 70),
                        "expected 60 bytes of pixels (3 images of 4 x 5), found 54 (the file is truncated)"),
                Arguments.of(
                        "IDX with trailing bytes",
                        Arrays.copyOf(idx, 77),
                        "expected 60 bytes of pixels (3 images of 4 x 5), found more bytes after them"),
                Arguments.of(
                        "IDX with a boastful header",
                        Bytes.idxHeader(0x803, 1000, 1000, 1000),
                        "expected 1000000000 bytes of pixels (1000 images of 1000 x 1000), found a much shorter file"),
                Arguments.of(
                        "IDX beyond two gigabytes",
                        Bytes.idxHeader(0x803, -1, 1000, 1000),
                        "expected less than 2 GiB of pixels, found 4294967295000000 bytes in the header "
                                + "(4294967295 images of 1000 x 1000)"),
                Arguments.of(
                        "truncated gzip",
                        Arrays.copyOf(gzip, gzip.length / 2),
                        "expected 2352 bytes of pixels (3 images of 28 x 28), found a truncated gzip file"),
                Arguments.of(
                        "a gzip magic and no more",
                        Arrays.copyOf(gzip, 5),
                        "expected a complete gzip file, found a truncated one"),
                Arguments.of(
                        "gzip with a wrong check sum",
                        wrongSum,
                        "expected a valid gzip file, found a corrupt one (Corrupt GZIP trailer)"),
                Arguments.of(
                        "amat with a short row",
                        Bytes.text(ROW + "\n0 1 0\n"),
                        "expected 784 numbers in line 2, found 3"),
                Arguments.of(
                        "amat with a long row", Bytes.text(ROW + " 0\n"), "expected 784 numbers in line 1, found more"),
                Arguments.of(
                        "truncated amat",
                        Bytes.text(ROW + "\n" + ROW.substring(0, 100)),
                        "expected 784 numbers in line 2, found 50"),
                Arguments.of(
                        "amat with a two",
                        Bytes.text(ROW + "\n0 2" + ROW.substring(3) + "\n"),
                        "expected 0 or 1 as number 2 of line 2, found '2'"),
                Arguments.of(
                        "amat with grey levels",
                        Bytes.text("0.5 " + ROW),
                        "expected 0 or 1 as number 1 of line 1, found '.'"),
                Arguments.of(
                        "amat without spaces",
                        Bytes.text("01" + ROW),
                        "expected 0 or 1 as number 1 of line 1, found a longer number"),
                Arguments.of(
                        "amat of blank lines",
                        Bytes.text("  \n \n"),
                        "expected lines of 784 numbers 0 or 1, found none"),
                Arguments.of(
                        "npy of complex numbers",
                        Bytes.npy("<c8", false, "(1, 784)", new byte[6272]),
                        "expected NumPy values of integers, bool, float16, float32 or float64, found '<c8'"),
                Arguments.of(
                        "npy of packed bits in Fortran order",
                        Bytes.npy("|u1", true, "(1, 98)", new byte[98]),
                        SHAPES + "[1, 98]"),
                Arguments.of(
                        "npy of another shape",
                        Bytes.npy("|u1", false, "(4, 100)", new byte[400]),
                        SHAPES + "[4, 100]"),
                Arguments.of(
                        "npy of one dimension", Bytes.npy("|u1", false, "(784,)", new byte[784]), SHAPES + "[784]"),
                Arguments.of(
                        "npy of no images",
                        Bytes.npy("|u1", false, "(0, 784)", new byte[0]),
                        "expected NumPy dimensions of at least 1, found shape [0, 784]"),
                Arguments.of(
                        "truncated npy",
                        Bytes.npy("|u1", false, "(2, 98)", new byte[150]),
                        "expected 196 bytes of pixels (shape [2, 98]), found 150 (the file is truncated)"),
                Arguments.of(
                        "npy with trailing bytes",
                        Bytes.npy("|u1", false, "(1, 98)", new byte[99]),
                        "expected 98 bytes of pixels (shape [1, 98]), found more bytes after them"),
                Arguments.of(
                        "npy of records",
                        Bytes.npy("{'descr': [('a', '|u1')], 'fortran_order': False, 'shape': (1, 98)}", new byte[98]),
                        "expected a plain 'descr' in the NumPy header, found {'descr': [('a', '|u1')], "
                                + "'fortran_order': False, 'shape': (1, 98)}"),
                Arguments.of(
                        "npy of a later version",
                        Bytes.concat(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 9, 0}, new byte[200]),
                        "expected NumPy format version 1 to 3, found 9"),
                Arguments.of(
                        "npy cut in its header",
                        Arrays.copyOf(Bytes.npy("|u1", false, "(1, 98)", new byte[98]), 30),
                        "expected 61 bytes of NumPy header, found 20 (the file is truncated)"));
    }

    @Test
    void reportsACorruptGzipFile() throws IOException {
        byte[] gzip = Bytes.gzip(Bytes.idx(3, 28, 28));
        gzip[10] = (byte) 0xff;
        Path file = Files.write(folder.resolve("damaged.gz"), gzip);
        assertThatThrownBy(() -> ImageFiles.read(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(file + ": expected a valid gzip file, found a corrupt one (");
    }

    @Test
    void reportsAMissingFileOrAFolder() {
        assertThatThrownBy(() -> ImageFiles.read(folder.resolve("none")))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder.resolve("none") + ": expected a file of images, found no such file");
        assertThatThrownBy(() -> ImageFiles.read(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessageContaining("found an unreadable file (");
    }

    @Test
    void everyMessageIsOneLine() {
        assertThat(badFiles().map(arguments -> (String) arguments.get()[2]))
                .noneMatch(message -> message.contains("\n"));
    }
}
