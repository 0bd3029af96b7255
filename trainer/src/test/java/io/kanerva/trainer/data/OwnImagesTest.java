package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.assertj.core.data.Index;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OwnImagesTest {
    private static final ImageShape GREY = new ImageShape(1, 4, 6);

    @TempDir
    private Path folder;

    @Test
    void foldersAreClassesAndTrainAndTestAreParts() throws IOException {
        for (String name : new String[] {"cat/1", "cat/2", "dog/1", "dog/deep/2"}) {
            put("train/" + name + ".png", 10, 4, 6);
        }
        put("test/dog/1.png", 200, 4, 6);
        put("test/emu/1.png", 100, 4, 6);
        Files.writeString(folder.resolve("train/notes.txt"), "left alone");
        put("train/.hidden/1.png", 1, 4, 6);
        OwnImages images = OwnImages.at(folder);
        assertThat(images.classes()).containsExactly("cat", "dog", "emu");
        assertThat(images.train(GREY).slice(0, 4).labels()).containsExactly(0, 0, 1, 1);
        assertThat(images.test(GREY).slice(0, 2).labels()).containsExactly(1, 2);
        assertThat(images.classCount(1)).containsExactly(2, 1);
        assertThat(images.test(GREY).slice(0, 1).pixels()).hasSize(24).containsOnly(200);
        assertThat(images.isTestDrawn()).isFalse();
        assertThat(images.others()).isEqualTo(1);
    }

    @Test
    void drawsATenthForTestingAlwaysTheSame() throws IOException {
        for (int i = 0; i < 40; i++) {
            put("%02d.png".formatted(i), i, 4, 6);
        }
        OwnImages images = OwnImages.at(folder);
        assertThat(images.isTestDrawn()).isTrue();
        byte[] train = images.train(GREY).slice(0, 36).pixels();
        byte[] test = images.test(GREY).slice(0, 4).pixels();
        assertThat(IntStream.concat(
                        IntStream.range(0, 36).map(i -> train[i * 24]),
                        IntStream.range(0, 4).map(i -> test[i * 24])))
                .as("each picture once")
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 40).boxed().toList());
        assertThat(OwnImages.at(folder).test(GREY).slice(0, 4).pixels()).isEqualTo(test);
        assertThat(images.train(GREY).hasLabels()).as("no folders").isFalse();
    }

    /** What is beyond the centred rectangle of the aspect ratio is white and must be gone. */
    @Test
    void cropsToTheAspectRatioAndResizes() throws IOException {
        BufferedImage wide = new BufferedImage(16, 8, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 128; i++) {
            wide.getRaster().setSample(i % 16, i / 16, 0, i % 16 < 2 || i % 16 >= 14 ? 255 : 80);
        }
        ImageIO.write(wide, "png", folder.resolve("wide.png").toFile());
        BufferedImage tall = new BufferedImage(6, 14, BufferedImage.TYPE_3BYTE_BGR);
        for (int i = 0; i < 84; i++) {
            tall.setRGB(i % 6, i / 6, i / 6 < 5 || i / 6 >= 9 ? 0xffffff : 0x0a1428);
        }
        ImageIO.write(tall, "png", folder.resolve("tall.png").toFile());
        OwnImages images = OwnImages.at(folder);
        ImageShape colour = new ImageShape(3, 4, 6);
        byte[] all = new byte[2 * 72];
        images.train(colour).copyPixels(0, all, 0);
        images.test(colour).copyPixels(0, all, 72);
        assertThat(all).contains(80, 10, 20, 40).doesNotContain(255);
    }

    @Test
    void readsACsvFileOfPathsLabelsAndParts() throws IOException {
        put("a.png", 1, 4, 6);
        put("with, comma.png", 2, 4, 6);
        put("c.png", 3, 4, 6);
        Path table = Files.writeString(
                folder.resolve("all.csv"),
                "filename,Label,split\na.png,dog,train\n\"with, comma.png\",cat,train\nc.png,dog,val\n");
        OwnImages images = OwnImages.at(table);
        assertThat(images.classes()).containsExactly("cat", "dog");
        assertThat(images.train(GREY).slice(0, 2).labels()).containsExactly(1, 0);
        assertThat(images.train(GREY).slice(1, 2).pixels()).containsOnly(2);
        assertThat(images.test(GREY).slice(0, 1).pixels()).containsOnly(3);
        Files.writeString(table, "name,label\na.png,1\n");
        assertThatThrownBy(() -> OwnImages.at(table))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(table + ": expected a header line with a column of [path, file, filename, file_name, "
                        + "image_path, image], found [name, label]");
        Files.writeString(table, "path,split\na.png,dev\n");
        assertThatThrownBy(() -> OwnImages.at(table))
                .hasMessage(table + ", line 2: expected train or one of [test, val, valid, validation], found 'dev'");
        Files.writeString(table, "path,label\na.png\n");
        assertThatThrownBy(() -> OwnImages.at(table))
                .hasMessage(table + ", line 2: expected a path and as many values as the header has, found [a.png]");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void refusesPipesAndDevices() {
        assertThatThrownBy(() -> OwnImages.at(Path.of("/dev/null")))
                .isInstanceOf(DataFormatException.class)
                .hasMessage("/dev/null: expected a folder or file of your images, found neither (a pipe or device)");
    }

    /** NumPy's own float16 of {@code make_shards.py}: fractions, and big-endian levels. */
    @ParameterizedTest
    @ValueSource(strings = {"half.npy", "half-levels.npy"})
    void readsHalfPrecision(String name) throws URISyntaxException {
        Path file = Path.of(OwnImagesTest.class.getResource("/shards/" + name).toURI());
        assertThat(ImageFiles.read(file).pixels()).isEqualTo(Bytes.counting(256));
        assertThat(NpyOnDisk.open(file).orElseThrow().pictures().apply(1).pixels())
                .isEqualTo(Arrays.copyOfRange(Bytes.counting(256), 128, 256));
    }

    @Test
    void readsNumpyFilesOfEveryTypeAndOrderAsTheSameImages() throws IOException {
        byte[] levels = Bytes.counting(10 * 24);
        byte[] expected = allOf(file("u1.npy", Bytes.npy("|u1", false, "(10, 4, 6)", levels)));
        assertThat(expected).isEqualTo(levels);
        for (String type : new String[] {"<f4", ">f4", "<f8", ">f8", "<i4", ">i8"}) {
            for (double scale : type.contains("i") ? new double[] {1} : new double[] {1, 255}) {
                ByteBuffer values = ByteBuffer.allocate(levels.length * (type.charAt(2) - '0'))
                        .order(type.startsWith("<") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
                for (byte level : levels) {
                    if (type.endsWith("i4")) {
                        values.putInt(level & 0xff);
                    } else if (type.endsWith("i8")) {
                        values.putLong(level & 0xff);
                    } else if (type.endsWith("4")) {
                        values.putFloat((float) ((level & 0xff) / scale));
                    } else {
                        values.putDouble((level & 0xff) / scale);
                    }
                }
                assertThat(allOf(file("f.npy", Bytes.npy(type, false, "(10, 1, 4, 6)", values.array()))))
                        .as(type)
                        .isEqualTo(expected);
            }
        }
        byte[] fortran = new byte[240];
        for (int i = 0; i < 240; i++) {
            fortran[i / 24 + 10 * (i / 6 % 4) + 40 * (i % 6)] = levels[i];
        }
        assertThat(allOf(file("order.npy", Bytes.npy("|u1", true, "(10, 4, 6)", fortran))))
                .isEqualTo(expected);
        byte[] last = new byte[3 * 240];
        for (int i = 0; i < 720; i++) {
            last[i] = levels[i / 3];
        }
        assertThat(allOf(file("last.npy", Bytes.npy("|u1", false, "(10, 4, 6, 3)", last))))
                .isEqualTo(expected);
        byte[] ink = new byte[240];
        ink[7] = 1;
        assertThat(allOf(file("ink.npy", Bytes.npy("|b1", false, "(10, 4, 6)", ink))))
                .contains(-1, Index.atIndex(7))
                .containsOnlyOnce(-1);
    }

    @Test
    void refusesNumbersThatAreNoLevels() throws IOException {
        Path file = file("f.npy", Bytes.npy("<f4", false, "(2, 1, 1)", floats(0.5f, 1.5f)));
        assertThatThrownBy(() -> OwnImages.at(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(
                        file + ": expected numbers from 0 to 1, or whole ones from 0 to 255, found numbers from 0.5 "
                                + "to 1.5");
        file("f.npy", Bytes.npy("<f4", false, "(2, 1, 1)", floats(0, Float.NaN)));
        assertThatThrownBy(() -> OwnImages.at(file)).hasMessageEndingWith("found numbers that are not finite");
        file("f.npy", Bytes.npy("<f4", false, "(1, 3, 4, 3)", new byte[144]));
        assertThatThrownBy(() -> OwnImages.at(file)).hasMessageEndingWith("of which either may be the channels");
    }

    @Test
    void readsNpzFilesByTheNamesOfTheirArrays() throws IOException {
        Map<String, byte[]> arrays = Map.of(
                "x_train", Bytes.npy("|u1", false, "(3, 4, 6)", Bytes.counting(72)),
                "y_train", Bytes.npy("|u1", false, "(3,)", new byte[] {2, 0, 1}),
                "x_test", Bytes.npy("|u1", false, "(1, 4, 6)", Bytes.counting(24)),
                "y_test", Bytes.npy("|u1", false, "(1,)", new byte[] {2}));
        Path file = file("set.npz", zip(arrays));
        OwnImages images = OwnImages.at(file);
        assertThat(images.trainCount()).isEqualTo(3);
        assertThat(images.train(GREY).slice(0, 3).labels()).containsExactly(2, 0, 1);
        assertThat(images.test(GREY).slice(0, 1).labels()).containsExactly(2);
        assertThat(images.classes()).containsExactly("0", "1", "2");
        Path other = file("other.npz", zip(Map.of("weights", Bytes.npy("|u1", false, "(1,)", new byte[1]))));
        assertThatThrownBy(() -> OwnImages.at(other))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(other + ": expected arrays x_train and x_test, train_images and test_images, or images, "
                        + "found [weights]");
    }

    @Test
    void keepsLabelsAsTheyAreWhateverTheirTypeAndRefusesThoseThatDoNotFit() throws IOException {
        byte[] images = Bytes.npy("|u1", false, "(3, 4, 6)", Bytes.counting(72));
        ByteBuffer large = ByteBuffer.allocate(24).putLong(-1).putLong(1L << 33).putLong(-1);
        Path file = file("set.npz", zip(Map.of("X", images, "Y", Bytes.npy(">i8", false, "(3, 1)", large.array()))));
        assertThat(OwnImages.at(file).classes()).containsExactly("-1", "8589934592");
        file("set.npz", zip(Map.of("images", images, "labels", Bytes.npy("|i1", false, "(3,)", new byte[] {-1, 5, 0
        }))));
        assertThat(OwnImages.at(file).classes()).containsExactly("-1", "0", "5");
        file("set.npz", zip(Map.of("images", images, "labels", Bytes.npy("|u1", false, "(2,)", new byte[2]))));
        assertThatThrownBy(() -> OwnImages.at(file))
                .hasMessage(file + ", array 'labels': expected a label for each of the 3 images, found 2");
        file("set.npz", zip(Map.of("x_train", images, "x_test", images, "y_test", images)));
        assertThatThrownBy(() -> OwnImages.at(file)).isInstanceOf(DataFormatException.class);
        byte[] ink = Bytes.npy("|u1", false, "(1, 4, 6)", new byte[24]);
        file("set.npz", zip(Map.of("x_train", images, "x_val", ink)));
        assertThatThrownBy(() -> OwnImages.at(file))
                .hasMessage(file + ": expected arrays 'x_train' and 'x_val' both of levels or both of black and "
                        + "white, found one of each");
    }

    @Test
    void readsTablesAsSpreadsheetsWriteThemAndKeepsTrainingAndTestingApart() throws IOException {
        put("a.png", 1, 4, 6);
        put("b.png", 2, 4, 6);
        Path table =
                Files.writeString(folder.resolve("all.csv"), "\ufeffimage,path,label\r\n0,a.png,x\r\n1,b.png,y\r\n");
        assertThat(OwnImages.at(table).survey(done -> {}).readable()).isEqualTo(2);
        Files.writeString(table, "path,label\na.png,x\nb.png,\n");
        assertThatThrownBy(() -> OwnImages.at(table))
                .hasMessage(table + ", line 3: expected a label as in other lines, found none");
        Files.writeString(table, "path,split\na.png,train\na.png,test\n");
        assertThatThrownBy(() -> OwnImages.at(table))
                .hasMessageStartingWith(table + ": expected other pictures for testing than for training, found ");
        Files.write(table, "path\nä.png\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> OwnImages.at(table))
                .hasMessage(table + ": expected text in UTF-8, found another encoding");
    }

    @Test
    void readsAFolderOfIdxFilesUnderMnistsNames() throws IOException {
        file("train-images-idx3-ubyte.gz", Bytes.gzip(Bytes.idx(3, 4, 6)));
        file("train-labels-idx1-ubyte", Bytes.concat(Bytes.idxHeader(0x801, 3), new byte[] {2, 0, 1}));
        file("t10k-images-idx3-ubyte", Bytes.idx(1, 4, 6));
        file("t10k-labels-idx1-ubyte", Bytes.concat(Bytes.idxHeader(0x801, 1), new byte[] {3}));
        OwnImages images = OwnImages.at(folder);
        assertThat(images.train(GREY).slice(0, 3).labels()).containsExactly(2, 0, 1);
        assertThat(images.test(GREY).slice(0, 1).labels()).containsExactly(3);
        assertThat(images.train(GREY).slice(0, 3).pixels())
                .isEqualTo(ImageFiles.read(folder.resolve("train-images-idx3-ubyte.gz"))
                        .pixels());
        assertThat(images.classes()).hasSize(4);
    }

    @Test
    void surveysSizesAndKindsAndWhatCannotBeRead() throws IOException {
        put("1.png", 7, 4, 6);
        put("2.png", 255, 4, 6);
        put("3.png", 0, 8, 8);
        BufferedImage colour = new BufferedImage(6, 4, BufferedImage.TYPE_3BYTE_BGR);
        colour.setRGB(1, 1, 0xff0000);
        ImageIO.write(colour, "png", folder.resolve("4.png").toFile());
        Files.writeString(folder.resolve("5.jpg"), "text");
        OwnImages.Survey survey = OwnImages.at(folder).survey(done -> {});
        assertThat(survey.sizes()).containsExactly(Map.entry("4 x 6", 3), Map.entry("8 x 8", 1));
        assertThat(new int[] {survey.colour(), survey.grey(), survey.blackAndWhite(), survey.readable()})
                .containsExactly(1, 1, 2, 4);
        assertThat(survey.unreadable().values())
                .containsExactly(folder.resolve("5.jpg")
                        + ": expected a PNG, JPEG, GIF, BMP, WebP or TIFF file, found another format");
    }

    @Test
    void refusesPlacesWithoutImages() throws IOException {
        Path nowhere = folder.resolve("nowhere");
        assertThatThrownBy(() -> OwnImages.at(nowhere))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(nowhere + ": expected a folder or file of your images, found no such place");
        Files.writeString(folder.resolve("a.txt"), "text");
        assertThatThrownBy(() -> OwnImages.at(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder + ": expected PNG, JPEG, GIF, BMP, WebP or TIFF files, found none among 1 files");
    }

    /** The first plane of all images of a file, in the file's order. */
    private static byte[] allOf(Path file) {
        assertThat(OwnImages.at(file).trainCount()).isEqualTo(9);
        byte[] whole = ImageFiles.read(file).pixels();
        assertReadOnDemandAlike(file, whole);
        return whole.length == 240 ? whole : grey(whole);
    }

    /** The two ways to read a file, at once and an image at a time, agree. */
    private static void assertReadOnDemandAlike(Path file, byte[] whole) {
        OwnPart part = NpyOnDisk.open(file).orElse(null);
        assertThat(part == null)
                .as("%s has another order", file)
                .isEqualTo(file.toString().endsWith("order.npy"));
        int size = whole.length / 10;
        for (int i = 0; part != null && i < 10; i++) {
            assertThat(part.pictures().apply(i).pixels())
                    .isEqualTo(Arrays.copyOfRange(whole, i * size, (i + 1) * size));
        }
    }

    private static byte[] grey(byte[] planes) {
        byte[] grey = new byte[240];
        for (int i = 0; i < 240; i++) {
            grey[i] = planes[i / 24 * 72 + i % 24];
        }
        return grey;
    }

    private static byte[] floats(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }

    private static byte[] zip(Map<String, byte[]> arrays) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (Map.Entry<String, byte[]> array : arrays.entrySet()) {
                zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
                zip.write(array.getValue());
            }
        }
        return bytes.toByteArray();
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    private void put(String name, int level, int height, int width) throws IOException {
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < height * width; i++) {
            picture.getRaster().setSample(i % width, i / width, 0, level);
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, "png", file.toFile());
    }
}
