package io.kanerva.trainer.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.InflaterInputStream;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads pictures of every kind and compares them with what Pillow 13.0.0 and NumPy read, made by
 * {@code src/test/python/make_pictures.py}.
 */
class PictureReaderTest {
    private static final Path FOLDER = folder();

    /** A line of expected.txt. */
    record Expected(String name, int tolerance, int channels, int height, int width, byte[] pixels) {

        static Expected of(String line) {
            String[] words = line.split(" ");
            try (InflaterInputStream in = new InflaterInputStream(
                    new ByteArrayInputStream(Base64.getDecoder().decode(words[5])))) {
                return new Expected(
                        words[0],
                        Integer.parseInt(words[1]),
                        Integer.parseInt(words[2]),
                        Integer.parseInt(words[3]),
                        Integer.parseInt(words[4]),
                        in.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("readable")
    void readsWhatPillowReads(Expected expected) {
        Picture picture = PictureReader.read(FOLDER.resolve(expected.name()));
        assertThat(List.of(picture.height(), picture.width())).isEqualTo(List.of(expected.height(), expected.width()));
        assertThat(picture.isGrey()).isEqualTo(expected.channels() == 1);
        byte[] pixels = picture.withChannels(expected.channels()).pixels();
        int largest = 0;
        for (int i = 0; i < pixels.length; i++) {
            largest = Math.max(largest, Math.abs((pixels[i] & 0xff) - (expected.pixels()[i] & 0xff)));
        }
        assertThat(largest).as("largest difference").isLessThanOrEqualTo(expected.tolerance());
    }

    static Stream<Expected> readable() throws IOException {
        return Files.readAllLines(FOLDER.resolve("expected.txt")).stream().map(Expected::of);
    }

    @Test
    void comparesAllPicturesThatThereAre() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files.filter(PictureReader::isNamedLikeAPicture)
                            .map(file -> file.getFileName().toString()))
                    .hasSizeGreaterThan(130)
                    .containsExactlyInAnyOrderElementsOf(
                            readable().map(Expected::name).toList());
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    empty.png             | a PNG, JPEG, GIF, BMP, WebP or TIFF file, found an empty file
                    text.png              | a PNG, JPEG, GIF, BMP, WebP or TIFF file, found another format
                    heic.jpg              | a PNG, JPEG, GIF, BMP, WebP or TIFF file, found a HEIC file ('heic')
                    avif.png              | a PNG, JPEG, GIF, BMP, WebP or TIFF file, found an AVIF file ('avif')
                    missing.png           | a PNG, JPEG, GIF, BMP, WebP or TIFF file, found no such file
                    bomb.png              | at most 89,478,485 pixels, found 100,000 x 100,000
                    damaged.png           | an intact PNG file, found a wrong checksum of chunk 'IDAT'
                    bad-profile.png       | a valid ICC profile, found a damaged one (Invalid ICC Profile Data)
                    profile-of-another-kind.png | an ICC profile of 3 components, found 4
                    profile-lab.jpg       | an ICC profile of grey, RGB or CMYK, found one of another colour space
                    cicp-pq.png           | the colours of sRGB, found others (chunk cICP [9, 16, 0, 1])
                    smaller-frame.gif     | a first frame that fills the screen of 14 x 18, found one of 10 x 13
                    animated.webp         | a still picture, found an animation
                    float.tif             | unsigned integers of up to 16 bits, found floating-point numbers
                    int32.tif             | unsigned integers of up to 16 bits, all alike, found one of 32 bits
                    zstandard.tif         | no compression, or LZW, deflate, PackBits, JPEG or fax, found compression Zstandard
                    signed.tif            | unsigned integers of up to 16 bits, found signed integers
                    five-samples.tif      | at most one sample of a pixel beyond its colours, found 2 beyond 3
                    short-strip.tif       | an intact TIFF file, found a damaged one (strip/tileByteCount < required ( 156):39)
                    lab.tif               | grey, a palette, RGB, YCbCr or CMYK, found Lab
                    """)
    void refusesWhatItDoesNotReadRight(String name, String reason) {
        Path file = FOLDER.resolve("refused").resolve(name);
        assertThatThrownBy(() -> PictureReader.read(file))
                .isInstanceOf(PictureException.class)
                .hasMessage(file + ": expected " + reason);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("truncated")
    void refusesTruncatedFilesOfEveryFormat(String name) {
        Path file = FOLDER.resolve("refused").resolve(name);
        assertThatThrownBy(() -> PictureReader.read(file))
                .isInstanceOf(PictureException.class)
                .message()
                .startsWith(file + ": expected ")
                .matches("[^\\n]* (an intact|a complete) [A-Za-z]+ file, found a (damaged|truncated) one[^\\n]*");
    }

    static Stream<String> truncated() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.resolve("refused"))) {
            List<String> cut = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("cut-"))
                    .sorted()
                    .toList();
            assertThat(cut).hasSize(26);
            return cut.stream();
        }
    }

    @Test
    void refusesAFolder(@TempDir Path folder) throws IOException {
        Path file = Files.createDirectory(folder.resolve("folder.png"));
        assertThatThrownBy(() -> PictureReader.read(file))
                .isInstanceOf(PictureException.class)
                .hasMessage(file + ": expected a PNG, JPEG, GIF, BMP, WebP or TIFF file, found no regular file");
    }

    @Test
    void readsOnSeveralThreadsAtOnce() throws IOException {
        List<String> names = readable().map(Expected::name).toList();
        List<byte[]> alone = names.stream()
                .map(name -> PictureReader.read(FOLDER.resolve(name)).pixels())
                .toList();
        assertThat(names.parallelStream()
                        .map(name -> PictureReader.read(FOLDER.resolve(name)).pixels())
                        .toList())
                .usingElementComparator(Arrays::compare)
                .containsExactlyElementsOf(alone);
    }

    @Test
    void leavesTheRegistryOfTheJvmAsItIs() throws IOException {
        List<ImageReaderSpi> before = registered();
        readable().forEach(expected -> PictureReader.read(FOLDER.resolve(expected.name())));
        assertThat(registered()).containsExactlyElementsOf(before);
    }

    private static List<ImageReaderSpi> registered() {
        List<ImageReaderSpi> all = new ArrayList<>();
        IIORegistry.getDefaultInstance()
                .getServiceProviders(ImageReaderSpi.class, true)
                .forEachRemaining(all::add);
        return all;
    }

    private static Path folder() {
        try {
            return Path.of(Objects.requireNonNull(PictureReaderTest.class.getResource("/pictures"))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
