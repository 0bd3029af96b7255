package io.kanerva.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImageSetTest {
    private final ImageSet images = new ImageSet(
            "steps", 3, 2, 1, 2, new byte[] {0, 51, 102, (byte) 153, (byte) 204, (byte) 255, 0, 0, 1, 2, 3, 4});

    @Test
    void copiesAnImagesIntensitiesToAnOffset() {
        float[] target = new float[6];
        images.copyIntensities(1, target, 1);
        assertThat(target).containsExactly(0f, 0.8f, 1f, 0f, 0f, 0f);
    }

    @Test
    void copiesASliceIntoANewSet() {
        ImageSet slice = images.slice(1, 3);
        assertThat(slice.count()).isEqualTo(2);
        assertThat(slice.pixels()).containsExactly(204, 255, 0, 0, 1, 2, 3, 4);
        assertThat(slice.pixelsPerImage()).isEqualTo(4);
    }

    @Test
    void groupsImagesByClassInOrder() {
        Images labelled = images.labelled(new int[] {7, 2, 7});
        assertThat(labelled.classes()).isEqualTo(Map.of(7, List.of(0, 2), 2, List.of(1)));
        assertThat(labelled.classes().keySet()).containsExactly(7, 2);
        assertThat(ImageSelection.range(labelled, 1, 3).classes()).isEqualTo(Map.of(2, List.of(0), 7, List.of(1)));
        labelled.classes().get(7).clear();
        assertThat(labelled.classes().get(7)).as("a list is its caller's own").containsExactly(0, 2);
    }

    @Test
    void imagesWithoutLabelsHaveNoClasses() {
        assertThatThrownBy(images::classes)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'steps': expected labelled images, found no labels");
    }

    @Test
    void distinguishesBinaryFromGrey() {
        assertThat(images.isBinary()).isFalse();
        assertThat(new ImageSet("ink", 1, 1, 1, 2, new byte[] {0, (byte) 255}).isBinary())
                .isTrue();
    }

    @Test
    void rejectsIndicesOutOfRange() {
        assertThatThrownBy(() -> images.slice(2, 4))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("'steps': expected a range of images within 0 to 3, found 2 to 4");
        assertThatThrownBy(() -> images.slice(1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> images.copyIntensities(3, new float[4], 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> images.copyIntensities(0, new float[4], 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void rejectsAnArrayOfTheWrongLengthAndAnEmptySet() {
        assertThatThrownBy(() -> new ImageSet("short", 2, 1, 2, 2, new byte[7]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("image set 'short' of 2 images of [1, 2, 2]: expected 8 bytes, found 7");
        assertThatThrownBy(() -> new ImageSet("none", 0, 1, 2, 2, new byte[0]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one image");
    }
}
