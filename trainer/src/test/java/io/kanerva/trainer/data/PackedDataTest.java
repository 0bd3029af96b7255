package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Matrix;

/** Omniglot's drawings, Burda's MATLAB file and ImageNet's batches, in small files of the same formats. */
class PackedDataTest {
    @TempDir
    private Path folder;

    @Test
    void omniglotsDrawingsAreTheSameFromNumPyAndFromThePublishedZip() throws IOException {
        byte[] first = drawing(20);
        byte[] second = drawing(60);
        zip(
                "a/images_background.npz",
                Map.of("images.npy", Bytes.npy("|b1", false, "(2, 1, 105, 105)", Bytes.concat(first, second))));
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("images_background/Zulu/character01/0002_01.png", png(second));
        entries.put("images_background/Alpha/character01/0001_01.png", png(first));
        entries.put("__MACOSX/images_background/Alpha/._x.png", new byte[3]);
        zip("b/omniglot/images_background.zip", entries);
        ImageSet numPy = DataSource.OMNIGLOT.train(folder.resolve("a")).slice(0, 2);
        ImageSet published = DataSource.OMNIGLOT.train(folder.resolve("b")).slice(0, 2);
        assertThat(published.pixels()).isEqualTo(numPy.pixels());
        assertThat(published.labels()).containsExactly(0, 1).isEqualTo(numPy.labels());
        assertThat(numPy.isBinary()).isTrue();
        Images originals = DataSource.OMNIGLOT.train(
                folder.resolve("b"), new Augmentation(5, 0, 0, 0, false), new ImageShape(1, 28, 28));
        assertThat(originals.slice(0, 2).pixels()).isEqualTo(numPy.pixels());
        assertThat(originals.staysBlackAndWhite()).isTrue();
        ImageSet grey = DataSource.OMNIGLOT_GREY.train(folder.resolve("a")).slice(0, 2);
        assertThat(grey.isBinary()).isFalse();
        // Ink is 255: the bar of 11 columns around column 20 covers about 3 of 28 columns, in all rows.
        float[] image = new float[784];
        grey.copyIntensities(0, image, 0);
        assertThat(image[14 * 28 + 5]).isGreaterThan(0.9f);
        assertThat(image[14 * 28 + 20]).isZero();
    }

    @Test
    void augmentationNeedsTheOriginalDrawings() throws IOException {
        Files.write(folder.resolve("background-pil1dither-idx3-ubyte"), Bytes.idx(20, 28, 28));
        assertThat(DataSource.OMNIGLOT
                        .train(folder, Augmentation.NONE, new ImageShape(1, 28, 28))
                        .count())
                .isEqualTo(20);
        assertThatThrownBy(() -> DataSource.OMNIGLOT.train(
                        folder, new Augmentation(5, 0, 0, 0, false), new ImageShape(1, 28, 28)))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder
                        + ": expected the original drawings of omniglot, for augmentation, as "
                        + "omniglot/images_background.npz or images_background.npz"
                        + " or omniglot/images_background.zip or images_background.zip, found none:"
                        + " fetch them, or set augment.… to 0");
    }

    @Test
    void drawingsOfTheWrongShapeAreRejected() throws IOException {
        Path npz = zip(
                "images_evaluation.npz",
                Map.of("images.npy", Bytes.npy("|b1", false, "(2, 1, 28, 28)", new byte[1568])));
        assertThatThrownBy(() -> DataSource.OMNIGLOT.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(npz
                        + ", array 'images': expected booleans ('|b1') of shape [characters, drawings, "
                        + "105, 105], found '|b1' of shape [2, 1, 28, 28]");
        zip("images_evaluation.npz", Map.of("drawings.npy", new byte[1]));
        assertThatThrownBy(() -> DataSource.OMNIGLOT.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(npz + ": expected an array 'images', found none");
        Files.write(npz, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> DataSource.OMNIGLOT.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(npz + ": expected a NumPy .npz file, found an unreadable file");
    }

    @Test
    void burdasImagesAreTransposedAndKeepTheirLabels() throws IOException {
        try (MatFile mat = Mat5.newMatFile()) {
            Matrix data = Mat5.newMatrix(784, 3);
            // Row 2, column 5 of image 1: MATLAB stores images column-major.
            data.setDouble(5 * 28 + 2, 1, 0.6);
            Matrix alphabets = Mat5.newMatrix(2, 3);
            alphabets.setDouble(1, 0, 1);
            alphabets.setDouble(0, 1, 1);
            alphabets.setDouble(1, 2, 1);
            Matrix characters = Mat5.newMatrix(1, 3);
            characters.setDouble(0, 0, 4);
            characters.setDouble(0, 1, 9);
            characters.setDouble(0, 2, 4);
            mat.addArray("data", data).addArray("target", alphabets).addArray("targetchar", characters);
            Mat5.writeToFile(mat, folder.resolve("chardata.mat").toFile());
        }
        ImageSet images = DataSource.OMNIGLOT_BURDA.train(folder).slice(0, 3);
        assertThat(images.pixels()[784 + 2 * 28 + 5] & 0xff).isEqualTo(153);
        assertThat(images.labels()).containsExactly(1, 0, 1);
        assertThatThrownBy(() -> DataSource.OMNIGLOT_BURDA.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder.resolve("chardata.mat") + ": expected a matrix 'testdata', found none");
    }

    @Test
    void burdasFileMustContainIntensities() throws IOException {
        try (MatFile mat = Mat5.newMatFile()) {
            Matrix data = Mat5.newMatrix(784, 1);
            data.setDouble(0, 0, 7);
            mat.addArray("data", data);
            Mat5.writeToFile(mat, folder.resolve("chardata.mat").toFile());
        }
        assertThatThrownBy(() -> DataSource.OMNIGLOT_BURDA.train(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessageContaining("array 'data': expected intensities from 0 to 1, found 7.0");
        Path file = Files.write(folder.resolve("chardata.mat"), Bytes.text("this is no MATLAB file, ".repeat(20)));
        assertThatThrownBy(() -> DataSource.OMNIGLOT_BURDA.train(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(file + ": expected a MATLAB 5 file, found an unreadable file");
        Files.write(file, Bytes.text("hello"));
        assertThatThrownBy(() -> DataSource.OMNIGLOT_BURDA.train(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file + ": expected a MATLAB 5 file, found an unreadable file (it ends early)");
    }

    @Test
    void imageNetsBatchesAreConcatenated() throws IOException {
        imageNet("imagenet32/train_data_batch_1.npz", 2, 1, 1000);
        imageNet("imagenet32/train_data_batch_2.npz", 1, 17);
        imageNet("imagenet32/val_data.npz", 1, 3);
        Images train = DataSource.IMAGENET32.train(folder);
        assertThat(new int[] {train.count(), train.channels(), train.height(), train.width()})
                .containsExactly(3, 3, 32, 32);
        assertThat(train.slice(0, 3).labels()).containsExactly(0, 999, 16);
        assertThat(Arrays.copyOf(train.slice(2, 3).pixels(), 5)).containsExactly(0, 1, 2, 3, 4);
        assertThat(DataSource.IMAGENET32.test(folder).label(0)).isEqualTo(2);
        assertThatThrownBy(() -> train.label(3)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void imageNetsBatchesMustHaveOneImagePerRow() throws IOException {
        Path file = zip("val_data.npz", Map.of("data.npy", Bytes.npy("|u1", false, "(2, 100)", new byte[200])));
        assertThatThrownBy(() -> DataSource.IMAGENET32.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file
                        + ", array 'data': expected uint8 values ('|u1') of shape [images, 3072], found "
                        + "'|u1' of shape [2, 100]");
        imageNet("val_data.npz", 1, 0);
        assertThatThrownBy(() -> DataSource.IMAGENET32.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file + ", array 'labels': expected labels from 1 to 1000, found 0");
        imageNet("val_data.npz", 2, 5);
        assertThatThrownBy(() -> DataSource.IMAGENET32.test(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(file + ", array 'labels': expected 2 labels, one for each image, found 1");
    }

    private void imageNet(String name, int count, long... labels) throws IOException {
        ByteBuffer numbers = ByteBuffer.allocate(8 * labels.length).order(ByteOrder.LITTLE_ENDIAN);
        numbers.asLongBuffer().put(labels);
        zip(
                name,
                Map.of(
                        "data.npy",
                        Bytes.npy("|u1", false, "(%d, 3072)".formatted(count), Bytes.counting(count * 3072)),
                        "labels.npy",
                        Bytes.npy("<i8", false, "(%d,)".formatted(labels.length), numbers.array())));
    }

    /** White paper with a black bar, 11 columns wide, from top to bottom; true for paper. */
    private static byte[] drawing(int column) {
        byte[] paper = new byte[105 * 105];
        for (int i = 0; i < paper.length; i++) {
            paper[i] = (byte) (Math.abs(i % 105 - column) > 5 ? 1 : 0);
        }
        return paper;
    }

    private static byte[] png(byte[] paper) {
        BufferedImage image = new BufferedImage(105, 105, BufferedImage.TYPE_BYTE_BINARY);
        for (int i = 0; i < paper.length; i++) {
            image.setRGB(i % 105, i / 105, paper[i] == 0 ? 0xff000000 : 0xffffffff);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private Path zip(String name, Map<String, byte[]> entries) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        }
        return file;
    }
}
