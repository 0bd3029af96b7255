package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ImageFilesTest {
    @TempDir
    private Path folder;

    @Test
    void readsAnIdxFile() {
        ImageSet images = read(Bytes.idx(5, 3, 4));
        assertThat(images.name()).isEqualTo("file");
        assertThat(new int[] {images.count(), images.channels(), images.height(), images.width()})
                .containsExactly(5, 1, 3, 4);
        assertThat(images.pixels()).isEqualTo(Bytes.counting(60));
    }

    @Test
    void readsAGzippedIdxFileUnderAnyName() {
        assertThat(read(Bytes.gzip(Bytes.idx(700, 28, 28))).pixels()).isEqualTo(Bytes.counting(700 * 784));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    @Timeout(60) // a pipe that nobody writes to is waited for
    void readsAPipeToItsEnd() throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> write(pipe, Bytes.idx(700, 28, 28)));
        assertThat(ImageFiles.read(pipe).pixels()).isEqualTo(Bytes.counting(700 * 784));
        writer.join();
    }

    @Test
    void readsAmatTextWithAnyWhiteSpaceAndLineEnd() {
        boolean[] ink = {true, false, false};
        String unix = line(0, " ") + "\n" + line(1, " ") + "\n" + line(2, " ") + "\n";
        String padded = " " + line(0, "  ") + " \r\n" + line(1, "\t") + "\r\n\r\n" + line(2, " ");
        for (String text : new String[] {unix, padded}) {
            ImageSet images = read(Bytes.text(text));
            assertThat(new int[] {images.count(), images.channels(), images.height(), images.width()})
                    .containsExactly(3, 1, 28, 28);
            assertThat(images.isBinary()).isTrue();
            for (int image = 0; image < 3; image++) {
                for (int i = 0; i < 784; i++) {
                    assertThat(images.pixels()[image * 784 + i] & 0xff).isEqualTo(ink[(image + i) % 3] ? 255 : 0);
                }
            }
        }
    }

    @Test
    void readsGzippedAmatTextLargerThanItsFileSizeSuggests() {
        String text = (line(0, " ") + "\n").repeat(3000);
        ImageSet images = read(Bytes.gzip(Bytes.text(text)));
        assertThat(images.count()).isEqualTo(3000);
        assertThat(images.slice(2999, 3000).pixels())
                .isEqualTo(images.slice(0, 1).pixels());
    }

    @Test
    void readsNumpyPackedBitsMostSignificantFirst() {
        byte[] packed = new byte[2 * 98];
        packed[0] = (byte) 0b1010_0000;
        packed[97] = 1;
        packed[98] = (byte) 0x80;
        ImageSet images = read(Bytes.npy("|u1", false, "(2, 98)", packed));
        int[] ink =
                IntStream.range(0, 2 * 784).filter(i -> images.pixels()[i] != 0).toArray();
        assertThat(ink).containsExactly(0, 2, 783, 784);
        assertThat(images.isBinary()).isTrue();
    }

    @Test
    void readsNumpyBytesFlatAsRowsAndWithChannels() {
        byte[] flat = Bytes.counting(2 * 784);
        assertThat(read(Bytes.npy("|u1", false, "(2, 784)", flat)).pixels()).isEqualTo(flat);
        ImageSet rows = read(Bytes.npy("|u1", false, "(4, 3, 5)", Bytes.counting(60)));
        assertThat(new int[] {rows.count(), rows.channels(), rows.height(), rows.width()})
                .containsExactly(4, 1, 3, 5);
        ImageSet channels = read(Bytes.npy("|u1", false, "(2, 3, 2, 5)", Bytes.counting(60)));
        assertThat(new int[] {channels.count(), channels.channels(), channels.height(), channels.width()})
                .containsExactly(2, 3, 2, 5);
    }

    @Test
    void treatsZerosAndOnesAsBlackAndWhite() {
        byte[] zerosAndOnes = new byte[784];
        zerosAndOnes[7] = 1;
        for (byte[] file : new byte[][] {
            Bytes.npy("|u1", false, "(1, 784)", zerosAndOnes),
            Bytes.concat(Bytes.idxHeader(0x803, 1, 28, 28), zerosAndOnes)
        }) {
            ImageSet images = read(file);
            assertThat(images.isBinary()).isTrue();
            assertThat(images.pixels()[7] & 0xff).isEqualTo(255);
        }
    }

    @Test
    void readsTheSameImagesFromAllThreeFormats() {
        StringBuilder text = new StringBuilder();
        byte[] idx = new byte[784];
        byte[] packed = new byte[98];
        for (int i = 0; i < 784; i++) {
            boolean ink = i * i % 7 < 3;
            text.append(ink ? "1 " : "0 ");
            idx[i] = (byte) (ink ? 255 : 0);
            packed[i / 8] |= (byte) (ink ? 0x80 >> i % 8 : 0);
        }
        byte[] expected =
                read(Bytes.concat(Bytes.idxHeader(0x803, 1, 28, 28), idx)).pixels();
        assertThat(read(Bytes.text(text + "\n")).pixels()).isEqualTo(expected);
        assertThat(read(Bytes.npy("|u1", false, "(1, 98)", packed)).pixels()).isEqualTo(expected);
    }

    private static String line(int shift, String separator) {
        String[] numbers = new String[784];
        Arrays.setAll(numbers, i -> (shift + i) % 3 == 0 ? "1" : "0");
        return String.join(separator, numbers);
    }

    private ImageSet read(byte[] content) {
        return ImageFiles.read(write(folder.resolve("file"), content));
    }

    private static Path write(Path file, byte[] content) {
        try {
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
