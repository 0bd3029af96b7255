package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which images are for training and which for testing, and what they are labelled with, in places of many makes. */
class OwnPartsTest {
    @TempDir
    private Path folder;

    @Test
    void leavesPicturesForValidationAloneWhereOthersAreForTesting() throws IOException {
        for (int i = 0; i < 9; i++) {
            put(new String[] {"dog", "test/dog", "val/dog"}[i % 3] + "/" + i + ".png", i);
        }
        assertParts(OwnImages.at(folder), 3, 3, 3);
        Path table = Files.writeString(
                folder.resolve("all.csv"),
                "path,split\ndog/0.png,train\ndog/3.png,train\ntest/dog/1.png,test\nval/dog/2.png,val\n");
        assertParts(OwnImages.at(table), 2, 1, 1);
        Files.writeString(table, "path,split\ndog/0.png,train\ndog/3.png,train\nval/dog/2.png,validation\n");
        assertParts(OwnImages.at(table), 2, 1, 0);
    }

    private static void assertParts(OwnImages images, int train, int test, int others) {
        assertThat(images.trainCount()).as("for training").isEqualTo(train);
        assertThat(images.testCount()).as("for testing").isEqualTo(test);
        assertThat(images.others()).as("left alone").isEqualTo(others);
        assertThat(images.classes()).doesNotContain("val", "test");
    }

    /** As an archive is unpacked into a folder of its own. */
    @Test
    void findsPartsInAFolderThatIsTheOnlyOne() throws IOException {
        for (int i = 0; i < 4; i++) {
            put("inside/set/" + (i < 3 ? "train" : "test") + "/dog/" + i + ".png", i);
        }
        assertParts(OwnImages.at(folder), 3, 1, 0);
        put("2/cat/5.png", 5);
        assertThat(OwnImages.at(folder).classes()).as("not the only one").containsExactly("2", "inside");
    }

    @Test
    void testsOnPicturesForValidationWhereTheFolderForTestingIsEmpty() throws IOException {
        Files.createDirectories(folder.resolve("test"));
        put("train/dog/1.png", 1);
        put("val/dog/2.png", 2);
        put("val/dog/3.png", 3);
        assertParts(OwnImages.at(folder), 1, 2, 0);
    }

    @Test
    void readsTheTablesOfPandasAndRefusesAColumnThatIsThereTwice() throws IOException {
        put("a.png", 1);
        put("b.png", 2);
        Path table = Files.writeString(folder.resolve("all.csv"), ",path,label\n0,a.png,x\n1,b.png,y\n");
        assertThat(OwnImages.at(table).classes()).containsExactly("x", "y");
        Files.writeString(table, "path,path\na.png,b.png\n");
        assertThatThrownBy(() -> OwnImages.at(table))
                .isInstanceOf(DataFormatException.class)
                .hasMessageStartingWith(
                        table + ": expected a CSV file of pictures, found an unreadable one (The header "
                                + "contains a duplicate name: \"path\"");
    }

    @Test
    void readsIdxFilesWhoseNamesHaveDotsAndRefusesLabelsOfOnePartAlone() throws IOException {
        Files.write(folder.resolve("train-images.idx3-ubyte"), Bytes.idx(3, 4, 6));
        byte[] labels = Bytes.concat(Bytes.idxHeader(0x801, 3), new byte[] {2, 0, 1});
        Path beside = Files.write(folder.resolve("train-labels.idx1-ubyte"), labels);
        Files.write(folder.resolve("t10k-images.idx3-ubyte"), Bytes.idx(1, 4, 6));
        assertThatThrownBy(() -> OwnImages.at(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder + ": expected labels of all images or of none, found them for training only");
        Files.move(beside, folder.resolve("other"));
        assertParts(OwnImages.at(folder), 3, 1, 0);
        Files.move(folder.resolve("other"), beside);
        Files.write(folder.resolve("t10k-labels.idx1-ubyte"), Bytes.concat(Bytes.idxHeader(0x801, 1), new byte[] {1}));
        assertThat(OwnImages.at(folder)
                        .train(new ImageShape(1, 4, 6))
                        .slice(0, 3)
                        .labels())
                .containsExactly(2, 0, 1);
    }

    /** Java's reader of zip files does not compare checksums; Python's does. */
    @Test
    void refusesAnArrayOfAnotherChecksum() throws IOException {
        byte[] array = Bytes.npy("|u1", false, "(3, 4, 6)", Bytes.counting(72));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(0);
            zip.putNextEntry(new ZipEntry("images.npy"));
            zip.write(array);
        }
        byte[] whole = bytes.toByteArray();
        Path file = Files.write(folder.resolve("set.npz"), whole);
        assertThat(OwnImages.at(file).trainCount()).isEqualTo(2);
        int pixel = 0;
        while (whole[pixel] != 50 || whole[pixel + 1] != 51) {
            pixel++;
        }
        whole[pixel] = 7;
        Files.write(file, whole);
        assertThatThrownBy(() -> OwnImages.at(file))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(
                        file + ", array 'images': expected an intact array, found a damaged one, of another checksum");
    }

    private void put(String name, int level) throws IOException {
        BufferedImage picture = new BufferedImage(6, 4, BufferedImage.TYPE_BYTE_GRAY);
        picture.getRaster().setSample(1, 1, 0, level);
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, "png", file.toFile());
    }
}
