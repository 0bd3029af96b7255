package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parquet files of pyarrow and tar files of Python, made by {@code make_shards.py}. */
class OwnShardsTest {
    private static final int COUNT = 12;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"snappy", "zstd", "gzip", "lz4", "none", "pages2", "rows", "bytes"})
    void readsParquetFilesOfPicturesAndOfPixelsAsTheSameImages(String name) {
        OwnImages images = OwnImages.at(shard(name + ".parquet"));
        assertThat(images.classes()).isEqualTo(name.equals("bytes") ? List.of("ant", "bee", "cat") : numbers());
        assertSame(images, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pax.tar", "gnu.tar", "pax.tar.gz", "gnu.tgz", "gzipped.tar"})
    void readsTarFilesOfSamplesGzippedOrNot(String name) throws IOException {
        Path file = folder.resolve(name);
        byte[] tar = bytes(name.startsWith("gnu") ? "gnu.tar" : "pax.tar");
        OwnImages images = OwnImages.at(Files.write(file, name.matches("(pax|gnu).tar") ? tar : Bytes.gzip(tar)));
        assertThat(images.classes()).isEqualTo(numbers());
        assertSame(images, 1);
    }

    @ParameterizedTest
    @CsvSource({"floats, 1", "half, 1", "colour, 3", "planes, 3"})
    void readsListsOfFractionsAndOfColours(String name, int channels) {
        OwnImages images = OwnImages.at(shard(name + ".parquet"));
        assertThat(images.classes()).isEmpty();
        assertSame(images, channels);
    }

    /** In one file alone, zeros and ones are black and white; beside a file of levels they are the darkest two. */
    @Test
    void allFilesOfASetDecideTogetherWhatTheirPixelsMean() throws IOException {
        Files.copy(shard("dark.parquet"), folder.resolve("train-0.parquet"));
        Path test = Files.copy(shard("dark.parquet"), folder.resolve("test-0.parquet"));
        assertThat(pixels(OwnImages.at(folder).train(new ImageShape(1, 4, 6)))).containsOnly((byte) 0, (byte) 255);
        Files.copy(shard("rows.parquet"), folder.resolve("train-1.parquet"));
        byte[] both = pixels(OwnImages.at(folder).train(new ImageShape(1, 4, 6)));
        assertThat(Arrays.copyOf(both, 24 * COUNT)).containsOnly((byte) 0, (byte) 1);
        assertThat(both[24 * COUNT + 24 * 5 + 7]).isEqualTo((byte) (20 * 5 + 7));

        Files.copy(shard("floats.parquet"), test, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> OwnImages.at(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(
                        test + ": expected numbers from 0 to 1, or whole ones from 0 to 255, found numbers from 0");
    }

    private static byte[] pixels(Images images) {
        return images.slice(0, images.count()).pixels();
    }

    @Test
    void readsAFolderOfTheHubWithItsPartsAndTheNamesOfItsClasses() {
        OwnImages images = OwnImages.at(shard("hub"));
        assertThat(images.trainCount()).isEqualTo(2 * COUNT);
        assertThat(images.testCount()).isEqualTo(COUNT);
        assertThat(images.isTestDrawn()).isFalse();
        assertThat(images.classes()).containsExactly("ant", "bee", "cat");
        ImageSet train = images.train(new ImageShape(1, 4, 6)).slice(0, 2 * COUNT);
        assertThat(Arrays.copyOfRange(train.pixels(), 24 * COUNT, 48 * COUNT))
                .isEqualTo(Arrays.copyOf(train.pixels(), 24 * COUNT))
                .isEqualTo(images.test(new ImageShape(1, 4, 6)).slice(0, COUNT).pixels());
    }

    @ParameterizedTest
    @CsvSource({
        "hub-train-0.parquet, hub-val-0.parquet, false",
        "default/train/0.parquet, default/test/0.parquet, false",
        "test/train_0.parquet, test/validation.parquet, false",
        "squad-dev-train-0.parquet, squad-dev-test-0.parquet, false",
        "devices-0.parquet, valley-0.parquet, true"
    })
    void findsTheWordForAPartInTheNamesOfShardsAndOfTheirFolders(String first, String second, boolean drawn)
            throws IOException {
        for (String name : List.of(first, second)) {
            Files.createDirectories(folder.resolve(name).getParent());
        }
        Files.copy(shard("unsigned.parquet"), folder.resolve(first));
        Files.copy(shard("bytes.parquet"), folder.resolve(second));
        OwnImages images = OwnImages.at(folder);
        assertThat(images.isTestDrawn()).isEqualTo(drawn);
        assertThat(images.trainCount() + images.testCount()).isEqualTo(3 + COUNT);
        assertThat(drawn || images.trainCount() == 3).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    brotli     | found one that cannot be read (expected the compression snappy, zstd, gzip, lz4_raw or none, found brotli)
                    decimal    | expected a column of picture files or of lists of lists of pixels, named as one of [image, img, images, picture, pixels, jpg, png], found [pixels]
                    flat       | expected a column of picture files or of lists of lists of pixels, named as one of [image, img, images, picture, pixels, jpg, png], found [image]
                    prices     | expected labels that are integers, floating-point numbers, booleans or text, found column 'optional fixed_len_byte_array(11) label (DECIMAL(25,2))'
                    ragged     | found one that cannot be read (lists of pixels of lengths 2 and 1)
                    unlabelled | expected a label in each row, found none in row 0
                    """)
    void refusesOtherParquetFiles(String name, String message) {
        Path file = shard(name + ".parquet");
        assertThatThrownBy(() -> OwnImages.at(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void saysThatPicturesAreMissingOfWhichOnlyThePathsAreStored() {
        Path file = shard("paths.parquet");
        assertThat(OwnImages.at(file).survey(done -> {}).unreadable().values())
                .contains(file
                        + ", row 0: expected the bytes of a picture, found none, as where only its path is stored");
    }

    @Test
    void refusesCutFilesAndFilesOfAnotherKind() throws IOException {
        for (String name : List.of("pax.tar", "gnu.tar", "snappy.parquet")) {
            byte[] whole = bytes(name);
            for (int length : new int[] {0, 100, whole.length / 3, whole.length / 2, whole.length - 10_500}) {
                Path cut = Files.write(folder.resolve(name), Arrays.copyOf(whole, Math.max(0, length)));
                assertThatThrownBy(() -> OwnImages.at(cut))
                        .as("%s of %d bytes", name, length)
                        .isInstanceOf(DataFormatException.class)
                        .hasMessageStartingWith(cut + ": expected a ");
            }
            byte[] packed = Bytes.gzip(whole);
            for (byte[] bytes : List.of(
                    Arrays.copyOf(packed, packed.length - 9), Bytes.gzip(Arrays.copyOf(whole, whole.length / 2)))) {
                Path zipped = Files.write(folder.resolve(name), bytes);
                assertThatThrownBy(() -> OwnImages.at(zipped))
                        .isInstanceOf(DataFormatException.class)
                        .hasMessageStartingWith(zipped + ": expected a ");
            }
        }
        Path parquet = Files.write(folder.resolve("snappy.parquet"), Bytes.gzip(bytes("snappy.parquet")));
        assertThatThrownBy(() -> OwnImages.at(parquet))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(parquet + ": expected a ");
    }

    @Test
    void readsUnsignedLabels() {
        assertThat(OwnImages.at(shard("unsigned.parquet")).classes()).containsExactly("7", "4000000000");
    }

    @Test
    void refusesTarFilesThatAreJoinedOrDamagedOrHoldLinks() throws IOException {
        byte[] whole = bytes("pax.tar");
        Path file = Files.write(folder.resolve("set.tar"), Bytes.concat(whole, whole));
        assertThatThrownBy(() -> OwnImages.at(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file + ": expected one tar file, found more after its end, as where several were joined");

        int header = 0;
        while (whole[header + 156] != '0') { // the type of a regular file
            header += 512;
        }
        whole[header + 136] ^= 1; // a digit of its time
        Files.write(file, whole);
        assertThatThrownBy(() -> OwnImages.at(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(file + ": expected an intact tar file, found one with a wrong checksum at '");

        for (byte kind : new byte[] {TarConstants.LF_LINK, TarConstants.LF_SYMLINK}) {
            try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
                TarArchiveEntry link = new TarArchiveEntry("2.png", kind);
                link.setLinkName("1.png");
                tar.putArchiveEntry(link);
                tar.closeArchiveEntry();
            }
            assertThatThrownBy(() -> OwnImages.at(file))
                    .isInstanceOf(DataFormatException.class)
                    .hasMessage(file + ": expected pictures of at most 1 GiB, stored whole, no links, found '2.png'");
        }
    }

    @Test
    void refusesASizeThatNoHeapHolds() throws IOException {
        byte[] whole = bytes("floats.parquet");
        ByteBuffer damaged = ByteBuffer.allocate(whole.length);
        // The first page's header: type, size (1952) and compressed size (1280), then 8 bytes and the page. The larger
        // size takes three bytes more, which the page loses.
        damaged.put(whole, 0, 7).put(HexFormat.of().parseHex("feffffff0f" + "15" + "fa13"));
        damaged.put(whole, 12, 8 + 1277).put(whole, 20 + 1280, whole.length - 20 - 1280);
        Path file = Files.write(folder.resolve("damaged.parquet"), damaged.array());
        assertThatThrownBy(() -> OwnImages.at(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessageMatching("\\Q" + file + "\\E: expected a Parquet file whose parts fit into \\d+ MiB of Java "
                        + "heap, found larger or damaged ones");
    }

    private static void assertSame(OwnImages images, int channels) {
        assertThat(images.trainCount() + images.testCount()).isEqualTo(COUNT);
        ImageShape shape = new ImageShape(channels, 4, 6);
        int seen = 0;
        for (Images part : List.of(images.train(shape), images.test(shape))) {
            for (int i = 0; i < part.count(); i++) {
                byte[] pixels = new byte[channels * 24];
                part.copyPixels(i, pixels, 0);
                int image = (pixels[0] & 0xff) / 20;
                for (int k = 0; k < pixels.length; k++) {
                    assertThat(pixels[k] & 0xff).isEqualTo(20 * image + k % 24 + k / 24);
                }
                assertThat(part.label(i)).isEqualTo(images.classes().isEmpty() ? Images.UNLABELLED : image % 3);
                seen |= 1 << image;
            }
        }
        assertThat(seen).as("each image once").isEqualTo((1 << COUNT) - 1);
    }

    private static byte[] bytes(String name) throws IOException {
        if (!name.endsWith(".tar")) {
            return Files.readAllBytes(shard(name));
        }
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(shard(name + ".gz")))) {
            return in.readAllBytes();
        }
    }

    private static List<String> numbers() {
        return List.of("0", "1", "2");
    }

    private static Path shard(String name) {
        try {
            return Path.of(OwnShardsTest.class.getResource("/shards/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
