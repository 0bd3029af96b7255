package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FolderImagesTest {
    private static final int RED = 0xff2040;
    private static final int BLUE = 0x1020f0;

    @TempDir
    private Path folder;

    @Test
    void cropsTheCentreOfAnImageAndResizesIt() throws IOException {
        // Portrait format: a blue band above and below the red square in the middle.
        BufferedImage picture = new BufferedImage(90, 130, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 90 * 130; i++) {
            picture.setRGB(i % 90, i / 90, i / 90 >= 20 && i / 90 < 110 ? RED : BLUE);
        }
        put("dmlab/train/maze/1.png", picture);
        Images images = DataSource.DMLAB_32.train(folder);
        assertThat(new int[] {images.count(), images.channels(), images.height(), images.width()})
                .containsExactly(1, 3, 32, 32);
        byte[] pixels = images.slice(0, 1).pixels();
        for (int i = 0; i < 1024; i++) {
            assertThat(new int[] {pixels[i] & 0xff, pixels[1024 + i] & 0xff, pixels[2048 + i] & 0xff})
                    .containsExactly(0xff, 0x20, 0x40);
        }
        assertThat(DataSource.DMLAB.train(folder).height()).isEqualTo(64);
    }

    @Test
    void splitsCelebAByItsPartitionFileOrByNumber() throws IOException {
        for (String number : List.of("000001", "000002", "170000", "190000")) {
            put("celeba/img_align_celeba/" + number + ".png", plain(RED));
        }
        assertThat(DataSource.CELEBA.train(folder).count()).isEqualTo(2);
        assertThat(DataSource.CELEBA.test(folder).count()).isEqualTo(1);
        Files.writeString(
                folder.resolve("celeba/list_eval_partition.txt"),
                "000001.png 2\n000002.png 0\n170000.png 2\n190000.png 2\n");
        assertThat(DataSource.CELEBA.train(folder).count()).isEqualTo(1);
        assertThat(DataSource.CELEBA_32.test(folder).count()).isEqualTo(3);
        Path partition = Files.writeString(folder.resolve("celeba/list_eval_partition.txt"), "000001.png three\n");
        assertThatThrownBy(() -> DataSource.CELEBA.train(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(partition + ": expected lines 'FILE 0', 'FILE 1' or 'FILE 2', found '000001.png three'");
    }

    @Test
    void labelsMazesByTheirFolders() throws IOException {
        put("dmlab/train/maze2/frame1.png", plain(RED));
        put("dmlab/train/maze1/frame1.png", plain(RED));
        put("dmlab/train/maze1/frame2.png", plain(RED));
        assertThat(DataSource.DMLAB.train(folder).slice(0, 3).labels()).containsExactly(0, 0, 1);
    }

    @Test
    void rereadsImagesThatExceedTheCache() throws IOException {
        Path first = put("1.png", plain(RED));
        Path second = put("2.png", plain(RED));
        Images images = new FolderImages("pictures", List.of(first, second), new int[0], 8, 3 * 8 * 8);
        byte[] pixels = new byte[3 * 8 * 8];
        images.copyPixels(0, pixels, 0);
        images.copyPixels(1, pixels, 0);
        put("1.png", plain(BLUE));
        put("2.png", plain(BLUE));
        images.copyPixels(0, pixels, 0);
        assertThat(pixels[0] & 0xff).as("kept").isEqualTo(0xff);
        images.copyPixels(1, pixels, 0);
        assertThat(pixels[0] & 0xff).as("read again").isEqualTo(0x10);
    }

    @Test
    void opensAFolderWithoutReadingItsImages() throws IOException {
        // None of these is an image file, which shows only when one is read.
        Path mazes = Files.createDirectories(folder.resolve("dmlab/train/maze"));
        for (int i = 0; i < 2000; i++) {
            Files.createFile(mazes.resolve("%04d.png".formatted(i)));
        }
        Images images = DataSource.DMLAB.train(folder);
        assertThat(images.count()).isEqualTo(2000);
        assertThatThrownBy(() -> images.copyPixels(7, new byte[3 * 64 * 64], 0))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(mazes.resolve("0007.png")
                        + ": expected a PNG, JPEG, GIF, BMP, WebP or TIFF file, found an empty file");
    }

    @Test
    void greyPicturesKeepTheirLevels() throws IOException {
        BufferedImage grey = new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 1024; i++) {
            grey.getRaster().setSample(i % 32, i / 32, 0, i / 4);
        }
        put("dmlab/train/maze/1.png", grey);
        byte[] pixels = DataSource.DMLAB_32.train(folder).slice(0, 1).pixels();
        for (int i = 0; i < 3072; i++) {
            assertThat(pixels[i] & 0xff).isEqualTo(i % 1024 / 4);
        }
    }

    /** So the sets that are folders of such pictures stay the same. */
    @ParameterizedTest
    @ValueSource(strings = {"baseline-420.jpg", "progressive.jpg", "rgb8.png", "rgb8-interlaced.png"})
    void readsColourAsTheJdkAloneDoes(String name) throws IOException {
        Path file = Files.createDirectories(folder.resolve("dmlab/train/maze")).resolve(name);
        Files.write(file, getClass().getResourceAsStream("/pictures/" + name).readAllBytes());
        BufferedImage picture = ImageIO.read(file.toFile());
        int side = Math.min(picture.getHeight(), picture.getWidth());
        byte[] plane = new byte[side * side];
        byte[] expected = new byte[3 * 32 * 32];
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < plane.length; i++) {
                int colour = picture.getRGB(
                        (picture.getWidth() - side) / 2 + i % side, (picture.getHeight() - side) / 2 + i / side);
                plane[i] = (byte) (colour >> 16 - 8 * channel);
            }
            new BilinearResize(side, side, 32, 32).resize(plane, expected, channel * 1024);
        }
        assertThat(DataSource.DMLAB_32.train(folder).slice(0, 1).pixels()).isEqualTo(expected);
    }

    @Test
    void findsAllPicturesThatCannotBeReadAndKeepsTheOthers() throws IOException {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            files.add(put("%02d.png".formatted(i), plain(i % 2 == 0 ? RED : BLUE)));
        }
        byte[] whole = Files.readAllBytes(files.get(3));
        Files.write(files.get(3), Arrays.copyOf(whole, whole.length - 20));
        Files.writeString(files.get(17), "no picture");
        Images images = new FolderImages("pictures", files, new int[0], 8, 1 << 20);
        List<Integer> progress = new ArrayList<>();
        SortedMap<Integer, String> found = images.unreadable(progress::add);
        assertThat(progress).hasSize(20).endsWith(20).isSorted();
        assertThat(found)
                .containsExactly(
                        Map.entry(3, files.get(3) + ": expected a complete PNG file, found a truncated one"),
                        Map.entry(
                                17,
                                files.get(17)
                                        + ": expected a PNG, JPEG, GIF, BMP, WebP or TIFF file, found another format"));
        ImageSelection readable = ImageSelection.without(images, found.keySet());
        assertThat(readable.count()).isEqualTo(18);
        for (Path file : files) {
            Files.delete(file);
        }
        byte[] pixels = readable.slice(0, 18).pixels();
        assertThat(pixels[3 * 192] & 0xff)
                .as("the fourth picture that can be read")
                .isEqualTo(0xff);
        assertThat(pixels[4 * 192] & 0xff).isEqualTo(0x10);
    }

    @Test
    void aRangeIsAViewOfASet() throws IOException {
        ImageSet images = new ImageSet("steps", 4, 1, 1, 1, new byte[] {1, 2, 3, 4}, new int[] {9, 8, 7, 6});
        ImageSelection range = ImageSelection.range(images, 1, 3);
        assertThat(range.slice(0, 2).pixels()).containsExactly(2, 3);
        assertThat(range.slice(0, 2).labels()).containsExactly(8, 7);
        assertThatThrownBy(() -> range.copyPixels(2, new byte[1], 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> ImageSelection.range(images, 3, 5))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("'steps': expected a range of images within 0 to 4, found 3 to 5");
    }

    private static BufferedImage plain(int colour) {
        BufferedImage picture = new BufferedImage(10, 10, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 100; i++) {
            picture.setRGB(i % 10, i / 10, colour);
        }
        return picture;
    }

    private Path put(String name, BufferedImage picture) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, "png", file.toFile());
        return file;
    }
}
