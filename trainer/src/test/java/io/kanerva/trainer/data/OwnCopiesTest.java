package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A picture that is there several times must not be on both sides of a draw. */
class OwnCopiesTest {
    private static final ImageShape GREY = new ImageShape(1, 4, 6);

    @TempDir
    private Path folder;

    @Test
    @DisabledOnOs(OS.WINDOWS) // Links need rights there.
    void copiesAndLinksStayOnOneSideOfADraw() throws IOException {
        for (int i = 0; i < 30; i++) {
            Path picture = put("%02d.png".formatted(i), 8 * i);
            Files.copy(picture, folder.resolve("copy-%02d.png".formatted(i)));
            Files.createSymbolicLink(folder.resolve("link-%02d.png".formatted(i)), picture);
            Files.createLink(folder.resolve("name-%02d.png".formatted(i)), picture);
        }
        OwnImages images = OwnImages.at(folder);
        assertThat(images.testCount()).as("a tenth, in whole groups of four").isEqualTo(12);
        assertApart(images);

        StringBuilder table = new StringBuilder();
        assertThat(images.writeSplit(0.31, 5, folder, table)).isEqualTo(36);
        OwnImages divided = OwnImages.at(Files.writeString(folder.resolve("divided.csv"), table));
        assertThat(divided.testCount()).isEqualTo(36);
        assertApart(divided);
    }

    @Test
    void equalImagesOfAnArrayStayOnOneSideOfADraw() throws IOException {
        byte[] pixels = new byte[60 * 24];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (8 * (i / 24 % 20));
        }
        OwnImages images = OwnImages.at(
                Files.write(folder.resolve("three-times.npy"), Bytes.npy("|u1", false, "(60, 4, 6)", pixels)));
        assertThat(images.testCount()).isEqualTo(6);
        assertApart(images);
    }

    @Test
    void imagesOfAFileAreReadOnceAndInTheirOrderToFindEqualOnes() {
        List<Integer> read = Collections.synchronizedList(new ArrayList<>());
        int[] firsts = OwnCopies.of(1000, index -> {
            read.add(index);
            return new byte[] {(byte) (index % 100)};
        });
        assertThat(read).isEqualTo(IntStream.range(0, 1000).boxed().toList());
        assertThat(firsts)
                .isEqualTo(IntStream.range(0, 1000).map(index -> index % 100).toArray());
    }

    @Test
    void oneGroupIsForTestingEvenIfItIsLargerThanWanted() throws IOException {
        for (int i = 0; i < 8; i++) {
            put(i + ".png", i < 3 ? 10 : 20);
        }
        OwnImages images = OwnImages.at(folder);
        assertThat(images.testCount()).isEqualTo(3);
        assertApart(images);
    }

    @Test
    void refusesToDrawAmongPicturesThatAreAllEqual() throws IOException {
        put("1.png", 7);
        put("2.png", 7);
        assertThatThrownBy(() -> OwnImages.at(folder))
                .isInstanceOf(DataFormatException.class)
                .hasMessage(folder + ": expected at least two different images, found 2 equal ones");
    }

    @Test
    void withoutCopiesTheFirstOfTheOrderAreDrawn() {
        int[] order = {4, 2, 0, 3, 1};
        assertThat(OwnCopies.drawn(order, new int[] {0, 1, 2, 3, 4}, 2)).containsExactly(2, 4);
        assertThat(OwnCopies.drawn(order, new int[] {0, 1, 2, 0, 2}, 2))
                .as("the group of 4 and 2")
                .containsExactly(2, 4);
        assertThat(OwnCopies.drawn(order, new int[] {0, 1, 1, 3, 3}, 1))
                .as("pairs are more than wanted, 0 is not")
                .containsExactly(0);
    }

    /** Parts that the user made stay as they are; the survey counts what they share, in whatever format. */
    @Test
    void countsPicturesForTestingThatAreAlsoForTraining() throws IOException {
        put("train/1.png", 1);
        Path second = put("train/2.png", 2);
        put("test/3.png", 3);
        ImageIO.write(
                ImageIO.read(second.toFile()),
                "bmp",
                folder.resolve("test/again.bmp").toFile());
        OwnImages images = OwnImages.at(folder);
        assertThat(images.trainCount()).isEqualTo(2);
        assertThat(images.testCount()).isEqualTo(2);
        assertThat(images.survey(done -> {}).repeated()).isEqualTo(1);
    }

    private static void assertApart(OwnImages images) {
        Set<Byte> train = levels(images.train(GREY));
        Set<Byte> test = levels(images.test(GREY));
        assertThat(train).hasSizeGreaterThan(0).doesNotContainAnyElementsOf(test);
        assertThat(images.survey(done -> {}).repeated()).isZero();
    }

    private static Set<Byte> levels(Images images) {
        byte[] pixels = images.slice(0, images.count()).pixels();
        return IntStream.range(0, images.count())
                .mapToObj(i -> pixels[24 * i])
                .collect(TreeSet::new, Set::add, Set::addAll);
    }

    private Path put(String name, int level) throws IOException {
        BufferedImage picture = new BufferedImage(6, 4, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 24; i++) {
            picture.getRaster().setSample(i % 6, i / 6, 0, level);
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(picture, "png", file.toFile());
        return file;
    }
}
