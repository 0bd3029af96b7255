package io.kanerva.tools.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kanerva.tools.Failure;
import io.kanerva.trainer.data.ImageSet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureFilesTest {
    @TempDir
    private Path folder;

    @Test
    void readsAFolderOfPngFilesOrderedByName() throws IOException {
        png("b.png", 2, 1, 0xffffffff);
        png("a.PNG", 2, 1, 0xff000000);
        Files.writeString(folder.resolve("notes.txt"), "not a picture");
        ImageSet grey = PictureFiles.readFolder(folder, 1);
        assertThat(new int[] {grey.count(), grey.height(), grey.width()}).containsExactly(2, 1, 2);
        assertThat(grey.pixels()).containsExactly(0, 0, 255, 255);
    }

    @Test
    void readsColoursAsPlanesOrAsLuminance() throws IOException {
        png("red.png", 1, 1, 0xffff0000);
        assertThat(PictureFiles.readFolder(folder, 3).pixels()).containsExactly(255, 0, 0);
        assertThat(PictureFiles.readFolder(folder, 1).pixels()).containsExactly(76);
    }

    @Test
    void reportsWhatIsWrongWithAFolder() throws IOException {
        assertThatThrownBy(() -> PictureFiles.readFolder(folder, 1))
                .isInstanceOf(Failure.class)
                .hasMessage(folder + ": expected PNG, JPEG, GIF, BMP, WebP or TIFF files, found none");
        png("a.png", 2, 2, -1);
        png("b.png", 3, 2, -1);
        assertThatThrownBy(() -> PictureFiles.readFolder(folder, 1))
                .isInstanceOf(Failure.class)
                .hasMessage(folder.resolve("b.png") + ": expected 2 x 2 pixels like a.png, found 2 x 3");
        Files.writeString(folder.resolve("b.png"), "text");
        assertThatThrownBy(() -> PictureFiles.readFolder(folder, 1))
                .isInstanceOf(Failure.class)
                .hasMessage(folder.resolve("b.png")
                        + ": expected a PNG, JPEG, GIF, BMP, WebP or TIFF file, found another format");
    }

    @Test
    void writesNumpyFilesWhoseValuesStartAtAMultipleOf64Bytes() throws IOException {
        Path file = folder.resolve("out.npy");
        PictureFiles.writeNpy(file, new Pictures(new float[] {0, 0.25f, 0.5f, 1}, 2, 1, 1, 2));
        byte[] content = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int start = 10 + buffer.getShort(8);
        assertThat(start % 64).isZero();
        assertThat(new String(content, 10, start - 10, StandardCharsets.US_ASCII))
                .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 1, 2), }")
                .endsWith(" \n");
        assertThat(content).hasSize(start + 16);
        assertThat(buffer.getFloat(start + 4)).isEqualTo(0.25f);
        assertThat(buffer.getFloat(start + 12)).isEqualTo(1);
    }

    private void png(String name, int width, int height, int colour) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, colour);
        }
        ImageIO.write(image, "png", folder.resolve(name).toFile());
    }
}
